"""Incidents: what was said stays said, whoever is second reads first, and the parts follow from what is open."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.incidents import queries, services
from app.incidents.demo import seed_incidents
from app.incidents.forms import IncidentForm, moment
from app.incidents.models import Component, Impact, Incident, IncidentUpdate, Kind
from tests.incidents.conftest import NOON, a_form, told

HOUR = timedelta(hours=1)


def add(incident, lotte, *, seen=None, at=NOON + HOUR, **fields):
    form = a_form(Kind(incident.kind), **fields)
    services.add_update(incident, form, seen=seen or incident.last_number, by=lotte, at=at)
    db.session.commit()


def log(kind):
    query = select(AuditEntry).where(AuditEntry.kind == kind, AuditEntry.chain == 0).order_by(AuditEntry.seq)
    return db.session.scalars(query).all()


def test_an_incident_begins_when_it_is_told_unless_staff_know_better(lotte):
    assert told(lotte, title="One").starts_at == NOON
    assert told(lotte, title="Two", starts="2026-11-20T09:12").starts_at == NOON.replace(hour=9, minute=12)


def test_sent_twice_it_opens_once(lotte):
    first = told(lotte, key="the-form")
    second = told(lotte, key="the-form")

    assert first is second
    with pytest.raises(Conflict, match="sent already"):
        told(lotte, key="the-form", title="Mail is late too")
    assert db.session.scalar(select(func.count(Incident.id))) == 1
    assert len(log("staff:incident:opened")) == 1


def test_updates_are_added_and_never_changed(lotte):
    incident = told(lotte)

    add(incident, lotte, state="identified", text="A worker hangs.", impacts={"runs": "down"})
    add(incident, lotte, state="monitoring", text="Mended.", impacts={}, at=NOON + 2 * HOUR)

    said = [(update.number, update.state, update.text, update.impacts) for update in incident.updates]
    assert said == [
        (3, "monitoring", "Mended.", {}),
        (2, "identified", "A worker hangs.", {"runs": "down"}),
        (1, "investigating", "Runs wait.", {"runs": "degraded"}),
    ]
    assert (incident.state, incident.impacts, incident.worst) == ("monitoring", {}, "down")
    assert incident.components == [Component.RUNS]


def test_resolved_everything_works_whatever_was_ticked(lotte):
    incident = told(lotte)

    add(incident, lotte, state="resolved", text="Over.", impacts={"runs": "down", "mail": "down"})

    assert not incident.is_open and incident.impacts == {} and incident.updates[0].impacts == {}
    assert incident.resolved_at == NOON + HOUR and incident.worst == "down"


def test_a_closing_note_keeps_the_time_it_ended_and_reopening_takes_it_away(lotte):
    incident = told(lotte)
    add(incident, lotte, state="resolved", impacts={})
    add(incident, lotte, state="resolved", text="The cause was a lock.", impacts={}, at=NOON + 5 * HOUR)
    assert incident.resolved_at == NOON + HOUR

    add(incident, lotte, state="investigating", text="It is back.", at=NOON + 6 * HOUR)

    assert incident.is_open and incident.impacts == {"runs": "degraded"}


def test_who_has_not_read_the_last_update_is_refused(lotte):
    incident = told(lotte)
    add(incident, lotte, seen=1, text="First.")

    with pytest.raises(Conflict):
        services.add_update(incident, a_form(text="Second."), seen=1, by=lotte, at=NOON)
    db.session.rollback()

    assert [update.text for update in db.session.scalars(select(IncidentUpdate))] == ["Runs wait.", "First."]


def test_each_step_is_in_the_staff_log(lotte):
    incident = told(lotte)
    add(incident, lotte, state="identified")
    add(incident, lotte, state="resolved", impacts={})
    add(incident, lotte, state="resolved", text="The cause.", impacts={})
    services.look(by=lotte)

    assert [len(log(f"staff:incident:{what}")) for what in ("opened", "updated", "resolved")] == [1, 2, 1]
    entry = log("staff:incident:resolved")[0]
    assert (entry.actor, entry.subject) == ("Lotte Maas", f"incident:{incident.public_id}")
    assert entry.before == {"state": "identified", "impacts": {"runs": "degraded"}}
    assert entry.after == {"state": "resolved", "impacts": {}, "update": 3}
    assert len(log("staff:status:looked")) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"state": ""}, "state"),
        ({"state": "planned"}, "state"),
        ({"text": ""}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"impacts": {}}, "impacts"),
        ({"starts": "soon"}, "starts"),
        ({"starts": "2026-11-20T12:01"}, "starts"),
    ],
)
def test_an_incident_says_what_is_wrong_since_when_and_what_we_do(lotte, fields, field):
    with pytest.raises(Invalid) as refused:
        told(lotte, **fields)

    assert refused.value.field == field
    assert db.session.scalar(select(func.count(Incident.id))) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"state": "investigating"}, "state"),
        ({"impacts": {}}, "impacts"),
        ({"starts": ""}, "starts"),
        ({"ends": ""}, "ends"),
        ({"ends": "2026-11-25T09:00"}, "ends"),
        ({"ends": "2026-13-25T09:00"}, "ends"),
    ],
)
def test_maintenance_says_what_and_from_when_to_when(lotte, fields, field):
    with pytest.raises(Invalid) as refused:
        told(lotte, Kind.MAINTENANCE, **fields)

    assert refused.value.field == field


def test_parts_follow_from_what_is_open_the_worst_wins(lotte):
    first = told(lotte, title="One", impacts={"runs": "degraded", "mail": "down"})
    second = told(lotte, title="Two", impacts={"runs": "partly_down", "mail": "degraded"})

    now_so = queries.impacts_at([first, second], NOON)

    assert now_so[Component.RUNS] == Impact.PARTLY_DOWN and now_so[Component.MAIL] == Impact.DOWN
    assert now_so[Component.WEBSITE] == Impact.WORKING
    add(second, lotte, state="resolved", impacts={})
    assert queries.impacts_at([first, second], NOON)[Component.RUNS] == Impact.DEGRADED


def test_maintenance_touches_its_parts_from_its_first_minute_until_somebody_says_it_is_done(lotte):
    work = told(lotte, Kind.MAINTENANCE)
    begins, ends = work.starts_at, work.ends_at

    def runs(at):
        return queries.impacts_at([work], at)[Component.RUNS]

    assert runs(begins - timedelta(seconds=1)) == Impact.WORKING
    assert runs(begins) == runs(ends + HOUR) == Impact.MAINTENANCE
    assert not work.is_overdue(begins) and work.is_overdue(ends)
    add(work, lotte, state="resolved", at=ends)
    assert runs(ends) == Impact.WORKING and not work.is_overdue(ends)


def test_maintenance_can_be_moved_and_the_old_hours_stay_on_record(lotte):
    work = told(lotte, Kind.MAINTENANCE)

    add(work, lotte, starts="2026-11-26T09:00", ends="2026-11-26T11:00", text="A day later.")

    assert work.starts_at.day == 26
    assert [update.starts_at.day for update in work.updates] == [26, 25]


def test_the_last_look_is_the_last_word_or_the_last_check(lotte):
    assert queries.last_look() is None
    told(lotte)
    assert queries.last_look() == NOON

    services.look(by=lotte)

    assert queries.last_look() > NOON


def test_the_recent_days_begin_at_a_midnight_and_leave_out_what_is_to_come(lotte):
    edge = NOON.replace(hour=0) - timedelta(days=89)
    told(lotte, title="Too old", at=edge - timedelta(seconds=1))
    inside = told(lotte, title="Just in", at=edge)
    told(lotte, Kind.MAINTENANCE)

    assert list(queries.recent(NOON)) == [inside]


def test_history_is_paged_by_key(lotte):
    made = [told(lotte, title=f"No {n}") for n in range(5)]

    first = queries.history(limit=3)

    assert [i.title for i in first] == ["No 4", "No 3", "No 2"]
    assert list(queries.history(before=first[-1].id, limit=3)) == [made[1], made[0]]


def test_an_address_that_was_never_given_is_not_found(app):
    with pytest.raises(NotFound):
        queries.get_incident("0" * 20)


def test_a_form_takes_only_words_that_we_know():
    typed = MultiDict(
        {"impact-runs": "down", "impact-mail": "exploded", "impact-moon": "down", "title": " a\r\n b\x00 "}
    )

    form = IncidentForm.of(Kind.INCIDENT, typed)

    assert form.impacts == {"runs": "down"} and form.title == "a b"
    typed = MultiDict([("components", "mail"), ("components", "moon"), ("components", "mail")])
    assert IncidentForm.of(Kind.MAINTENANCE, typed).impacts == {"mail": "maintenance"}


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30T09:00", "99999-01-01", "0001-01-01T00:00+23:00", "９" * 4])
def test_what_is_no_time_is_none(typed):
    assert moment(typed) is None


def test_a_time_with_a_zone_is_taken_to_utc():
    assert moment("2026-11-20T14:00+02:00") == moment("2026-11-20 12:00") == NOON


def test_the_demo_tells_a_story_that_is_over(lotte):
    seed_incidents(lotte)

    (incident,) = queries.history()

    assert not incident.is_open and incident.worst == "partly_down" and len(incident.updates) == 4
    assert incident.starts_at < incident.resolved_at < incident.starts_at + 3 * HOUR
    assert [update.state for update in incident.updates] == ["resolved", "monitoring", "identified", "investigating"]
