"""A person's own account: name, password, devices, and the operator's commands."""

from app.accounts.cli import users
from app.accounts.models import LoginSession, User
from tests.accounts.letters import mail_to
from tests.factories import PASSWORD, a_user

GOOD = "marble otter kiln 91"


def test_the_pages_ask_to_sign_in(client):
    for path in ("/account", "/account/sessions", "/w/", "/w/new"):
        assert client.get(path).path.startswith("/login")


def test_a_name_can_be_changed(browser_of, db):
    user = a_user()
    browser = browser_of(user)
    browser.get("/account")

    page = browser.submit("rename", name="  Mina   Murray ")

    assert "Your name is saved." in page
    db.session.expire_all()
    assert db.session.get_one(User, user.id).name == "Mina Murray"


def test_an_empty_name_is_not_saved(browser_of):
    browser = browser_of(a_user())
    browser.get("/account")

    page = browser.submit("rename", name="")

    assert page.status == 422 and "Enter your name." in page


def test_a_new_password_signs_out_every_other_device_but_not_this_one(browser_of):
    user = a_user()
    here, elsewhere = browser_of(user), browser_of(user)
    here.get("/account")

    page = here.submit("password-form", current=PASSWORD, password=GOOD)

    assert "Your password is changed." in page
    assert elsewhere.get("/account").path.startswith("/login")
    assert "was changed" in mail_to(user.email)[-1].subject


def test_the_old_password_is_asked_for(browser_of, db):
    user = a_user()
    browser = browser_of(user)
    browser.get("/account")

    page = browser.submit("password-form", current="wrong password", password=GOOD)

    assert page.status == 422 and "Enter the password you sign in with now." in page
    assert page.find("input", id="current").get("aria-invalid") == "true"


def test_a_guessable_new_password_is_refused_at_its_own_question(browser_of):
    browser = browser_of(a_user())
    browser.get("/account")

    page = browser.submit("password-form", current=PASSWORD, password="password1234")

    assert page.status == 422 and page.find("input", id="password").get("aria-invalid") == "true"


def test_devices_are_listed_and_one_can_be_signed_out(browser_of, db):
    user = a_user()
    here, elsewhere = browser_of(user), browser_of(user)
    page = here.get("/account/sessions")
    assert len(page.all("tr")) == 3 and "This device" in page
    other = db.session.query(LoginSession).order_by(LoginSession.id.desc()).first().public_id

    page = here.submit(f"/account/sessions/{other}/revoke")

    assert "That device is signed out." in page and len(page.all("tr")) == 2
    assert elsewhere.get("/account").path.startswith("/login")
    assert here.get("/account").h1 == "Your account"


def test_signing_out_a_device_twice_changes_nothing(browser_of, db):
    user = a_user()
    here, _ = browser_of(user), browser_of(user)
    other = db.session.query(LoginSession).order_by(LoginSession.id.desc()).first().public_id
    token = here.token()

    answers = [here.post(f"/account/sessions/{other}/revoke", {"csrf_token": token}).status for _ in range(2)]

    assert answers == [303, 303]


def test_everywhere_else_can_be_signed_out_at_once(browser_of):
    user = a_user()
    here, *others = [browser_of(user) for _ in range(3)]
    here.get("/account/sessions")

    page = here.submit("others")

    assert len(page.all("tr")) == 2
    assert all(other.get("/account").path.startswith("/login") for other in others)


def test_somebody_elses_device_does_not_exist(browser_of, db):
    victim = browser_of(a_user())
    theirs = db.session.query(LoginSession).one().public_id
    browser = browser_of(a_user())

    page = browser.post(f"/account/sessions/{theirs}/revoke", {"csrf_token": browser.token()})

    assert page.status == 404 and victim.get("/account").h1 == "Your account"


def test_many_devices_are_paged(browser_of, db):
    user = a_user()
    browser = browser_of(user)
    row = db.session.query(LoginSession).one()
    for n in range(30):
        db.session.add(
            LoginSession(
                user_id=user.id,
                token_hash=f"{n:064}",
                address="",
                device="Test",
                seen_at=row.seen_at,
                expires_at=row.expires_at,
            )  # fmt: skip
        )

    page = browser.get("/account/sessions")
    assert len(page.all("tr")) == 26

    assert len(browser.click("Older").all("tr")) == 7


def test_an_operator_creates_an_account(app, client):
    made = app.test_cli_runner().invoke(users, ["create", "mina@whitby.example", "Mina Harker", "--password", GOOD])

    assert "can sign in" in made.output
    client.get("/login")
    assert client.submit("sign-in", email="mina@whitby.example", password=GOOD).path == "/w/"


def test_an_operator_is_told_why_an_account_is_not_made(app):
    run = app.test_cli_runner().invoke
    email = a_user().email

    assert "already" in run(users, ["create", email, "Mina", "--password", GOOD]).output
    assert "common" in run(users, ["create", "b@whitby.example", "Bo", "--password", "password123"]).output
    assert "no account" in run(users, ["sign-out", "nobody@whitby.example"]).output


def test_an_operator_signs_a_person_out(app, browser_of):
    user = a_user()
    browser = browser_of(user)

    done = app.test_cli_runner().invoke(users, ["sign-out", user.email])

    assert "on 1 device" in done.output
    assert browser.get("/account").path.startswith("/login")
