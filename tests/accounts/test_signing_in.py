"""Signing in and out: what dies with a session, who learns what, and where people land."""

import time
from datetime import timedelta

import pytest

from app.accounts import passwords
from app.accounts.models import LoginSession, User
from app.audit.models import AuditEntry
from app.db import now
from app.paths import safe_path
from tests.factories import PASSWORD, a_member, a_user
from tests.pages import Browser


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie("leenops")
    assert cookie is not None
    return cookie.value


def with_cookie(app, value: str) -> Browser:
    browser = Browser(app)
    browser.client.set_cookie("leenops", value)
    return browser


def test_a_person_with_one_workspace_lands_in_it(client):
    member = a_member()

    page = client.sign_in(member.user)

    assert page.path == f"/w/{member.workspace.slug}/approvals"


def test_the_address_may_be_written_in_capitals(client):
    user = a_user(email="mina@whitby.example")

    assert client.sign_in(" Mina@Whitby.EXAMPLE ").path == "/w/"
    assert user.id


@pytest.mark.parametrize("email", ["known@whitby.example", "nobody@whitby.example", "no address", "a\x00b@c.example"])
def test_a_wrong_password_and_an_unknown_address_read_the_same(client, email):
    a_user(email="known@whitby.example")
    client.get("/login")

    page = client.submit("sign-in", email=email, password="wrong password")

    assert page.status == 422 and "do not match an account" in page
    assert page.find("input", name="email")["value"] == email.replace("\x00", "")
    assert "value" not in page.find("input", name="password").attrs


def test_an_unknown_address_costs_as_much_time_as_a_known_one(app, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", passwords.STRONG)
    stored = passwords.hash_password("marble otter kiln")

    def cost(known: str | None) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            passwords.fits("wrong password", known)
            times.append(time.perf_counter() - start)
        return min(times)

    assert cost(None) > cost(stored) / 2


def test_no_password_fits_the_account_nobody_has(app):
    assert not passwords.fits("", None) and not passwords.fits("nobody", None)


def test_signing_in_changes_the_session_that_an_attacker_may_have_planted(app, client):
    client.get("/login")
    before = cookie_of(client)

    client.sign_in(a_user())

    assert cookie_of(client) != before
    assert with_cookie(app, before).get("/account").path.startswith("/login")


def test_every_sign_in_has_a_token_of_its_own_and_only_its_hash_is_kept(client, browser_of, db):
    user = a_user()
    browsers = [browser_of(user), browser_of(user)]

    tokens = set()
    for browser in browsers:
        with browser.client.session_transaction() as session:
            tokens.add(session["sid"])
    kept = {row.token_hash for row in db.session.query(LoginSession)}

    assert len(tokens) == len(kept) == 2 and not tokens & kept


def test_a_replayed_cookie_is_worth_nothing_after_signing_out(app, browser_of):
    browser = browser_of(a_user())
    stolen = cookie_of(browser)
    assert with_cookie(app, stolen).get("/account").h1 == "Your account"

    browser.get("/account")
    browser.submit("/logout")

    assert with_cookie(app, stolen).get("/account").path.startswith("/login")


def test_signing_out_twice_is_harmless(browser_of):
    browser = browser_of(a_user())
    token = browser.token()

    assert browser.post("/logout", {"csrf_token": token}).status == 303
    assert browser.post("/logout", {"csrf_token": browser.token()}).status == 303


def test_signing_out_takes_a_form_not_a_link(browser_of):
    browser = browser_of(a_user())

    assert browser.get("/logout").status == 405
    assert browser.post("/logout").status == 422
    assert browser.get("/account").h1 == "Your account"


def test_a_session_ends_by_itself(browser_of, db):
    browser = browser_of(a_user())
    db.session.query(LoginSession).update({"expires_at": now() - timedelta(seconds=1)})

    assert browser.get("/account").path.startswith("/login")


def test_being_here_is_noted_once_a_minute(browser_of, db):
    browser = browser_of(a_user())
    long_ago = now() - timedelta(minutes=5)
    db.session.query(LoginSession).update({"seen_at": long_ago})

    browser.get("/account")
    first = db.session.query(LoginSession).one().seen_at
    browser.get("/account")
    db.session.expire_all()

    assert first > long_ago and db.session.query(LoginSession).one().seen_at == first


def test_a_fragment_of_somebody_signed_out_is_sent_to_sign_in(client):
    page = client.get("/account", htmx=True)

    assert page.status == 401 and page.location == "/login"


def test_a_page_asked_for_before_signing_in_comes_back_after(client):
    user = a_user()
    page = client.get("/account/sessions")
    assert page.path.startswith("/login")

    page = client.submit("sign-in", email=user.email, password=PASSWORD)

    assert page.path == "/account/sessions"


ELSEWHERE = (
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/%09/evil.test", "/\n/evil.test",
    "/%0d%0a/evil.test", "/%5cevil.test", "/%2fevil.test", "/%252fevil.test", "https:evil.test", "https://evil.test/",
    "https:/evil.test", "javascript:alert(1)", "evil.test", "/no/such/page", "/logout", " /account", "/account\x00",
    "/account//", "/@evil.test", "/w//evil.test", "/account\u2028", "", "/" + "a" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_next_never_leads_elsewhere(app, wanted):
    with app.test_request_context():
        assert safe_path(wanted) is None


HERE = ["/account", "/account/sessions?before=abc", "/w/", "/w/fennel-rye/members", "/invites/x"]


@pytest.mark.parametrize("wanted", HERE)
def test_next_leads_to_our_own_pages(app, wanted):
    with app.test_request_context():
        assert safe_path(wanted) == wanted


@pytest.mark.parametrize("wanted", ["//evil.test", "/\t/evil.test", "/\\evil.test", "https://evil.test/"])
def test_signing_in_with_a_foreign_next_stays_here(client, wanted):
    user = a_user()
    token = client.token()

    page = client.post("/login", {"email": user.email, "password": PASSWORD, "next": wanted, "csrf_token": token})

    assert page.status == 303 and page.location == "/w/"


def test_failed_tries_are_slowed_down_and_the_account_is_never_locked(client):
    user = a_user()
    for _ in range(8):
        client.get("/login")
        assert client.submit("sign-in", email=user.email, password="wrong password").status == 422

    client.get("/login")
    page = client.submit("sign-in", email=user.email, password="wrong password")

    assert page.status == 429 and int(page.headers["Retry-After"]) > 0
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    token = client.token()
    sent = {"email": user.email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/login", sent, environ_overrides=elsewhere).status == 303


def test_signing_in_often_and_well_is_never_slowed_down(app):
    user = a_user()

    for _ in range(12):
        Browser(app).sign_in(user)


def test_an_old_hash_is_renewed_when_its_owner_signs_in(client, db, monkeypatch):
    user = a_user()
    monkeypatch.setattr(passwords, "_hasher", passwords.STRONG)
    before = user.password_hash

    client.sign_in(user)

    db.session.expire_all()
    after = db.session.get_one(User, user.id).password_hash
    assert after != before and "m=19456,t=2,p=1" in after


def test_signing_in_and_out_is_recorded(client, db):
    client.sign_in(a_user())
    client.get("/account")
    client.submit("/logout")

    kinds = [entry.kind for entry in db.session.query(AuditEntry).order_by(AuditEntry.seq)]

    assert kinds == ["member:session:opened", "member:session:ended"]
