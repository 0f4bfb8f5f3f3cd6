"""Inviting and joining: for one address, once, for seven days, and never more than one may give."""

from datetime import timedelta

import pytest

from app.audit.models import AuditEntry
from app.db import now
from app.restrictions.models import Ground, Level, Restriction
from app.workspaces.models import Invitation, Membership, Role
from tests.accounts.letters import last_link, mail_to
from tests.factories import PASSWORD, a_member, a_user, a_workspace

EMAIL = "mina.harker@whitby.example"
GOOD = "marble otter kiln 91"


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER)


@pytest.fixture
def base(owner):
    return f"/w/{owner.workspace.slug}/members"


@pytest.fixture
def desk(owner, browser_of):
    return browser_of(owner.user)


def invite(desk, base, email=EMAIL, role="reviewer", **fields):
    desk.get(base)
    return desk.submit("invite", email=email, role=role, **fields)


def test_somebody_new_joins_through_the_mailed_link(desk, base, client, db):
    page = invite(desk, base, teams=["finance"])
    assert f"The invitation to {EMAIL} is on its way." in page

    client.get(last_link(EMAIL))
    page = client.submit("join", name="Mina Harker", password=GOOD, terms="1", authority="1")

    assert page.path.endswith("/approvals")
    seat = db.session.query(Membership).order_by(Membership.id.desc()).first()
    assert (seat.user.email, seat.role, seat.teams) == (EMAIL, "reviewer", ["finance"])


def test_somebody_with_an_account_signs_in_and_joins(desk, base, client):
    a_user(email=EMAIL)
    invite(desk, base)
    client.get(last_link(EMAIL))

    client.click("Sign in to join")
    client.submit("sign-in", email=EMAIL, password=PASSWORD)
    page = client.submit("accept")

    assert page.path.endswith("/approvals") and "You are a member of" in page


def test_an_invitation_works_once(desk, base, client, browser_of):
    user = a_user(email=EMAIL)
    invite(desk, base)
    link = last_link(EMAIL)
    browser = browser_of(user)
    browser.get(link)
    browser.submit("accept")

    assert browser.get(link).status == 410
    assert browser.post(link, {"csrf_token": browser.token()}).status == 410
    assert client.get(link).status == 410


def test_an_invitation_expires(desk, base, client, db):
    invite(desk, base)
    db.session.query(Invitation).update({"expires_at": now() - timedelta(seconds=1)})

    page = client.get(last_link(EMAIL))

    assert page.status == 410 and "has expired" in page


def test_another_person_cannot_take_an_invitation(desk, base, browser_of, db):
    invite(desk, base)
    link = last_link(EMAIL)
    other = browser_of(a_user())

    page = other.get(link)
    assert "You are signed in as" in page and not page.all("form", id="accept")
    page = other.post(link, {"csrf_token": other.token()})

    assert page.status == 403 and db.session.query(Membership).count() == 1


def test_a_link_that_was_guessed_is_not_found(client):
    assert client.get("/invites/guessed").status == 404


def test_a_withdrawn_invitation_is_gone_and_withdrawing_twice_says_so(desk, base, client, db):
    invite(desk, base)
    found = db.session.query(Invitation).one().public_id

    page = desk.submit(f"/invitations/{found}/withdraw")
    assert "is withdrawn" in page

    assert client.get(last_link(EMAIL)).status == 410
    sent = {"csrf_token": desk.token()}
    assert desk.post(f"{base}/invitations/{found}/withdraw", sent).status == 409


def test_a_second_invitation_replaces_the_first(desk, base, client):
    invite(desk, base)
    first = last_link(EMAIL)
    invite(desk, base, role="builder")

    assert client.get(first).status == 410
    assert "as builder" in client.get(last_link(EMAIL))


def test_a_member_is_not_invited_again_and_what_was_typed_stays(desk, base, owner):
    there = a_member(owner.workspace, Role.REVIEWER)

    page = invite(desk, base, email=there.user.email.upper(), role="builder")

    assert page.status == 422 and "This person is a member already." in page
    assert page.find("input", name="email")["value"] == there.user.email.upper()
    assert "checked" in page.find("input", name="role", value="builder").attrs


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example"])
def test_what_is_no_address_is_refused(desk, base, db, email):
    page = invite(desk, base, email=email)

    assert page.status == 422 and db.session.query(Invitation).count() == 0


def test_a_role_that_does_not_exist_is_refused(desk, base):
    page = desk.post(f"{base}/invitations", {"email": EMAIL, "role": "god", "csrf_token": desk.token()})

    assert page.status == 422 and "Choose a role from the list." in page


def test_a_team_of_nobody_is_refused(desk, base):
    sent = {"email": EMAIL, "role": "reviewer", "teams": "pirates", "csrf_token": desk.token()}

    assert desk.post(f"{base}/invitations", sent).status == 422


@pytest.mark.parametrize("role", ["owner", "billing"])
def test_an_administrator_cannot_give_more_than_they_may_do(owner, base, browser_of, db, role):
    admin = browser_of(a_member(owner.workspace, Role.ADMIN).user)
    assert not admin.get(base).all("input", name="role", value=role)

    page = admin.post(f"{base}/invitations", {"email": EMAIL, "role": role, "csrf_token": admin.token()})

    assert page.status == 403 and db.session.query(Invitation).count() == 0


@pytest.mark.parametrize("role", ["builder", "reviewer", "auditor", "billing"])
def test_only_who_manages_members_invites(owner, base, browser_of, role):
    browser = browser_of(a_member(owner.workspace, role).user)
    assert not browser.get(base).all("form", id="invite")

    page = browser.post(f"{base}/invitations", {"email": EMAIL, "role": "reviewer", "csrf_token": browser.token()})

    assert page.status == 403


def test_another_workspace_does_not_exist(base, desk, browser_of, db):
    invite(desk, base)
    found = db.session.query(Invitation).one().public_id
    stranger = a_member(a_workspace())
    browser = browser_of(stranger.user)
    sent = {"email": EMAIL, "role": "reviewer", "csrf_token": browser.token()}

    assert browser.post(f"{base}/invitations", sent).status == 404
    assert browser.post(f"{base}/invitations/{found}/withdraw", sent).status == 404
    assert browser.post(f"/w/{stranger.workspace.slug}/members/invitations/{found}/withdraw", sent).status == 404


def test_inviting_takes_a_form_and_a_sign_in(base, client):
    assert client.post(f"{base}/invitations", {"csrf_token": client.token()}).location.startswith("/login")


def test_a_suspended_workspace_takes_nobody_in(owner, desk, base, browser_of, db):
    user = a_user(email=EMAIL)
    invite(desk, base)
    db.session.add(
        Restriction(
            workspace_id=owner.workspace_id,
            level=Level.SUSPENDED,
            ground=Ground.SECURITY,
            capabilities=[],
            reason="Under review",
            clause="9.1",
            imposed_by=1,
        )  # fmt: skip
    )
    browser = browser_of(user)
    browser.get(last_link(EMAIL))

    assert browser.submit("accept").status == 423
    assert desk.post(f"{base}/invitations", {"csrf_token": desk.token()}).status == 423


def test_what_whoever_joins_must_say_is_asked_and_kept(desk, base, client, db):
    invite(desk, base)
    client.get(last_link(EMAIL))

    page = client.submit("join", name="Mina Harker", password="password123", terms="1", authority="1")

    assert page.status == 422 and page.find("input", name="name")["value"] == "Mina Harker"
    assert db.session.query(Membership).count() == 1


def test_the_token_is_kept_only_as_its_hash(desk, base, db):
    invite(desk, base)

    token = last_link(EMAIL).rpartition("/")[2]

    assert token not in str([vars(row) for row in db.session.query(Invitation)])
    assert token not in str([(e.summary, e.before, e.after) for e in db.session.query(AuditEntry)])
    assert token not in desk.get(base).html


def test_the_mail_says_who_invites_where_to_as_what(desk, base, owner):
    invite(desk, base)

    message = mail_to(EMAIL)[0]

    assert owner.user.name in message.subject and owner.workspace.name in message.subject
    assert "as reviewer" in message.text and message.workspace_id == owner.workspace_id
