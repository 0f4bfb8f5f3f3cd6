"""Reading workspaces, their members, teams and invitations. Ended memberships do not count."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager

from app.access import Permission
from app.accounts.models import User
from app.db import db, now
from app.errors import Gone, NotFound
from app.formats import zone_named
from app.workspaces.cover import Cover
from app.workspaces.models import Absence, Invitation, Membership, Role, Team, Workspace
from app.workspaces.permissions import permits

PAGE = 25
MOST_TO_CHOOSE_FROM = 1000
LIMITABLE = frozenset({Role.BUILDER, Role.REVIEWER})
"""The roles that can be limited to teams."""
_SLUG = re.compile(r"[a-z0-9-]{1,40}")


_MEMBER = (
    select(Membership)
    .join(Membership.workspace)
    .where(Workspace.slug == bindparam("slug"), Membership.user_id == bindparam("user"), Membership.ended_at.is_(None))
    .options(contains_eager(Membership.workspace))
)


def member_of(slug: str, user: User) -> tuple[Workspace, Membership] | None:
    """The workspace at this address and the person's place in it; None for missing and for not theirs alike."""
    if not _SLUG.fullmatch(slug):
        return None
    found = db.session.scalar(_MEMBER, {"slug": slug, "user": user.id})
    return (found.workspace, found) if found else None


def limited_teams(membership: Membership) -> tuple[str, ...]:
    """The keys of the teams this member is limited to; empty means every team."""
    return tuple(membership.teams) if membership.role in LIMITABLE else ()


def memberships_of(user: User) -> list[Membership]:
    """Where the person is a member now, by the workspace's name."""
    query = select(Membership).join(Workspace, Workspace.id == Membership.workspace_id)
    query = query.where(Membership.user_id == user.id, Membership.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(func.lower(Workspace.name), Workspace.id)))


def members(workspace: Workspace, *, before: str | None = None) -> list[Membership]:
    """Up to PAGE + 1 members, newest first; the extra one says there are more."""
    query = select(Membership).where(Membership.workspace_id == workspace.id, Membership.ended_at.is_(None))
    if before:
        start = select(Membership.id).where(Membership.public_id == before, Membership.workspace_id == workspace.id)
        query = query.where(Membership.id < start.scalar_subquery())
    return list(db.session.scalars(query.order_by(Membership.id.desc()).limit(PAGE + 1)))


def member_count(workspace: Workspace) -> int:
    """How many people are members now."""
    query = select(func.count()).select_from(Membership)
    query = query.where(Membership.workspace_id == workspace.id, Membership.ended_at.is_(None))
    return db.session.scalar(query) or 0


def get_member(workspace: Workspace, public_id: str) -> Membership:
    """A present member of this workspace. Raises NotFound for anybody else."""
    query = select(Membership).where(Membership.workspace_id == workspace.id, Membership.public_id == public_id)
    found = db.session.scalar(query.where(Membership.ended_at.is_(None)))
    if found is None:
        raise NotFound()
    return found


def owner_addresses(workspace_id: int) -> list[str]:
    """Where the workspace's owners get mail, in the order they joined."""
    query = select(User.email).join(Membership, Membership.user_id == User.id)
    query = query.where(Membership.workspace_id == workspace_id, Membership.role == Role.OWNER)
    return list(db.session.scalars(query.where(Membership.ended_at.is_(None)).order_by(Membership.id)))


def find_membership(workspace_id: int, user: User) -> Membership | None:
    """The person's place in the workspace, ended or not."""
    query = select(Membership).where(Membership.workspace_id == workspace_id, Membership.user_id == user.id)
    return db.session.scalar(query)


def teams_of(workspace: Workspace) -> list[Team]:
    """The workspace's teams, oldest first."""
    return list(db.session.scalars(select(Team).where(Team.workspace_id == workspace.id).order_by(Team.id)))


def get_team(workspace: Workspace, key: str) -> Team:
    """A team of this workspace. Raises NotFound."""
    found = db.session.scalar(select(Team).where(Team.workspace_id == workspace.id, Team.key == key))
    if found is None:
        raise NotFound()
    return found


def open_invitations(workspace: Workspace) -> list[Invitation]:
    """Invitations that can still be accepted, newest first, at most 100."""
    query = select(Invitation).where(
        Invitation.workspace_id == workspace.id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )
    return list(db.session.scalars(query.order_by(Invitation.id.desc()).limit(100)))


def get_invitation(workspace: Workspace, public_id: str) -> Invitation:
    """An invitation of this workspace, whatever became of it. Raises NotFound."""
    query = select(Invitation).where(Invitation.workspace_id == workspace.id, Invitation.public_id == public_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def invitation_behind(token_hash: str) -> tuple[Invitation, Workspace]:
    """The open invitation of a mailed link. Raises NotFound, or Gone with what became of it."""
    found = db.session.scalar(select(Invitation).where(Invitation.token_hash == token_hash))
    workspace = db.session.get(Workspace, found.workspace_id) if found else None
    if found is None or workspace is None:
        raise NotFound("This link is not complete. Open it from the mail again.")
    if found.accepted_at is not None:
        raise Gone("This invitation has been used. Sign in to open the workspace.")
    if found.revoked_at is not None:
        raise Gone("This invitation was withdrawn. Ask the person who invited you.")
    if found.expires_at <= now():
        raise Gone("This invitation has expired. Ask the person who invited you for a new one.")
    return found, workspace


def present_member(workspace: Workspace, email: str) -> Membership | None:
    """The present member with this address, if there is one."""
    query = select(Membership).join(User, User.id == Membership.user_id)
    query = query.where(Membership.workspace_id == workspace.id, Membership.ended_at.is_(None))
    return db.session.scalar(query.where(User.email == email))


def people(workspace: Workspace) -> list[Membership]:
    """The members to choose from, by name, at most MOST_TO_CHOOSE_FROM."""
    query = select(Membership).join(Membership.user).options(contains_eager(Membership.user))
    query = query.where(Membership.workspace_id == workspace.id, Membership.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(func.lower(User.name), Membership.id).limit(MOST_TO_CHOOSE_FROM)))


def deciders(workspace_id: int) -> list[Membership]:
    """The members whose role lets them decide on cards."""
    roles = [role for role in Role if permits(role, Permission.APPROVE)]
    query = select(Membership).where(Membership.workspace_id == workspace_id, Membership.ended_at.is_(None))
    return list(db.session.scalars(query.where(Membership.role.in_(roles)).order_by(Membership.id)).unique())


def today(workspace: Workspace) -> date:
    """The day it is at the workspace."""
    return now().astimezone(zone_named(workspace.timezone)).date()


def absences(workspace: Workspace, *, viewer: Membership, before: str | None = None) -> list[Absence]:
    """Up to PAGE + 1, the one added last first: everybody's for who manages members, otherwise the viewer's own."""
    query = select(Absence).where(Absence.workspace_id == workspace.id, _visible_to(viewer))
    if before:
        start = select(Absence.id).where(Absence.public_id == before, Absence.workspace_id == workspace.id)
        query = query.where(Absence.id < start.scalar_subquery())
    return list(db.session.scalars(query.order_by(Absence.id.desc()).limit(PAGE + 1)))


def get_absence(workspace: Workspace, public_id: str, *, viewer: Membership) -> Absence:
    """An absence that the viewer may see. Raises NotFound."""
    query = select(Absence).where(Absence.workspace_id == workspace.id, Absence.public_id == public_id)
    found = db.session.scalar(query.where(_visible_to(viewer)))
    if found is None:
        raise NotFound()
    return found


def cover_of(workspace_id: int, at: datetime) -> Cover:
    """Who is away at this moment and who stands in, of a whole workspace in one query."""
    rows = _away(workspace_id, at)
    able = (row.stand_in_id for row in rows if row.role and permits(row.role, Permission.APPROVE))
    return Cover({row.membership_id: row.stand_in_id for row in rows}, frozenset(able))


def absent_now(workspace_id: int, at: datetime) -> set[int]:
    """The ids of the memberships of those who are away at this moment."""
    return set(away_until(workspace_id, at))


def away_until(workspace_id: int, at: datetime) -> dict[int, date]:
    """By the id of the membership of each who is away at this moment, the last day of it."""
    return {row.membership_id: row.last_day for row in _away(workspace_id, at)}


def stand_in_for(membership: Membership, at: datetime) -> Membership | None:
    """Who stands in for a member who is away at this moment; see `Cover.of`. Ask `cover_of` for more than one."""
    found = cover_of(membership.workspace_id, at).of(membership.id)
    return db.session.get_one(Membership, found) if found is not None else None


def _away(workspace_id: int, at: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Absences of this moment with what there is to know of the stand-in, the one added last at the end."""
    stand_in, utc_day, day = aliased(Membership), at.astimezone(UTC).date(), timedelta(days=1)
    query = (
        select(
            Absence.membership_id,
            Absence.first_day,
            Absence.last_day,
            Absence.stand_in_id,
            stand_in.role,
            Workspace.timezone,
        )
        .join(Workspace, Workspace.id == Absence.workspace_id)
        .outerjoin(stand_in, and_(stand_in.id == Absence.stand_in_id, stand_in.ended_at.is_(None)))
        .where(Absence.workspace_id == workspace_id, or_(Absence.ended_at.is_(None), Absence.ended_at > at))
        .where(Absence.first_day <= utc_day + day, Absence.last_day >= utc_day - day)  # no zone is further from UTC
        .order_by(Absence.id)
    )
    rows = db.session.execute(query).all()
    return [row for row in rows if row.first_day <= at.astimezone(zone_named(row.timezone)).date() <= row.last_day]


def _visible_to(viewer: Membership) -> ColumnElement[bool]:
    """Everybody sees their own absences, who manages members sees all."""
    return true() if permits(viewer.role, Permission.MEMBERS_MANAGE) else Absence.membership_id == viewer.id
