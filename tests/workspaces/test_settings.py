"""What a workspace decides for itself, and its teams."""

import pytest

from app.audit.models import AuditEntry
from app.workspaces.models import Role, Team, Workspace
from tests.factories import a_member, a_workspace

NEW = {
    "name": "Fennel & Rye BV",
    "domains": "fennelrye.example\nFENNEL.example, rye.example",
    "hold_seconds": "45",
    "timezone": "Europe/Lisbon",
}


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER)


@pytest.fixture
def base(owner):
    return f"/w/{owner.workspace.slug}/settings"


@pytest.fixture
def desk(owner, browser_of):
    return browser_of(owner.user)


def settings_of(db, owner):
    db.session.expire_all()
    row = db.session.get_one(Workspace, owner.workspace_id)
    times = {"hold": row.hold_seconds, "zone": row.timezone}
    return {"name": row.name, "domains": row.domains} | times


def test_settings_are_saved_and_recorded(desk, base, owner, db):
    desk.get(base)

    page = desk.submit("settings", **NEW)

    assert "The settings are saved." in page
    assert settings_of(db, owner) == {
        "name": "Fennel & Rye BV",
        "domains": ["fennelrye.example", "fennel.example", "rye.example"],
        "hold": 45,
        "zone": "Europe/Lisbon",
    }
    entry = db.session.query(AuditEntry).filter_by(kind="member:workspace:settings").one()
    assert (entry.before["hold_seconds"], entry.after["hold_seconds"]) == (30, 45)


def test_saving_the_same_settings_twice_is_recorded_once(desk, base, db):
    for _ in range(2):
        desk.get(base)
        desk.submit("settings", **NEW)

    assert db.session.query(AuditEntry).filter_by(kind="member:workspace:settings").count() == 1


WRONG = [
    ("name", ""), ("name", "x" * 81), ("domains", "not a domain"), ("domains", "localhost"), ("domains", "-a.example"),
    ("hold_seconds", "-1"), ("hold_seconds", "61"), ("hold_seconds", ""), ("hold_seconds", "soon"),
    ("timezone", "Mars/Olympus"), ("timezone", "../etc"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_is_said_at_its_question_and_nothing_is_lost(desk, base, owner, db, field, value):
    before = settings_of(db, owner)
    sent = NEW | {field: value} | {"csrf_token": desk.token()}

    page = desk.post(base, sent)

    assert page.status == 422 and settings_of(db, owner) == before
    control = page.find("form", id="settings").find(id=field)
    assert control.get("aria-invalid") == "true"
    assert page.find("form", id="settings").find("input", name="name")["value"] == sent["name"]


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_other_roles_read_the_settings_and_change_nothing(base, owner, browser_of, db, role):
    browser = browser_of(a_member(owner.workspace, role).user)
    page = browser.get(base)
    assert "fennelrye.example" in page and not page.all("form", id="settings")

    before = settings_of(db, owner)
    assert browser.post(base, NEW | {"csrf_token": browser.token()}).status == 403
    assert browser.post(f"{base}/teams", {"team-name": "Legal", "csrf_token": browser.token()}).status == 403
    assert settings_of(db, owner) == before


def test_another_workspaces_settings_do_not_exist(base, browser_of):
    browser = browser_of(a_member(a_workspace()).user)
    sent = NEW | {"csrf_token": browser.token()}

    assert [browser.post(f"{base}{rest}", sent).status for rest in ("", "/teams", "/teams/finance")] == [404, 404, 404]


def test_a_team_is_added_and_renamed(desk, base, owner, db):
    desk.get(base)
    desk.submit("add-team", **{"team-name": "Legal & risk"})
    page = desk.submit("team-legal-risk-form", name="Legal")

    assert "The team is called Legal." in page
    team = db.session.query(Team).filter_by(workspace_id=owner.workspace_id, key="legal-risk").one()
    assert team.name == "Legal"


def test_a_team_cannot_be_there_twice(desk, base, owner, db):
    page = desk.post(f"{base}/teams", {"team-name": "finance", "csrf_token": desk.token()})

    assert page.status == 422 and page.find(id="team-name")["value"] == "finance"
    assert db.session.query(Team).filter_by(workspace_id=owner.workspace_id).count() == 5


def test_a_team_cannot_take_the_name_of_another(desk, base):
    sent = {"name": "Support", "csrf_token": desk.token()}

    assert desk.post(f"{base}/teams/finance", sent).status == 409
    assert desk.post(f"{base}/teams/pirates", sent).status == 404
    assert desk.post(f"{base}/teams/finance", sent | {"name": ""}).status == 422


def test_what_needs_a_second_person_is_chosen_and_kept(desk, base, owner, db):
    a_member(owner.workspace, Role.ADMIN)
    desk.get(base)

    page = desk.submit("second-person", rules_need_two="1")

    assert "What needs a second person is saved." in page
    db.session.expire_all()
    row = db.session.get_one(Workspace, owner.workspace_id)
    assert (row.rules_need_two, row.versions_need_two) == (True, False)


def test_nobody_asks_for_a_second_person_where_there_is_none(desk, base, owner, db):
    desk.get(base)

    page = desk.submit("second-person", rules_need_two="1")

    assert page.status == 422 and "Invite an admin first." in page
    db.session.expire_all()
    assert not db.session.get_one(Workspace, owner.workspace_id).rules_need_two
