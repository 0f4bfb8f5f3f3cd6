"""Reading the audit log of one chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, select

from app.audit.models import AuditEntry
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


def entries(chain: int, wanted: Filter, *, before: int | None = None, limit: int = PAGE) -> Sequence[AuditEntry]:
    """Entries of a chain, newest first, paged by their number."""
    query = _filtered(chain, wanted)
    if before:
        query = query.where(AuditEntry.seq < before)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()


def every(chain: int, wanted: Filter) -> Iterator[AuditEntry]:
    """All of them, newest first, read in pages so that an export of any size fits in memory."""
    before: int | None = None
    while page := entries(chain, wanted, before=before, limit=500):
        yield from page
        before = page[-1].seq


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
        query = query.where(AuditEntry.at >= datetime.combine(wanted.since, time(), UTC))
    if wanted.until:
        query = query.where(AuditEntry.at < datetime.combine(wanted.until + timedelta(days=1), time(), UTC))
    return query
