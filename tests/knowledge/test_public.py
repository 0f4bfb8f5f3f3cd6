"""Collections that everybody may read anyway."""

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict
from app.knowledge import services
from app.knowledge.models import Collection
from app.workspaces.models import Role
from tests.factories import a_member, a_workspace


@pytest.fixture
def mei(app):
    return a_member(a_workspace(), Role.BUILDER)


@pytest.fixture
def shelf(mei):
    made = services.create_collection(mei.workspace_id, name="Website", teams=[], by=mei.user)
    db.session.commit()
    return made


@pytest.fixture
def page_of(mei, shelf):
    return f"/w/{mei.workspace.slug}/knowledge/collections/{shelf.public_id}"


def is_public(shelf):
    db.session.expire_all()
    return db.session.get_one(Collection, shelf.id).is_public


def test_a_collection_is_private_until_somebody_marks_it(mei, shelf, page_of, browser_of):
    browser = browser_of(mei.user)
    assert not shelf.is_public and "Private" in browser.get(page_of)

    page = browser.submit("Mark as public")

    assert is_public(shelf) and "Website is public." in page
    assert "Public" in browser.get(f"/w/{mei.workspace.slug}/knowledge").find("table").text
    browser.get(page_of)
    browser.submit("Mark as private")
    assert not is_public(shelf)
    kept = select(AuditEntry.kind, AuditEntry.summary, AuditEntry.actor).order_by(AuditEntry.seq.desc()).limit(2)
    assert [tuple(row) for row in db.session.execute(kept)] == [
        ("member:collection:private", "Marked the collection “Website” as private", mei.user.name),
        ("member:collection:public", "Marked the collection “Website” as public", mei.user.name),
    ]


def test_marking_it_twice_is_told(mei, shelf, page_of, browser_of):
    browser = browser_of(mei.user)
    sent = {"readers": "everybody", "csrf_token": browser.token()}
    assert browser.post(f"{page_of}/readers", sent).status == 303

    assert browser.post(f"{page_of}/readers", sent).status == 409
    with pytest.raises(Conflict, match="is public already"):
        services.show_to(True, shelf, by=mei.user)


@pytest.mark.parametrize("readers", ["", "all", "true"])
def test_what_is_no_answer_changes_nothing(mei, shelf, page_of, browser_of, readers):
    browser = browser_of(mei.user)

    assert browser.post(f"{page_of}/readers", {"readers": readers, "csrf_token": browser.token()}).status == 422
    assert not is_public(shelf) and browser.get(f"{page_of}/readers").status == 405


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_others_read_it_and_change_nothing(mei, shelf, page_of, role, browser_of):
    browser = browser_of(a_member(mei.workspace, role).user)

    assert "Mark as public" not in browser.get(page_of)
    assert browser.post(f"{page_of}/readers", {"readers": "everybody", "csrf_token": browser.token()}).status == 403
    assert not is_public(shelf)


def test_a_collection_of_another_workspace_or_team_does_not_exist(mei, shelf, page_of, browser_of, client):
    sent = {"readers": "everybody"}
    stranger = browser_of(a_member(role=Role.OWNER).user)
    shelf.teams = ["finance"]
    db.session.commit()
    marketing = browser_of(a_member(mei.workspace, Role.BUILDER, teams=["marketing"]).user)

    assert stranger.post(f"{page_of}/readers", sent | {"csrf_token": stranger.token()}).status == 404
    assert marketing.post(f"{page_of}/readers", sent | {"csrf_token": marketing.token()}).status == 404
    assert client.post(f"{page_of}/readers", sent | {"csrf_token": client.token()}).status == 303
    assert not is_public(shelf)
