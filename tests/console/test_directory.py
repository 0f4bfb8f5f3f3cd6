"""The pages on which people read and write the directory."""

import pytest
from werkzeug.datastructures import MultiDict

from app.db import db
from app.directory import queries
from app.restrictions.models import Restriction
from app.workspaces.models import Role
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval
from tests.factories.directory import an_entry

GOOD = {"kind": "party", "lines": "Hartwell Ltd", "note": "Supplier since 2019"}


@pytest.fixture
def ada(app):
    return a_member(a_workspace(), Role.ADMIN)


@pytest.fixture
def desk(ada, browser_of):
    return browser_of(ada.user)


@pytest.fixture
def base(ada):
    return f"/w/{ada.workspace.slug}/directory"


def add(desk, base, **fields):
    """Add entries through the form."""
    desk.get(f"{base}/new")
    return desk.submit("entries", **GOOD | fields)


def values(ada):
    db.session.rollback()
    return [row.value for row in queries.entries(ada.workspace_id)[0]]


def test_an_entry_is_added_and_everybody_reads_it(ada, desk, base, browser_of):
    page = add(desk, base)
    assert page.h1 == "Directory" and "Added Hartwell Ltd." in page and "1 of 2,000 entries" in page

    page = browser_of(a_member(ada.workspace, Role.AUDITOR).user).get(base)

    row = page.find("tr", **{"data-kind": "party"})
    assert "Hartwell Ltd" in row.text and "Supplier since 2019" in row.text and ada.user.name in row.text
    assert "An agent may act toward these without the guard asking; your rules still apply." in page
    assert "Take out" not in page and "Add to the directory" not in page


def test_several_are_added_at_once(ada, desk, base):
    page = add(desk, base, lines="Ash\r\n\r\nBirch\r\nCedar")

    assert "Added 3 entries." in page and values(ada) == ["Cedar", "Birch", "Ash"]


def test_lines_that_do_not_fit_come_back_each_with_its_reason(ada, desk, base):
    page = add(desk, base, lines="Ash\nH\u0430rtwell\nAsh", note="Typed")

    assert page.status == 422 and page.title.startswith("Error: Add to the directory")
    summary = page.find(class_="error-summary").text
    assert "Line 2: “H\u0430rtwell” holds “\u0430” (Cyrillic small letter a, U+0430)" in summary
    assert "Line 3: “Ash” is in the directory already." in summary
    assert page.find("textarea", name="lines").text.split() == ["Ash", "H\u0430rtwell", "Ash"]
    assert page.find("input", name="note")["value"] == "Typed" and values(ada) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": ""}, "Choose what it is."),
        ({"kind": "amount"}, "Choose what it is."),
        ({"lines": " \n "}, "Write at least one line."),
        ({"lines": "\n".join(f"Mill {n}" for n in range(201))}, "Add at most 200 lines at once."),
        ({"note": "x" * 201}, "Shorten the note to 200 characters."),
        ({"kind": "domain", "lines": "gmail.com"}, "Add the single mail address instead."),
    ],
)
def test_what_does_not_fit_is_told(ada, desk, base, fields, why):
    desk.get(f"{base}/new")

    page = desk.post(base, GOOD | fields | {"csrf_token": desk.token()})

    assert page.status == 422 and why in page.find(class_="error-summary").text and values(ada) == []


def test_adding_it_twice_is_told(ada, desk, base):
    add(desk, base)

    page = add(desk, base, lines="HARTWELL  LTD")

    assert page.status == 422 and "is in the directory already" in page and values(ada) == ["Hartwell Ltd"]


def test_a_link_from_a_card_only_fills_in_the_form(ada, desk, base):
    page = desk.get(f"{base}/new?kind=address&value=eve%40evil.example%0Amore")

    assert page.find("input", value="address").get("checked") is not None
    assert page.find("textarea", name="lines").text.strip() == "eve@evil.example more" and values(ada) == []
    assert desk.get(f"{base}/new?kind=amount&value=%3Cb%3E").find("textarea", name="lines").text.strip() == "<b>"


ORIGINS = [
    {"what": "address", "kind": "address", "value": "eve@evil.example&kind=domain", "trust": "read", "title": "x.pdf"},
    {"what": "name", "kind": "party", "value": "Eve", "trust": "made_up", "title": ""},
    {"what": "name", "kind": "party", "value": "Ada Ltd", "trust": "named", "title": "“Request”"},
    {"what": "amount", "kind": "amount", "value": "5.00", "trust": "made_up", "title": ""},
    {"what": "name", "value": "From before", "trust": "made_up", "title": ""},
]


def test_a_card_leads_to_the_form_for_what_nobody_named(ada, desk, base, browser_of):
    run = a_run(an_agent(ada.workspace), state="awaiting_approval", wake_at=None)
    card = an_approval(run, origins=ORIGINS)
    there = f"/w/{ada.workspace.slug}/approvals/{card.public_id}"

    links = [a["href"] for a in desk.get(there).all("a") if a.text.startswith("Add to the directory")]

    assert len(links) == 2
    page = desk.get(links[0])
    assert page.find("input", value="address").get("checked") is not None
    assert page.find("textarea", name="lines").text.strip() == "eve@evil.example&kind=domain"
    reviewer = browser_of(a_member(ada.workspace, Role.REVIEWER).user)
    assert "Nobody here named it" in reviewer.get(there) and "Add to the directory" not in reviewer.page


def test_an_entry_is_taken_out_once(ada, desk, base):
    entry = an_entry(ada)
    page = desk.get(base)

    page = desk.submit(f"{entry.public_id}/end")

    assert "From now on the guard asks again." in page and values(ada) == []
    assert desk.post(f"{base}/{entry.public_id}/end", {"csrf_token": desk.token()}).status == 409


def test_entries_are_found_and_paged(ada, desk, base, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    add(desk, base, lines="Mill One\nMill Two\nMill Three\nAsh")

    page = desk.get(f"{base}?q=mill")
    assert "Mill Three" in page and "Mill One" not in page and "Ash" not in page
    page = desk.click("Older")
    assert "Mill One" in page and "Mill Two" not in page
    assert "No entry holds “elm”" in desk.get(f"{base}?q=elm")


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_others_change_no_directory(ada, base, role, browser_of):
    entry = an_entry(ada)
    browser = browser_of(a_member(ada.workspace, role).user)

    assert browser.get(base).status == 200 and browser.get(f"{base}/new").status == 403
    for path in (base, f"{base}/{entry.public_id}/end"):
        assert browser.post(path, GOOD | {"lines": "Eve", "csrf_token": browser.token()}).status == 403
    assert values(ada) == ["Hartwell Ltd"]


def test_the_directory_of_another_workspace_does_not_exist_here(ada, desk, base):
    other = a_member()
    theirs = an_entry(other, "Olivar del Sur")

    assert desk.get(f"/w/{other.workspace.slug}/directory").status == 404
    assert desk.post(f"/w/{other.workspace.slug}/directory", GOOD | {"csrf_token": desk.token()}).status == 404
    assert desk.post(f"{base}/{theirs.public_id}/end", {"csrf_token": desk.token()}).status == 404
    assert "Olivar" not in desk.get(base) and values(other) == ["Olivar del Sur"]


def test_nobody_adds_without_a_sign_in_a_token_or_by_looking(ada, base, client, desk):
    assert client.get(f"{base}/new", follow=False).status == 303
    assert client.post(base, GOOD | {"csrf_token": client.token()}).status == 303
    assert desk.post(base, GOOD).status == 422
    assert desk.get(f"{base}/{an_entry(ada).public_id}/end").status == 405
    assert values(ada) == ["Hartwell Ltd"]


def test_a_restricted_workspace_adds_nothing_but_may_take_out(ada, desk, base):
    entry = an_entry(ada)
    desk.get(f"{base}/new")
    measure = {"level": "suspended", "ground": "legal", "capabilities": [], "reason": "x", "clause": "2"}
    db.session.add(Restriction(workspace_id=ada.workspace_id, imposed_by=1, **measure))
    db.session.commit()

    assert desk.submit("entries", **GOOD).status == 423
    assert desk.post(f"{base}/{entry.public_id}/end", MultiDict({"csrf_token": desk.token()})).status == 303
