"""The page on which people say that they are away."""

from datetime import timedelta

import pytest

from app.formats import short_day
from app.workspaces import queries
from app.workspaces.models import Absence, Role
from tests.factories import a_member, a_workspace, an_absence


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER, name="Ilse Bakker")


@pytest.fixture
def amira(owner):
    return a_member(owner.workspace, Role.REVIEWER, name="Amira Haddad")


@pytest.fixture
def base(owner):
    return f"/w/{owner.workspace.slug}/absences"


@pytest.fixture
def desk(amira, browser_of):
    return browser_of(amira.user)


def days(member, first=0, last=6):
    today = queries.today(member.workspace)
    return {"first_day": str(today + timedelta(days=first)), "last_day": str(today + timedelta(days=last))}


def kept(db):
    db.session.expire_all()
    return db.session.query(Absence).all()


def rows(page):
    return [row for row in page.all("tr") if row.id.startswith("absence-")]


def test_somebody_says_that_they_are_away_and_who_stands_in(desk, base, owner, amira, db):
    assert "You are not away" in desk.get(base)

    page = desk.submit("add-absence", **days(amira), stand_in=owner.public_id, note="In the hills")

    until = short_day(queries.today(amira.workspace) + timedelta(days=6))
    assert f"Amira Haddad is away from {short_day(queries.today(amira.workspace))} to {until}." in page
    assert rows(page)[0].get("data-state") == "away" and "Ilse Bakker" in rows(page)[0].text
    (absence,) = kept(db)
    assert (absence.membership_id, absence.created_by, absence.note) == (amira.id, amira.user_id, "In the hills")
    members = desk.get(f"/w/{owner.workspace.slug}/members")
    assert f"Away until {until}" in members.find("tr", id=f"member-{amira.public_id}").text
    assert "Away until" not in members.find("tr", id=f"member-{owner.public_id}").text


def test_an_absence_is_ended_once(desk, base, amira, db):
    made = an_absence(amira)
    desk.get(base)

    page = desk.submit(f"{made.public_id}/end")

    assert "Amira Haddad is not away any more." in page and rows(page)[0].get("data-state") == "ended"
    assert not rows(page)[0].all("form")
    assert desk.post(f"{base}/{made.public_id}/end", {"csrf_token": desk.token()}).status == 409


def test_an_absence_added_twice_is_there_once_and_what_was_typed_stays(desk, base, amira, db):
    sent = days(amira) | {"note": "In the hills", "csrf_token": desk.token()}

    answers = [desk.post(base, sent) for _ in range(2)]

    assert [page.status for page in answers] == [303, 422] and len(kept(db)) == 1
    again = answers[1].find("form", id="add-absence")
    assert "is away from" in again.text and again.find(id="note")["value"] == "In the hills"
    assert again.find(id="last_day")["value"] == sent["last_day"]


WRONG = [
    ("first_day", ""), ("first_day", "tomorrow"), ("first_day", "2020-02-30"), ("first_day", "0001-01-01"),
    ("last_day", "9999-12-31"), ("last_day", ""), ("stand_in", "nobody-we-know"), ("note", "x" * 201),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_is_said_at_its_question(desk, base, amira, db, field, value):
    page = desk.post(base, days(amira) | {field: value, "csrf_token": desk.token()})

    assert page.status == 422 and kept(db) == []
    assert page.find(id=field).get("aria-invalid") == "true"


def test_a_stand_in_of_another_workspace_does_not_exist(desk, base, amira, db):
    stranger = a_member(a_workspace(), Role.OWNER)

    page = desk.post(base, days(amira) | {"stand_in": stranger.public_id, "csrf_token": desk.token()})

    assert page.status == 422 and "Choose a member from the list." in page and kept(db) == []


def test_others_are_neither_seen_nor_spoken_for(desk, base, owner, amira, db):
    theirs = an_absence(owner, note="A secret")
    sent = {"csrf_token": desk.token()}

    page = desk.get(base)
    assert rows(page) == [] and "A secret" not in page and not page.all("select", name="person")
    assert desk.post(base, days(amira) | sent | {"person": owner.public_id}).status == 403
    assert desk.post(f"{base}/{theirs.public_id}/end", sent).status == 404
    assert len(kept(db)) == 1 and kept(db)[0].ended_at is None


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_who_manages_members_speaks_for_somebody_who_fell_ill(base, owner, amira, browser_of, db, role):
    desk = browser_of(a_member(owner.workspace, role).user)
    desk.get(base)

    page = desk.submit("add-absence", person=amira.public_id, **days(amira, 0, 1), stand_in=owner.public_id)

    assert "Amira Haddad" in rows(page)[0].text and kept(db)[0].membership_id == amira.id
    about = desk.get(f"/w/{owner.workspace.slug}/members/{amira.public_id}")
    assert "Away until" in about and "Ilse Bakker stands in." in about
    desk.get(base)
    assert "is not away any more" in desk.submit(f"{kept(db)[0].public_id}/end")


def test_many_absences_are_paged(desk, base, amira):
    for week in range(27):
        start = queries.today(amira.workspace) + timedelta(days=week * 7)
        an_absence(amira, first_day=start, last_day=start)

    assert len(rows(desk.get(base))) == 25
    assert len(rows(desk.click("Older"))) == 2


def test_strangers_and_the_signed_out_find_nothing(base, amira, browser_of, client):
    made = an_absence(amira)
    browser = browser_of(a_member(a_workspace()).user)
    sent = days(amira) | {"csrf_token": browser.token()}

    assert browser.get(base).status == 404
    assert [browser.post(path, sent).status for path in (base, f"{base}/{made.public_id}/end")] == [404, 404]
    assert client.get(base).path.startswith("/login")
    assert client.post(base, sent | {"csrf_token": client.token()}).location.startswith("/login")


def test_ending_takes_a_form_not_a_link(desk, base, amira):
    made = an_absence(amira)

    assert desk.get(f"{base}/{made.public_id}/end").status == 405
    assert desk.post(f"{base}/{made.public_id}/end").status == 422


def test_what_people_write_is_shown_as_text(desk, base, amira):
    an_absence(amira, note="<script>alert(1)</script>")

    page = desk.get(base)

    assert "<script>alert(1)</script>" in page and "<script>alert" not in page.html
