"""Choosing and founding a workspace."""

from app.audit.models import AuditEntry
from app.rules.queries import rules_in_force
from app.workspaces.models import TEAMS, Membership, Role, Team, Workspace
from tests.factories import a_member, a_user, a_workspace


def test_somebody_without_a_workspace_is_told_how_to_get_one(browser_of):
    page = browser_of(a_user()).get("/w/")

    assert "You are in no workspace yet" in page and page.link("Start a workspace") == "/w/new"


def test_only_my_own_workspaces_are_listed(browser_of):
    user = a_user()
    a_member(a_workspace("Fennel"), user=user)
    a_member(a_workspace("Rye"), user=user)
    a_member(a_workspace("Elsewhere"))

    page = browser_of(user).get("/w/")

    assert "Fennel" in page and "Rye" in page and "Elsewhere" not in page


def test_the_founder_is_owner_and_finds_five_teams_and_rules(browser_of, db):
    user = a_user()
    browser = browser_of(user)
    browser.get("/w/new")

    page = browser.submit("new-workspace", name="Fennel & Rye")

    assert page.path == "/w/fennel-rye/approvals"
    workspace = db.session.query(Workspace).one()
    assert [team.key for team in db.session.query(Team).order_by(Team.id)] == list(TEAMS)
    assert db.session.query(Membership).one().role == Role.OWNER
    assert len(rules_in_force(workspace.id)) > 0
    assert workspace.domains == [user.email.partition("@")[2]]
    assert db.session.query(AuditEntry).filter_by(chain=workspace.id).first().kind == "member:workspace:created"


def test_two_workspaces_of_one_name_have_two_addresses(browser_of, db):
    browser = browser_of(a_user())
    for name in ("Fennel", "Fennel", "New", "ñ", "日本"):
        browser.get("/w/new")
        assert browser.submit("new-workspace", name=name).status == 200

    slugs = [row.slug for row in db.session.query(Workspace)]
    assert len(set(slugs)) == 5 and "new" not in slugs


def test_a_workspace_needs_a_name(browser_of, db):
    browser = browser_of(a_user())
    browser.get("/w/new")

    page = browser.submit("new-workspace", name="<script>")

    assert page.status == 422 and page.find("input", name="name")["value"] == "<script>"
    assert db.session.query(Workspace).count() == 0


def test_founding_asks_to_sign_in(client):
    assert client.get("/w/new").path.startswith("/login")
    assert client.post("/w/new", {"name": "x", "csrf_token": client.token()}).location.startswith("/login")


def test_the_workspace_opens_on_what_waits_for_a_person(browser_of):
    member = a_member()

    page = browser_of(member.user).get(f"/w/{member.workspace.slug}/")

    assert page.path == f"/w/{member.workspace.slug}/approvals"
