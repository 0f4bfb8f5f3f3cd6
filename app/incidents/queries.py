"""How things are and were, as staff told it. Holds nothing of any workspace."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.db import db
from app.errors import NotFound
from app.incidents.models import Component, Impact, Incident, Kind, StatusLook

PAGE = 25
RECENT_DAYS = 90
MOST_RECENT = 200
"""So many of the last days at most; the rest is on the pages of the history."""


def open_incidents() -> Sequence[Incident]:
    """What is not resolved, the last to begin first. No maintenance."""
    query = select(Incident).where(Incident.kind == Kind.INCIDENT, Incident.resolved_at.is_(None))
    return db.session.scalars(query.order_by(Incident.starts_at.desc(), Incident.id.desc())).all()


def open_maintenance() -> Sequence[Incident]:
    """What is planned or under way, the next first."""
    query = select(Incident).where(Incident.kind == Kind.MAINTENANCE, Incident.resolved_at.is_(None))
    return db.session.scalars(query.order_by(Incident.starts_at, Incident.id)).all()


def recent(at: datetime) -> Sequence[Incident]:
    """What began in the RECENT_DAYS days that end with the day of `at` (UTC), the last first."""
    query = select(Incident).where(Incident.starts_at >= first_day(at), Incident.starts_at <= at)
    return db.session.scalars(query.order_by(Incident.starts_at.desc(), Incident.id.desc()).limit(MOST_RECENT)).all()


def first_day(at: datetime) -> datetime:
    """The midnight with which the recent days begin."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=RECENT_DAYS - 1)


def history(*, before: int | None = None, limit: int = PAGE) -> Sequence[Incident]:
    """Everything ever told, the last opened first. `before` is the id to page on from."""
    query = select(Incident).order_by(Incident.id.desc()).limit(limit)
    return db.session.scalars(query.where(Incident.id < before) if before else query).all()


def get_incident(public_id: str) -> Incident:
    """Raises NotFound."""
    found = db.session.scalar(select(Incident).where(Incident.public_id == public_id))
    if found is None:
        raise NotFound("There is no incident at this address.")
    return found


def find_by_form(form_key: str) -> Incident | None:
    """What this form opened, when it was sent before."""
    return db.session.scalar(select(Incident).where(Incident.form_key == form_key))


def last_changed() -> datetime | None:
    """When staff last wrote anything; None when they never did."""
    return db.session.scalar(select(func.max(Incident.updated_at)))


def last_look() -> datetime | None:
    """When staff last wrote something or found the page to be right."""
    times = (last_changed(), db.session.scalar(select(func.max(StatusLook.at))))
    return max((at for at in times if at), default=None)


def impacts_at(incidents: Iterable[Incident], at: datetime) -> dict[Component, Impact]:
    """How each component is, after everything that is open and has begun."""
    worst = dict.fromkeys(Component, Impact.WORKING)
    grades = list(Impact)
    for incident in incidents:
        if incident.is_open and incident.is_begun(at):
            for name, impact in incident.impacts.items():
                worst[Component(name)] = max(worst[Component(name)], Impact(impact), key=grades.index)
    return worst
