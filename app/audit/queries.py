"""Reading the audit log of one chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sqlalchemy import Select, select, union

from app.audit.models import AuditEntry, AuditHead
from app.db import db

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """What to look for; empty fields match everything."""

    who: str = ""
    kind: str = ""
    subject: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None
    """Days in `zone`, both inclusive."""
    zone: tzinfo = UTC


def entries(chain: int, wanted: Filter, *, before: int | None = None, limit: int = PAGE) -> Sequence[AuditEntry]:
    """Entries of a chain, newest first, paged by their number."""
    query = _filtered(chain, wanted)
    if before:
        query = query.where(AuditEntry.seq < before)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()


def batches(chain: int, wanted: Filter, *, size: int = 500) -> Iterator[Sequence[AuditEntry]]:
    """All of them, newest first, in batches, so that an export of any size fits in memory.

    Lets go of the database after each batch: who reads slowly holds nothing.
    """
    before: int | None = None
    while page := entries(chain, wanted, before=before, limit=size):
        before = page[-1].seq
        db.session.expunge_all()
        db.session.rollback()
        yield page


def chains() -> list[int]:
    """Every chain that has an entry or an end on record; 0 is LeenOps' own."""
    return sorted(db.session.scalars(union(select(AuditEntry.chain), select(AuditHead.chain))))


def _filtered(chain: int, wanted: Filter) -> Select[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.chain == chain)
    if wanted.who:
        query = query.where(AuditEntry.actor.icontains(wanted.who, autoescape=True))
    if wanted.kind:
        query = query.where(AuditEntry.kind.startswith(wanted.kind, autoescape=True))
    if wanted.subject:
        query = query.where(AuditEntry.subject == wanted.subject)
    if wanted.text:
        query = query.where(AuditEntry.summary.icontains(wanted.text, autoescape=True))
    if wanted.since:
        query = query.where(AuditEntry.at >= _midnight(wanted.since, wanted.zone))
    if wanted.until:
        query = query.where(AuditEntry.at < _midnight(wanted.until + timedelta(days=1), wanted.zone))
    return query


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
