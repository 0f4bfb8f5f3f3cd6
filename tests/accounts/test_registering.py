"""Creating an account: the terms, the mailed link, and that nobody learns who has one."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.accounts.models import PasswordReset, Registration, User
from app.accounts.registration import AUTHORITY, MAILS_PER_HOUR
from app.consent.models import Engagement
from app.db import db, now
from app.jobs import QueuedJob
from tests.accounts.letters import last_link, link_in, mail_to, work_off
from tests.factories import PASSWORD, a_user
from tests.pages import Browser, Page

EMAIL = "mina.harker@whitby.example"
GOOD = "marble otter kiln 91"


def carry_to(host: str, client: Browser) -> dict[str, Any]:
    """What sends the next request to another host, with the cookie that a browser keeps for this one."""
    cookie = client.client.get_cookie("leenops")
    assert cookie is not None
    client.client.set_cookie("leenops", cookie.value, domain=host)
    return {"headers": {"Host": host}}


def register(client: Browser, **fields: Any) -> Page:
    client.get("/register")
    typed = {"name": "Mina Harker", "email": EMAIL, "password": GOOD, "terms": "1", "authority": "1"}
    return client.submit("register", **typed | fields)


def test_a_person_registers_confirms_and_is_signed_in(client, db):
    page = register(client)
    assert page.h1 == "Check your mail" and EMAIL in page

    client.get(last_link(EMAIL))
    page = client.submit("confirm", password=GOOD)

    assert page.path == "/w/" and "You are in no workspace yet" in page
    user = db.session.query(User).one()
    assert (user.email, user.name) == (EMAIL, "Mina Harker") and user.verified_at


def test_what_was_accepted_is_recorded_word_for_word(client, db):
    register(client)
    client.get(last_link(EMAIL))
    client.submit("confirm", password=GOOD)

    row = db.session.query(Engagement).one()

    assert (row.act, row.slug, row.authority) == ("accepted", "terms", AUTHORITY)
    assert row.version and len(row.text_sha256) == 64


def test_no_account_is_made_before_the_address_is_confirmed(client, db):
    register(client)

    client.get("/login")
    page = client.submit("sign-in", email=EMAIL, password=GOOD)

    assert page.status == 422 and db.session.query(User).count() == 0


def test_an_address_with_an_account_is_answered_in_the_same_words(app):
    a_user(email="known@whitby.example")

    known = register(Browser(app), email="known@whitby.example")
    unknown = register(Browser(app), email="other@whitby.example")

    assert known.status == unknown.status
    assert known.text.replace("known@", "") == unknown.text.replace("other@", "")
    assert "You already have" in mail_to("known@whitby.example")[0].subject


def test_registering_twice_mails_twice_but_never_fills_a_mailbox(client, db):
    for _ in range(MAILS_PER_HOUR + 2):
        register(client)

    assert len(mail_to(EMAIL)) == MAILS_PER_HOUR


def test_the_owner_of_a_taken_address_hears_of_it_once_an_hour(client):
    a_user(email=EMAIL)

    register(client)
    register(client)

    assert len(mail_to(EMAIL)) == 1


def test_the_link_alone_confirms_nothing(client, db):
    register(client)
    client.get(last_link(EMAIL))

    page = client.submit("confirm", password="not the password")

    assert page.status == 422 and "Enter the password you chose" in page
    assert db.session.query(User).count() == 0


def test_a_confirmed_link_is_used_up(client):
    register(client)
    link = last_link(EMAIL)
    client.get(link)
    client.submit("confirm", password=GOOD)

    assert client.get(link).status == 410


def test_of_two_registrations_only_the_first_confirmed_counts(client, db):
    register(client, password=GOOD)
    register(client, password="another good phrase 7")
    first, second = (link_in(m) for m in mail_to(EMAIL))
    client.get(first)
    client.submit("confirm", password=GOOD)

    assert client.get(second).status == 410
    assert db.session.query(User).count() == 1


def test_a_late_link_says_so(client, db):
    register(client)
    db.session.query(Registration).update({"expires_at": now() - timedelta(minutes=1)})

    page = client.get(last_link(EMAIL))

    assert page.status == 410 and "has expired" in page


def test_an_unknown_link_is_not_found(client):
    assert client.get("/verify-email/nothing").status == 404


def test_what_does_not_fit_keeps_what_was_typed_but_the_password(client, db):
    page = register(client, email="not an address", password=GOOD)

    assert page.status == 422 and page.title.startswith("Error: ")
    assert page.find("input", name="name")["value"] == "Mina Harker"
    assert page.find("input", name="email")["value"] == "not an address"
    assert "value" not in page.find("input", name="password").attrs and GOOD not in page.html
    assert "checked" in page.find("input", name="terms").attrs
    assert db.session.query(Registration).count() == 0


@pytest.mark.parametrize("box", ["terms", "authority"])
def test_both_boxes_have_to_be_ticked(client, db, box):
    client.get("/register")
    fields = {"name": "Mina", "email": EMAIL, "password": GOOD, "terms": "1", "authority": "1"} | {box: []}

    page = client.submit("register", **fields)

    assert page.status == 422 and page.find("input", name=box).get("aria-invalid") == "true"
    assert db.session.query(Registration).count() == 0


GUESSABLE = "short password2026! P@ssw0rd1234 qwertyuiop 1234567890 aaaaaaaaaaaa mina.harker1".split()


@pytest.mark.parametrize("password", [*GUESSABLE, "x" * 201])
def test_a_guessable_password_is_refused(client, db, password):
    page = register(client, password=password)

    assert page.status == 422 and db.session.query(Registration).count() == 0


MISLEADING = ["", "   ", "x" * 81, "Ada <b>", "Win at https://evil.test", "\x00", "Ada\u202egnp"]


@pytest.mark.parametrize("name", MISLEADING)
def test_a_name_that_could_mislead_is_refused(client, db, name):
    page = register(client, name=name)

    assert page.status == 422 and db.session.query(Registration).count() == 0


def test_the_mail_names_our_own_host_whatever_the_request_says(client):
    client.get("/register")
    token = client.token()
    typed = {"name": "Mina", "email": EMAIL, "password": GOOD, "terms": "1", "authority": "1", "csrf_token": token}

    assert client.post("/register", typed, **carry_to("evil.test", client)).status == 303

    assert [m for m in mail_to(EMAIL) if "evil.test" not in m.text]


def test_a_form_without_its_token_does_nothing(client, db):
    page = client.post("/register", {"name": "Mina", "email": EMAIL, "password": GOOD, "terms": "1", "authority": "1"})

    assert page.status == 422 and db.session.query(Registration).count() == 0


def test_who_is_signed_in_has_no_need_to_register(browser_of):
    assert browser_of(a_user()).get("/register").path == "/w/"


def test_an_account_cannot_be_told_by_its_old_password_form(client):
    """A new password can be asked for every address, in the same words."""
    a_user(email="known@whitby.example")

    pages = []
    for email in ("known@whitby.example", "other@whitby.example"):
        client.get("/forgot-password")
        pages.append(client.submit("forgot", email=email).text.replace(email, ""))

    work_off()
    assert pages[0] == pages[1]
    assert len(mail_to("known@whitby.example")) == 1 and not mail_to("other@whitby.example")


def asked_for_reset(app: Flask, email: str) -> list[str]:
    """What is asked of the database and of Redis between somebody's click and the answer."""
    browser = Browser(app)
    token, done = browser.token(), list[str]()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        done.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.post("/forgot-password", {"csrf_token": token, "email": email}).status == 303
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [*done, *sorted(row.name for row in db.session.query(QueuedJob))]


def test_the_answer_costs_the_same_work_whether_or_not_there_is_an_account(app):
    """Otherwise its time tells; measured, the difference was 10 ms."""
    a_user(email="known@whitby.example")
    known, unknown = asked_for_reset(app, "known@whitby.example"), None
    work_off()
    unknown = asked_for_reset(app, "other@whitby.example")
    work_off()

    assert known == unknown
    for _ in range(MAILS_PER_HOUR):
        again = asked_for_reset(app, "known@whitby.example")
        work_off()
        assert again == known


def test_no_mailbox_is_filled_with_ways_to_a_new_password(client, db):
    user = a_user()
    for _ in range(MAILS_PER_HOUR + 2):
        client.get("/forgot-password")
        client.submit("forgot", email=user.email)
    work_off()

    assert len(mail_to(user.email)) == db.session.query(PasswordReset).count() == MAILS_PER_HOUR


def test_a_reset_that_is_worked_off_leaves_no_address_behind(client, db):
    client.get("/forgot-password")
    client.submit("forgot", email="other@whitby.example")
    work_off()

    assert db.session.query(QueuedJob).count() == 0 and not mail_to("other@whitby.example")


def test_the_mail_of_a_reset_names_our_own_host(client):
    user = a_user()
    sent = {"csrf_token": client.token(), "email": user.email}

    assert client.post("/forgot-password", sent, **carry_to("evil.test", client)).status == 303
    work_off()

    assert "\nhttp://localhost/reset-password/" in mail_to(user.email)[-1].text


def test_a_new_password_ends_every_sign_in_and_the_link_works_once(client, browser_of):
    user = a_user()
    elsewhere = browser_of(user)
    client.get("/forgot-password")
    client.submit("forgot", email=user.email)
    work_off()
    link = last_link(user.email)
    client.get(link)

    page = client.submit("reset", password=GOOD)

    assert page.path == "/login" and client.get(link).status == 410
    assert elsewhere.get("/account").path.startswith("/login")
    client.get("/login")
    assert client.submit("sign-in", email=user.email, password=PASSWORD).status == 422
    assert client.submit("sign-in", email=user.email, password=GOOD).path == "/w/"


def test_a_guessable_new_password_keeps_the_link_alive(client):
    user = a_user()
    client.get("/forgot-password")
    client.submit("forgot", email=user.email)
    work_off()
    link = last_link(user.email)
    client.get(link)

    assert client.submit("reset", password="password123").status == 422
    assert client.submit("reset", password=GOOD).path == "/login"
