"""Staff tell the public: open, update, resolve; what was typed stays; nobody overwrites whom they have not read."""

import pytest
from sqlalchemy import func, select

from app.db import db
from app.incidents.models import Incident, IncidentUpdate, StatusLook
from tests.factories import a_member

NEW = "/support/incidents/new"
TEXT = "Runs wait up to three minutes. Nothing is lost."


@pytest.fixture
def support(at_work):
    return at_work("support", name="Lotte Maas")


def open_one(browser, **typed):
    browser.get(NEW)
    fields = {"title": "Runs start late", "state": "investigating", "impact-runs": "degraded", "text": TEXT}
    return browser.submit("incident", **fields | typed)


def plan_one(browser, **typed):
    browser.get(f"{NEW}?kind=maintenance")
    fields = {"title": "New machines", "components": ["runs", "mail"], "text": "We move."}
    fields |= {"starts": "2030-11-25T09:00", "ends": "2030-11-25T11:00"}
    return browser.submit("incident", **fields | typed)


def count(model):
    return db.session.scalar(select(func.count(model.id)))


def test_what_is_told_is_public_at_once(support, client):
    page = open_one(support)

    assert page.h1 == "Runs start late" and "Published on the status page." in page
    public = client.get(page.link("As the public reads it"))
    assert TEXT in public and "Lotte" not in public
    assert "Runs start late" in client.get("/status")


def test_staff_read_who_said_what(support):
    assert "by Lotte Maas" in open_one(support).find(class_="history").text


def test_an_update_and_the_end(support, client):
    open_one(support)

    page = support.submit("update", state="identified", text="One worker hangs.", **{"impact-runs": "down"})
    assert "Published on the status page." in page and "Agent runs" in page
    page = support.submit("update", state="resolved", text="Over. The cause was a lock.")

    assert "Resolved" in page.find("main").text and count(IncidentUpdate) == 3
    assert "The cause was a lock." in client.get("/status/" + db.session.scalars(select(Incident.public_id)).one())
    assert not client.get("/status").all("article")


def test_the_form_of_an_update_starts_with_how_it_stands(support):
    open_one(support, **{"impact-mail": "down"})

    page = support.page
    assert "checked" in page.find("input", value="investigating").attrs
    assert [o["value"] for o in page.find("select", name="impact-mail").all("option") if "selected" in o.attrs] == [
        "down"
    ]
    assert page.find("textarea", name="text").text == ""


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"title": " "}, "Say in a few words what is wrong."),
        ({"title": "x" * 121}, "Use at most 120 characters."),
        ({"state": "planned"}, "Choose how far it is."),
        ({"impact-runs": ""}, "Choose at least one part that is touched."),
        ({"text": "\r\n"}, "Say what people notice and what we do."),
        ({"starts": "2199-01-01T00:00"}, "It cannot have begun later than now."),
        ({"starts": "yesterday"}, "Write the day and time in UTC"),
        ({"starts": "0001-01-01T00:00"}, "Look at the year."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(support, missing, sentence):
    page = open_one(support, **missing)

    assert page.status == 422 and page.title.startswith("Error: Tell of an incident")
    summary = page.find(class_="error-summary")
    assert sentence in summary.text
    assert {link["href"][1:] for link in summary.all("a")} <= {node.id for node in page.root.walk()}
    assert missing.get("text", TEXT).strip() in page.find("textarea", name="text").text
    assert count(Incident) == 0


def test_put_right_it_is_published_once(support):
    open_one(support, text="")
    page = support.submit("incident", text=TEXT)
    assert page.h1 == "Runs start late"

    open_one(support)
    again = support.get(NEW)
    key = again.find("input", name="form_key")["value"]
    data = {"csrf_token": support.token(), "kind": "incident", "form_key": key, "title": "Twice", "text": "x"}
    data |= {"state": "investigating", "impact-runs": "down"}
    first, second = support.post("/support/incidents", data), support.post("/support/incidents", data)

    assert first.location == second.location and count(Incident) == 3


def test_what_is_sent_from_a_page_gone_back_to_is_not_lost(support):
    open_one(support)
    support.get(NEW)
    key = support.page.find("input", name="form_key")["value"]
    data = {"csrf_token": support.token(), "kind": "incident", "form_key": key, "title": "Late", "text": "First."}
    data |= {"state": "investigating", "impact-runs": "down"}
    support.post("/support/incidents", data)

    page = support.post("/support/incidents", data | {"text": "Something else."})

    assert page.status == 409 and "sent already, for “Late”" in page
    assert page.find("textarea", name="text").text == "Something else."
    assert page.find("input", name="form_key")["value"] != key and count(Incident) == 2


def test_maintenance_is_planned_with_its_hours(support, client):
    page = plan_one(support)

    assert page.h1 == "New machines"
    public = client.get("/status")
    assert "25 Nov 2030, 09:00 to 25 Nov 2030, 11:00 UTC; Agent runs, Mail" in public


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"components": []}, "Choose at least one part that is touched."),
        ({"starts": ""}, "Write the day and time in UTC, like 2026-11-25 09:00."),
        ({"ends": "2030-11-25T08:00"}, "It must end after it starts."),
    ],
)
def test_maintenance_without_its_hours_is_not_planned(support, missing, sentence):
    page = plan_one(support, **missing)

    assert page.status == 422 and sentence in page.find(class_="error-summary").text
    assert page.find("input", name="ends")["value"] == missing.get("ends", "2030-11-25T11:00")
    assert count(Incident) == 0


def test_who_is_second_reads_the_first_before_publishing(support, at_work):
    trust = at_work("trust")
    here = open_one(support).path
    trust.get(here)
    support.submit("update", state="identified", text="The first word.")

    page = trust.submit("update", state="monitoring", text="The second word.")

    assert page.status == 409 and "Somebody else published an update first." in page
    assert "The first word." in page.find(class_="history").text
    assert page.find("textarea", name="text").text == "The second word." and count(IncidentUpdate) == 2
    assert "Published" in trust.submit("update") and count(IncidentUpdate) == 3


def test_an_update_with_a_mistake_still_counts_what_was_read(support, at_work):
    trust = at_work("trust")
    here = open_one(support).path
    trust.get(here)
    support.submit("update", text="The first word.")

    page = trust.submit("update", text="")
    assert page.status == 422

    assert trust.submit("update", text="The second word.").status == 409


def test_what_was_said_can_be_neither_renamed_nor_changed(support):
    here = open_one(support).path
    data = {"csrf_token": support.token(), "seen": "1", "state": "identified", "text": "x", "title": "Renamed"}

    support.post(f"{here}/updates", data | {"impact-runs": "down"})

    assert db.session.scalars(select(Incident.title)).one() == "Runs start late"
    for method in ("PUT", "PATCH", "DELETE"):
        assert support.open(method, here, headers={"X-CSRFToken": support.token()}).status == 405


@pytest.mark.parametrize("seen", ["", "0", "-1", "2", "x", "9" * 30])
def test_a_number_that_was_never_read_publishes_nothing(support, seen):
    here = open_one(support).path
    data = {"csrf_token": support.token(), "seen": seen, "state": "identified", "text": "x", "impact-runs": "down"}

    assert support.post(f"{here}/updates", data).status == 409
    assert count(IncidentUpdate) == 1


def test_the_list_shows_who_waits_for_a_word(support):
    open_one(support)
    incident = db.session.scalars(select(Incident)).one()
    incident.updated_at = incident.updated_at.replace(year=2020)
    db.session.commit()

    page = support.get("/support/incidents")

    assert "Nothing said for 4 hours or more: Runs start late" in page


def test_the_list_shows_maintenance_that_should_have_ended(support):
    plan_one(support, starts="2020-01-01T09:00", ends="2020-01-01T10:00")

    assert "Should have ended: New machines" in support.get("/support/incidents")


def test_a_look_is_kept_and_shown(support, client):
    support.get("/support/incidents")

    page = support.submit("/support/incidents/looks")

    assert "The status page says that you looked." in page and count(StatusLook) == 1
    assert "Last update by our staff:" in client.get("/status")


def test_the_list_is_paged(support):
    for n in range(26):
        open_one(support, title=f"Number {n}")

    support.get("/support/incidents")
    page = support.click("Older")

    assert [row.find("a").text for row in page.find("tbody").all("tr")] == ["Number 0"]


ADDRESSES = [
    ("GET", "/support/incidents"),
    ("GET", NEW),
    ("GET", "/support/incidents/0"),
    ("POST", "/support/incidents"),
    ("POST", "/support/incidents/0/updates"),
    ("POST", "/support/incidents/looks"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_who_is_no_staff_is_sent_to_the_staff_door(app, client, browser_of, method, path):
    for browser in (client, browser_of(a_member().user)):
        data = {"csrf_token": browser.token()} if method == "POST" else None

        assert browser.open(method, path, data=data).location.startswith("/support/login")


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_legal_editors_tell_nothing_and_are_not_offered_it(at_work, method, path):
    browser = at_work("legal")
    data = {"csrf_token": browser.token()} if method == "POST" else None

    assert browser.open(method, path, data=data).status == 403
    assert not [a for a in browser.get("/support/").all("a") if a["href"] == "/support/incidents"]


@pytest.mark.parametrize("role", ["support", "trust", "admin"])
def test_support_trust_and_admins_tell(at_work, role):
    browser = at_work(role)

    browser.get("/support/")
    assert browser.click("Incidents").h1 == "Incidents"
    assert open_one(browser).h1 == "Runs start late"


def test_without_its_token_nothing_is_told(support):
    open_one(support)

    assert support.post("/support/incidents/looks", {}).status == 422
    assert support.post("/support/incidents", {"title": "x", "text": "x", "state": "investigating"}).status == 422
    assert count(Incident) == 1 and count(StatusLook) == 0


def test_what_is_not_there_is_not_found(support):
    token = support.token()

    assert support.get("/support/incidents/nothing").status == 404
    assert support.post("/support/incidents/nothing/updates", {"csrf_token": token}).status == 404
