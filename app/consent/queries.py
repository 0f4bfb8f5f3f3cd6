"""Reading the engagement ledger."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.consent.models import Act, Engagement
from app.db import db

PAGE = 50
DECIDING = (Act.ACCEPTED, Act.CONTINUED_USE, Act.DECLINED)


def engagements_of(user_id: int, *, before: int | None = None) -> Sequence[Engagement]:
    """Up to PAGE + 1 acts of a person, newest first; the extra one says there are more."""
    query = select(Engagement).where(Engagement.user_id == user_id).order_by(Engagement.id.desc()).limit(PAGE + 1)
    return db.session.scalars(query.where(Engagement.id < before) if before else query).all()


def last_words(user_id: int, workspace_id: int, versions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Act]:
    """For each of these (slug, version), the last thing a person decided about it for a workspace, if anything."""
    wanted = set(versions)
    if not wanted:
        return {}
    query = (
        select(Engagement.slug, Engagement.version, Engagement.act)
        .where(Engagement.user_id == user_id, Engagement.workspace_id == workspace_id)
        .where(Engagement.slug.in_({slug for slug, _ in wanted}), Engagement.act.in_(DECIDING), Engagement.chain == 0)
        .order_by(Engagement.seq)
    )
    found = {(row.slug, row.version): Act(row.act) for row in db.session.execute(query)}
    return {name: act for name, act in found.items() if name in wanted}


def last_at(user_id: int, workspace_id: int, slug: str, version: str) -> datetime | None:
    """When a person last decided about a version for a workspace."""
    query = select(func.max(Engagement.at)).where(
        Engagement.user_id == user_id, Engagement.workspace_id == workspace_id
    )
    query = query.where(Engagement.slug == slug, Engagement.version == version, Engagement.act.in_(DECIDING))
    return db.session.scalar(query)


def counts_of(slug: str, version: str) -> dict[str, int]:
    """How many people did what about a version, each counted once per act."""
    query = select(Engagement.act, func.count(Engagement.user_id.distinct()))
    query = query.where(Engagement.slug == slug, Engagement.version == version, Engagement.chain == 0)
    query = query.group_by(Engagement.act)
    return {act: count for act, count in db.session.execute(query)}
