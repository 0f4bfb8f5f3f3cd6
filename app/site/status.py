"""How LeenOps is and was, as its staff tell it: current state, history, one page per incident, a feed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from app import feeds
from app.access import public
from app.db import now
from app.errors import Unavailable
from app.incidents import queries
from app.incidents.models import COMPONENTS, SEVERITY, Impact, Incident
from app.site.health import database_answers
from app.site.landing import absolute
from app.web import page_key, render

bp = Blueprint("status", __name__)
BEGAN = datetime(2026, 6, 13, tzinfo=UTC)
"""When the page went public: the feed's date while nothing was told."""
IN_FEED = 50
Stretch = tuple[datetime, datetime, list[Incident]]
"""First day, last day, and what began then."""


@bp.before_request
def _ask_first() -> None:
    """A page that cannot read what staff wrote may not look as if all were well, nor keep anybody waiting."""
    if not database_answers(current_app._get_current_object()):  # type: ignore[attr-defined]
        g.database_is_away = True
        raise Unavailable(
            "LeenOps' database does not answer, so this page cannot say how things are. Expect the console to be "
            "away too. We know when this happens; try again in a few minutes."
        )


@bp.get("/status")
@public
def show() -> ResponseReturnValue:
    at = now()
    troubles, maintenance, recent = queries.open_incidents(), queries.open_maintenance(), queries.recent(at)
    now_so = queries.impacts_at([*troubles, *maintenance], at)
    return _page(
        "status/show.html",
        components=[(*COMPONENTS[component], impact) for component, impact in now_so.items()],
        worst=max(now_so.values(), key=list(Impact).index),
        troubles=troubles,
        maintenance=maintenance,
        days=_days(recent, at),
        looked_at=queries.last_look(),
    )


@bp.get("/status/history")
@public
def history() -> ResponseReturnValue:
    rows = queries.history(before=page_key(), limit=queries.PAGE + 1)
    return _page("status/history.html", incidents=rows[: queries.PAGE], more=len(rows) > queries.PAGE)


@bp.get("/status/<incident>")
@public
def incident(incident: str) -> ResponseReturnValue:
    return _page("status/incident.html", incident=queries.get_incident(incident))


@bp.get("/status.atom")
@public
def atom() -> ResponseReturnValue:
    entries = [_entry(incident) for incident in queries.history(limit=IN_FEED)]
    feed = feeds.Feed(
        id=feeds.tag_uri("status"),
        title="LeenOps status",
        subtitle="Incidents and planned maintenance, as LeenOps' staff tell them.",
        link=absolute("status.show"),
        self_link=absolute("status.atom"),
        updated=queries.last_changed() or BEGAN,
        entries=entries,
    )
    answer = Response(feeds.atom(feed), mimetype=feeds.MIMETYPE)
    answer.add_etag()
    return answer.make_conditional(request)


def _page(name: str, **context: Any) -> ResponseReturnValue:
    return render(name, at=now(), names=_names(), severity=SEVERITY, **context)


def _names() -> dict[str, str]:
    return {component.value: name for component, (name, _) in COMPONENTS.items()}


def _entry(incident: Incident) -> feeds.Entry:
    """One entry per incident, which moves up with each update."""
    return feeds.Entry(
        id=feeds.tag_uri("status", incident.public_id),
        title=incident.title,
        link=absolute("status.incident", incident=incident.public_id),
        updated=incident.updated_at,
        published=incident.opened_at,
        summary=incident.updates[0].text,
        html=render_template("status/_entry.html", incident=incident, names=_names()),
        categories=[_names()[component] for component in incident.components],
    )


def _days(recent: Sequence[Incident], at: datetime) -> list[Stretch]:
    """The last days, the newest first; days on which nothing began are one stretch."""
    by_day: dict[datetime, list[Incident]] = {}
    for incident in recent:
        by_day.setdefault(_midnight(incident.starts_at), []).append(incident)
    days: list[Stretch] = []
    for back in range(queries.RECENT_DAYS):
        day = _midnight(at) - timedelta(days=back)
        told = by_day.get(day, [])
        if days and not told and not days[-1][2]:
            days[-1] = (day, days[-1][1], [])
        else:
            days.append((day, day, told))
    return days


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
