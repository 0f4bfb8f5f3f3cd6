"""Business hours and the deadlines of cards in the settings."""

from datetime import date, timedelta

import pytest

from app.audit.models import AuditEntry
from app.db import now
from app.workspaces.deadlines import DeadlineSteps
from app.workspaces.hours import BusinessHours, Holiday, Span
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_workspace

OFFICE = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "09:00-12:30, 13:30 - 17:00")
WEEK = OFFICE | {"when": "week", "friday": "22:00-06:00", "holidays": "2026-12-25 Christmas Day\n\n2026-01-01 New Year"}
STEPS = {"remind": "2", "delegate": "", "escalate": "10", "card_hours": "20", "in_business_hours": "1"}


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER)


@pytest.fixture
def base(owner):
    return f"/w/{owner.workspace.slug}/settings"


@pytest.fixture
def desk(owner, browser_of):
    return browser_of(owner.user)


def now_kept(db, owner):
    db.session.expire_all()
    row = db.session.get_one(Workspace, owner.workspace_id)
    return row.hours, row.steps


def changes(db):
    return db.session.query(AuditEntry).filter_by(kind="member:workspace:settings").all()


def test_a_workspace_begins_always_open_with_the_usual_steps(desk, base, owner, db):
    page = desk.get(base)

    assert now_kept(db, owner) == (BusinessHours("Europe/Amsterdam"), DeadlineSteps(4, 8, 16, 24))
    assert [page.find(id=name)["value"] for name in ("remind", "delegate", "escalate", "card_hours")] == [
        "4", "8", "16", "24"
    ]  # fmt: skip


def test_hours_are_saved_shown_again_and_recorded(desk, base, owner, db):
    desk.get(base)

    page = desk.submit("hours", **WEEK)

    office = (Span.read("09:00-12:30"), Span.read("13:30-17:00"))
    week = (office, office, office, office, (Span.read("22:00-06:00"),), (), ())
    holidays = (Holiday(date(2026, 1, 1), "New Year"), Holiday(date(2026, 12, 25), "Christmas Day"))
    assert "The business hours are saved." in page
    assert now_kept(db, owner)[0] == BusinessHours("Europe/Amsterdam", week, holidays)
    assert page.find(id="monday")["value"] == "09:00-12:30, 13:30-17:00"
    assert page.find(id="holidays").text.startswith("2026-01-01 New Year")
    (entry,) = changes(db)
    assert entry.before == {"business_hours": {}}
    assert entry.after["business_hours"]["week"][4] == ["22:00-06:00"]


def test_always_open_lets_go_of_the_week(desk, base, owner, db):
    desk.get(base)
    desk.submit("hours", **WEEK)

    desk.submit("hours", when="always")

    assert now_kept(db, owner)[0] == BusinessHours("Europe/Amsterdam")


def test_steps_are_saved_and_recorded(desk, base, owner, db):
    desk.get(base)

    page = desk.submit("deadlines", **STEPS)

    assert "The deadlines are saved." in page
    assert now_kept(db, owner)[1] == DeadlineSteps(2, None, 10, 20, in_business_hours=True)
    (entry,) = changes(db)
    assert (entry.before["card_hours"], entry.after["card_hours"]) == (24, 20)
    assert entry.after["deadline_steps"]["delegate"] is None


def test_saving_what_is_there_already_is_not_recorded(desk, base, db):
    desk.get(base)
    desk.submit("deadlines")
    for _ in range(2):
        desk.submit("hours", **WEEK)

    assert len(changes(db)) == 1


WRONG_HOURS = [
    ("monday", "9-17"), ("monday", "09:00-13:00, 12:00-17:00"), ("tuesday", "08:00-09:00, 10:00-11:00, 12:00-13:00"),
    ("friday", "22:00-06:00, 23:00-23:30"), ("sunday", "22:00-09:30"), ("holidays", "Christmas"),
    ("holidays", "2026-02-30 No such day"), ("holidays", "2026-12-25"), ("holidays", f"2026-12-25 {'x' * 81}"),
    ("holidays", "2026-12-25 Christmas\n2026-12-25 Again"), ("when", "never"), ("when", ""),
    ("thursday", "09:00-10:00, " * 9000),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_HOURS)
def test_hours_that_do_not_fit_are_said_at_their_question(desk, base, owner, db, field, value):
    before, sent = now_kept(db, owner), WEEK | {field: value, "csrf_token": desk.token()}

    page = desk.post(f"{base}/hours", sent)

    assert page.status == 422 and now_kept(db, owner) == before
    assert page.all(id=f"{field}-error") and page.find(id="wednesday")["value"] == WEEK["wednesday"]


def test_what_is_far_too_long_is_not_even_read(desk, base):
    sent = WEEK | {"holidays": "2026-12-25 Christmas Day\n" * 9000, "csrf_token": desk.token()}

    assert "Holidays: shorten this to 20,000 characters." in desk.post(f"{base}/hours", sent)


@pytest.mark.parametrize("sent", [{"when": "week"}, {"when": "week", "monday": "09:00-10:00"}])
def test_hours_that_never_come_are_refused(desk, base, owner, db, sent):
    week, monday = timedelta(days=7), now().date() - timedelta(days=now().weekday())
    closed = "\n".join(f"{monday + n * week} Closed" for n in range(60))

    page = desk.post(f"{base}/hours", sent | {"holidays": closed, "csrf_token": desk.token()})

    assert page.status == 422 and "no opening within a year" in page
    assert now_kept(db, owner)[0].week is None


def test_more_holidays_than_anybody_has_are_refused(desk, base):
    days = "\n".join(f"{date.fromordinal(740000 + n)} Closed" for n in range(201))

    page = desk.post(f"{base}/hours", WEEK | {"holidays": days, "csrf_token": desk.token()})

    assert page.status == 422 and "at most 200 holidays" in page


WRONG_STEPS = [
    ("remind", "0"), ("remind", "-4"), ("remind", "soon"), ("escalate", "2"), ("escalate", "1"), ("escalate", "9" * 30),
    ("card_hours", "0"), ("card_hours", "169"), ("card_hours", "9" * 30), ("card_hours", ""), ("card_hours", "10"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_STEPS)
def test_steps_that_do_not_fit_are_said_at_their_question(desk, base, owner, db, field, value):
    before, sent = now_kept(db, owner), STEPS | {field: value, "csrf_token": desk.token()}

    page = desk.post(f"{base}/deadlines", sent)

    assert page.status == 422 and now_kept(db, owner) == before
    assert page.find(id=field).get("aria-invalid") == "true" and page.find(id=field)["value"] == value


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_other_roles_read_them_and_change_nothing(base, owner, desk, browser_of, db, role):
    desk.get(base)
    desk.submit("hours", **WEEK)
    desk.submit("deadlines", **STEPS)
    before, browser = now_kept(db, owner), browser_of(a_member(owner.workspace, role).user)

    page = browser.get(base)

    assert "22:00-06:00" in page and "Christmas Day" in page and "20 business hours" in page
    token = {"csrf_token": browser.token()}
    assert browser.post(f"{base}/hours", WEEK | token).status == 403
    assert browser.post(f"{base}/deadlines", STEPS | token).status == 403
    assert now_kept(db, owner) == before


def test_they_are_not_for_strangers_nor_for_a_link(desk, base, browser_of, client):
    browser = browser_of(a_member(a_workspace()).user)
    sent = WEEK | STEPS | {"csrf_token": browser.token()}
    paths = (f"{base}/hours", f"{base}/deadlines")

    assert [browser.post(path, sent).status for path in paths] == [404, 404]
    assert [desk.get(path).status for path in paths] == [405, 405]
    assert [desk.post(path, WEEK | STEPS).status for path in paths] == [422, 422]
    token = {"csrf_token": client.token()}
    assert all(client.post(path, sent | token).location.startswith("/login") for path in paths)
