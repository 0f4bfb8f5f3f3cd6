"""Members: roles, removal, the last owner, and what may be read about them."""

import pytest

from app.access import Permission
from app.audit.models import AuditEntry
from app.db import now
from app.workspaces import members
from app.workspaces.models import Invitation, Membership, Role
from app.workspaces.permissions import TABLE
from app.workspaces.queries import limited_teams, member_of
from tests.accounts.letters import last_link
from tests.factories import a_member, a_user, a_workspace


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER)


@pytest.fixture
def base(owner):
    return f"/w/{owner.workspace.slug}/members"


@pytest.fixture
def desk(owner, browser_of):
    return browser_of(owner.user)


def role_of(db, seat):
    db.session.expire_all()
    return db.session.get_one(Membership, seat.id).role


def test_members_are_listed_for_every_member(owner, base, browser_of):
    auditor = a_member(owner.workspace, Role.AUDITOR, name="Kofi Mensah")

    page = browser_of(auditor.user).get(base)

    assert "2 people" in page and owner.user.email in page and "Kofi Mensah" in page


def test_many_members_are_paged(owner, base, desk):
    for _ in range(27):
        a_member(owner.workspace, Role.REVIEWER)

    page = desk.get(base)
    assert len([row for row in page.all("tr") if row.id.startswith("member-")]) == 25

    page = desk.click("Older")
    assert len([row for row in page.all("tr") if row.id.startswith("member-")]) == 3


def test_strangers_find_nothing(base, browser_of):
    browser = browser_of(a_member(a_workspace()).user)

    for path in (base, f"{base}/permissions", base.replace("members", "settings")):
        assert browser.get(path).status == 404
    assert browser.get("/w/%00/members").status == 404


def test_a_role_is_changed_and_the_person_signs_in_again(owner, base, desk, browser_of, db):
    seat = a_member(owner.workspace, Role.REVIEWER)
    browser = browser_of(seat.user)
    desk.get(f"{base}/{seat.public_id}")

    page = desk.submit("role-form", role="builder", teams=["finance", "support"])

    assert "is builder now" in page and role_of(db, seat) == "builder"
    assert seat.teams == ["finance", "support"]
    assert browser.get("/account").path.startswith("/login")
    entry = db.session.query(AuditEntry).filter_by(kind="member:membership:role").one()
    assert (entry.before["role"], entry.after["role"]) == ("reviewer", "builder")


def test_saving_the_same_role_twice_signs_nobody_out_the_second_time(owner, base, desk, browser_of, db):
    seat = a_member(owner.workspace, Role.REVIEWER)
    desk.get(f"{base}/{seat.public_id}")
    desk.submit("role-form", role="builder")
    browser = browser_of(seat.user)

    desk.get(f"{base}/{seat.public_id}")
    desk.submit("role-form", role="builder")

    assert browser.get("/account").h1 == "Your account"
    assert db.session.query(AuditEntry).filter_by(kind="member:membership:role").count() == 1


def test_teams_limit_only_builders_and_reviewers(owner, base, desk, db):
    seat = a_member(owner.workspace, Role.REVIEWER, teams=["finance"])
    assert limited_teams(seat) == ("finance",)
    desk.get(f"{base}/{seat.public_id}")

    desk.submit("role-form", role="auditor", teams=["finance"])

    assert role_of(db, seat) == "auditor" and limited_teams(seat) == () and seat.teams == []


def test_a_removed_member_loses_access_at_once_and_everywhere(owner, base, desk, browser_of, db):
    seat = a_member(owner.workspace, Role.REVIEWER)
    browser = browser_of(seat.user)
    desk.get(f"{base}/{seat.public_id}")

    page = desk.submit("remove")

    assert "is no longer a member" in page and seat.user.email not in page
    assert browser.get(base).path.startswith("/login")
    browser.sign_in(seat.user)
    assert browser.get(base).status == 404
    assert member_of(owner.workspace.slug, seat.user) is None


def test_removing_twice_is_not_found_the_second_time(owner, base, desk):
    seat = a_member(owner.workspace, Role.REVIEWER)
    sent = {"csrf_token": desk.token()}

    answers = [desk.post(f"{base}/{seat.public_id}/remove", sent).status for _ in range(2)]

    assert answers == [303, 404]


def test_open_pages_are_told_to_ask_again(owner, base, desk, redis):
    seat = a_member(owner.workspace, Role.REVIEWER)

    desk.post(f"{base}/{seat.public_id}/remove", {"csrf_token": desk.token()})

    names = [fields[b"n"] for _, fields in redis.xrange("leenops:events")]
    assert b"access" in names


def test_invitations_of_a_removed_member_end_with_them(owner, base, desk, browser_of, client):
    admin = a_member(owner.workspace, Role.ADMIN)
    helper = browser_of(admin.user)
    for email in ("second@whitby.example", admin.user.email.replace("@", "+1@")):
        helper.get(base)
        helper.submit("invite", email=email, role="admin")

    desk.post(f"{base}/{admin.public_id}/remove", {"csrf_token": desk.token()})

    assert client.get(last_link("second@whitby.example")).status == 410


def test_a_removed_member_can_be_invited_back(owner, base, desk, browser_of, db):
    seat = a_member(owner.workspace, Role.REVIEWER, ended_at=now())
    desk.get(base)
    desk.submit("invite", email=seat.user.email, role="auditor")
    browser = browser_of(seat.user)
    browser.get(last_link(seat.user.email))

    browser.submit("accept")

    assert role_of(db, seat) == "auditor" and seat.ended_at is None


def test_the_last_owner_can_neither_leave_nor_be_demoted_nor_removed(owner, base, desk, db):
    page = desk.get(base)
    assert "You are the last owner." in page and not page.all("form", id="leave")
    assert "is the last owner" in desk.get(f"{base}/{owner.public_id}")
    sent = {"csrf_token": desk.token(), "role": "admin"}

    for path in ("leave", f"{owner.public_id}/role", f"{owner.public_id}/remove"):
        page = desk.post(f"{base}/{path}", sent)
        assert page.status == 409 and "A workspace needs an owner." in page

    assert role_of(db, owner) == "owner"


def test_of_two_owners_one_can_leave_and_stays_signed_in(owner, base, desk):
    a_member(owner.workspace, Role.OWNER)
    desk.get(base)

    page = desk.submit("leave")

    assert page.path == "/w/" and "You left" in page
    assert desk.get(base).status == 404


def test_of_two_owners_one_can_be_demoted_and_then_the_other_is_the_last(owner, base, desk, browser_of, db):
    second = a_member(owner.workspace, Role.OWNER)
    desk.get(f"{base}/{second.public_id}")
    desk.submit("role-form", role="reviewer")

    assert role_of(db, second) == "reviewer" and members.is_last_owner(owner.workspace, owner)


@pytest.mark.parametrize("target", [Role.OWNER, Role.BILLING])
def test_an_administrator_cannot_touch_who_may_do_more(owner, base, browser_of, db, target):
    a_member(owner.workspace, Role.OWNER)
    seat = a_member(owner.workspace, target)
    admin = browser_of(a_member(owner.workspace, Role.ADMIN).user)
    sent = {"csrf_token": admin.token(), "role": "reviewer"}

    assert admin.post(f"{base}/{seat.public_id}/role", sent).status == 403
    assert admin.post(f"{base}/{seat.public_id}/remove", sent).status == 403
    assert role_of(db, seat) == target


def test_an_administrator_cannot_become_an_owner(owner, base, browser_of, db):
    seat = a_member(owner.workspace, Role.ADMIN)
    admin = browser_of(seat.user)

    page = admin.post(f"{base}/{seat.public_id}/role", {"csrf_token": admin.token(), "role": "owner"})

    assert page.status == 403 and role_of(db, seat) == "admin"


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_other_roles_change_nobody(owner, base, browser_of, role):
    seat = a_member(owner.workspace, Role.REVIEWER)
    browser = browser_of(a_member(owner.workspace, role).user)
    sent = {"csrf_token": browser.token(), "role": "auditor"}

    assert browser.get(f"{base}/{seat.public_id}").status == 403
    assert browser.post(f"{base}/{seat.public_id}/role", sent).status == 403
    assert browser.post(f"{base}/{seat.public_id}/remove", sent).status == 403


def test_members_of_another_workspace_do_not_exist_here(owner, base, desk):
    stranger = a_member(a_workspace(), Role.REVIEWER)
    sent = {"csrf_token": desk.token(), "role": "auditor"}

    assert desk.get(f"{base}/{stranger.public_id}").status == 404
    assert desk.post(f"{base}/{stranger.public_id}/role", sent).status == 404
    assert desk.post(f"{base}/{stranger.public_id}/remove", sent).status == 404


def test_an_unknown_role_is_answered_on_the_form(owner, base, desk, db):
    seat = a_member(owner.workspace, Role.REVIEWER)

    page = desk.post(f"{base}/{seat.public_id}/role", {"csrf_token": desk.token(), "role": "god"})

    assert page.status == 422 and role_of(db, seat) == "reviewer"


def test_changing_takes_a_form_not_a_link(owner, base, desk):
    seat = a_member(owner.workspace, Role.REVIEWER)

    assert desk.get(f"{base}/{seat.public_id}/remove").status == 405
    assert desk.post(f"{base}/{seat.public_id}/remove").status == 422


def test_the_permission_table_is_a_page_for_every_member(owner, base, browser_of):
    page = browser_of(a_member(owner.workspace, Role.BILLING).user).get(f"{base}/permissions")

    rows = page.all("tbody")[0].all("tr")
    assert len(rows) == len(Permission)
    assert sum(row.text.count("Yes") for row in rows) == sum(len(held) for held in TABLE.values())


def test_an_ended_membership_opens_nothing(db):
    seat = a_member(a_workspace(), ended_at=now())

    assert member_of(seat.workspace.slug, seat.user) is None
    assert member_of(seat.workspace.slug, a_user()) is None


def test_a_demoted_administrators_invitations_end(owner, base, desk, browser_of, db):
    admin = a_member(owner.workspace, Role.ADMIN)
    helper = browser_of(admin.user)
    helper.get(base)
    helper.submit("invite", email="second@whitby.example", role="admin")
    desk.get(f"{base}/{admin.public_id}")

    desk.submit("role-form", role="reviewer")

    assert db.session.query(Invitation).one().revoked_at is not None
