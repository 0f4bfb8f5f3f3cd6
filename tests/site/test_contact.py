"""The contact form: works signed out, takes in what is fit to be kept, and lets no secret through."""

from urllib.parse import quote

import pytest
import structlog
from sqlalchemy import select

from app import secret_guard
from app.db import db
from app.inbox.models import InboxMessage
from app.mail import MailMessage
from app.secret_guard import SecretFinding
from app.secret_patterns import BY_ID
from tests.factories import a_member
from tests.pages import Browser
from tests.site.intake import CANARY, CONTACT, traces

FIELDS = ["name", "email", "topic", "message", "topic_detail"]


def rows() -> list[InboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


def finds() -> list[tuple[str, int, str]]:
    db.session.rollback()
    return [(one.pattern, one.length, one.place) for one in db.session.scalars(select(SecretFinding))]


def send(browser: Browser, path: str = "/contact", **typed):
    """What the form on the page would send with these fields, as a browser that fills in anything."""
    token = browser.token()
    return browser.post(path, {"csrf_token": token, **CONTACT, **typed})


@pytest.mark.parametrize("between", ["\u2065", "\u200b", "\u2060", "\U000e0101"])
def test_a_key_with_unseen_signs_between_its_letters_is_stopped(app, client, between):
    client.get("/contact")

    page = client.submit("/contact", **CONTACT | {"message": "token " + between.join(CANARY)})

    assert page.status == 422 and not rows() and not traces(app, page)


def test_who_has_no_account_writes_and_gets_a_reference(client):
    client.get("/contact")

    page = client.submit("contact", **CONTACT)

    (row,) = rows()
    assert page.path == "/contact/sent" and page.h1 == "Your message is with us"
    assert page.find("p", **{"class": "reference"}).find("b").text == row.reference
    assert (row.kind, row.topic, row.name, row.email) == ("contact", "support", "Ada Lovelace", "ada@fennelrye.example")
    assert CONTACT["message"] not in page.text


def test_the_answer_to_a_post_is_303_and_names_nothing(client):
    page = send(client)

    assert (page.status, page.location) == (303, "/contact/sent")


def test_the_confirmation_shows_itself_only_to_who_wrote(client, app):
    send(client)

    assert Browser(app).get("/contact/sent").path == "/contact"


@pytest.mark.parametrize("topic", ["sales", "support", "privacy", "security", "abuse"])
def test_each_topic_is_taken(client, topic):
    send(client, topic=topic)

    assert rows()[0].topic == topic


def test_each_topic_says_whom_it_reaches_and_until_when_as_a_target(client):
    page = client.get("/contact")

    for card in page.find("form", id="contact").all("label", **{"class": "choice"}):
        assert "Reaches" in card.text and "Target: " in card.text and "working day" in card.text
    assert "targets" in page.text and not page.all("script")


def test_abuse_is_offered_its_own_form(client):
    page = client.get("/contact?topic=abuse")

    assert "checked" in page.find("input", value="abuse").attrs
    assert client.get(page.link("reporting abuse")).h1 == "Report abuse"


def test_what_is_missing_is_said_at_the_field_and_all_else_stays(client):
    page = send(client, topic="", message="   ", name="Ada")

    assert page.status == 422 and page.title.startswith("Error: Contact")
    assert "Choose what it is about." in page and "Write your message." in page
    assert page.find("input", id="name").get("value") == "Ada" and rows() == []


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("topic", "everything", "Choose what it is about."),
        ("email", "ada", "Enter a mail address like name@company.example."),
        ("email", "ada@x.example\r\nBcc: all@evil.test", "Enter a mail address like name@company.example."),
        ("email", "ada@x.example\u2028Bcc: all@evil.test", "Enter a mail address like name@company.example."),
        ("name", "a" * 81, "Shorten the name to 80 characters."),
        ("message", "a" * 5_001, "Shorten the message to 5,000 characters: it has 5,001."),
        ("message", "a b " * 25_000, "Shorten the message to 5,000 characters: it has 99,999."),
        ("message", "a" * 100_001, "It was too long to be kept here."),
        ("name", "a" * 100_000, "It was too long to be kept here."),
        ("email", "a" * 100_000, "It was too long to be kept here."),
    ],
)
def test_what_does_not_fit_is_answered_with_what_to_do(client, field, typed, sentence):
    page = send(client, **{field: typed})

    assert page.status == 422 and sentence in page
    assert rows() == [] and finds() == []


def test_a_message_may_have_5000_characters_of_any_script(client):
    send(client, message="雪" * 2_500 + "\r\n" * 2 + "🦊" * 2_498)

    assert len(rows()[0].message) == 5_000


def test_line_breaks_in_a_name_end_no_header(client):
    send(client, name="Ada\r\nBcc: all@evil.test\u2029Subject: x")

    (letter,) = db.session.scalars(select(MailMessage)).all()
    assert rows()[0].name == "Ada Bcc: all@evil.test Subject: x"
    assert "evil" not in letter.subject + letter.text + str(letter.recipients)


def test_zero_bytes_and_half_characters_are_left_out(client):
    token = client.token()
    body = "&".join(f"{key}={quote(value)}" for key, value in CONTACT.items() if key != "message")
    body += f"&csrf_token={quote(token)}&message=a%00b%ED%A0%80c"

    page = client.post("/contact", body, content_type="application/x-www-form-urlencoded")

    assert page.status == 303 and "\x00" not in rows()[0].message


def test_more_than_the_form_could_hold_is_not_even_read(client):
    assert send(client, message="a" * 1_600_000).status == 413


def test_a_machine_that_fills_in_everything_gets_the_same_answer_and_nothing_is_kept(client):
    page = client.get("/contact")
    trap = page.find("input", id="topic_detail")
    assert trap.get("autocomplete") == "off" and "Leave this field empty" in page

    page = client.submit("contact", **CONTACT, topic_detail="https://spam.example")

    assert page.h1 == "Your message is with us" and "LO-" in page.text
    assert rows() == [] and db.session.scalars(select(MailMessage)).all() == []


def test_a_page_that_was_open_too_long_keeps_what_was_typed(app):
    stranger = Browser(app)
    for token in ("", "IjEi.made.up"):
        page = stranger.post("/contact", CONTACT | {"csrf_token": token})
        assert page.status == 422 and "This page was open for too long" in page
        assert page.find("textarea", id="message").text.strip() == CONTACT["message"]
    assert rows() == []

    assert stranger.submit("contact").path == "/contact/sent"


def test_who_is_signed_in_finds_name_and_address_filled_in_and_nothing_of_a_workspace(browser_of):
    member = a_member(name="Grace Hopper")
    page = browser_of(member.user).get("/contact")

    assert page.find("input", id="name").get("value") == "Grace Hopper"
    assert page.find("input", id="email").get("value") == member.user.email
    assert member.workspace.name not in page.text and member.workspace.slug not in page.html


def test_the_twenty_first_message_of_an_hour_waits(client):
    answers = [send(client, email=f"p{n}@x.example") for n in range(21)]

    assert [page.status for page in answers] == [303] * 20 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0 and len(rows()) == 20


def test_tries_are_counted_before_they_are_read(client, monkeypatch):
    read, scan = [], secret_guard.scan
    monkeypatch.setattr(secret_guard, "scan", lambda text: read.append(text) or scan(text))

    statuses = [send(client, message=CANARY).status for _ in range(62)]

    assert statuses == [422] * 60 + [429] * 2
    assert read.count(CANARY) == 60 == len(finds())


def test_both_forms_and_all_senders_share_one_limit(app, client, monkeypatch):
    for n in range(3):
        page = client.post(
            "/contact",
            CONTACT | {"csrf_token": client.token(), "email": f"p{n}@x.example"},
            environ_overrides={"REMOTE_ADDR": f"2001:db8:1:1::{n}"},
        )
        assert page.status == 303
    keys = [key.decode() for key in app.extensions["redis"].scan_iter("LIMITS*")]
    assert any("2001:db8:1:1::/64" in key for key in keys) and any("intake" in key for key in keys)
    assert not any("x.example" in key for key in keys)


@pytest.mark.parametrize("field", FIELDS)
def test_a_key_in_any_field_is_cut_out_and_leaves_no_trace(app, client, field, capfd):
    with structlog.testing.capture_logs() as logged:
        page = send(client, **{field: f"before {CANARY} after"})

    assert page.status == 422 and "looks like a GitHub token" in page and "Model keys" in page and "Revoke" in page
    assert "checked" in page.find("input", value="support").attrs or field == "topic"
    assert finds() == [("github", len(CANARY), "contact.write")] and rows() == []
    assert traces(app, page, str(logged), *capfd.readouterr()) == []


def test_the_rest_of_the_message_stays(client):
    page = send(client, message=f"Hello,\nmy key\n{CANARY}\nstopped.")

    assert "Hello,\nmy key\n[removed: looks like a GitHub token]\nstopped.</textarea>" in page.html


@pytest.mark.parametrize("field", ["other", "message[]", "csrf_token_"])
def test_a_key_in_a_field_that_no_form_has_is_found_too(app, client, field):
    page = send(client, **{field: CANARY})

    assert page.status == 422 and traces(app, page) == []


def test_a_key_as_the_name_of_a_field_or_in_a_second_value_is_found_too(app, client):
    assert traces(app, send(client, **{CANARY: "x"})) == []
    assert traces(app, send(client, message=["fine", CANARY])) == []
    assert len(finds()) == 2


@pytest.mark.parametrize("query", [f"?message={CANARY}", f"?{CANARY}=1", f"?topic={CANARY}", f"?x=1&key={CANARY}"])
def test_a_key_in_the_address_is_told_and_not_repeated(app, client, query, capfd):
    with structlog.testing.capture_logs() as logged:
        read, sent = client.get("/contact" + query), send(client, "/contact" + query)

    assert read.status == sent.status == 422 and "looks like a GitHub token" in read
    assert len(finds()) == 1, "reading writes nothing"
    assert traces(app, read, str(logged)) == [] and traces(app, sent, *capfd.readouterr()) == []


def test_a_key_behind_the_trap_or_without_a_token_is_cut_out_too(app, client):
    trapped = send(client, topic_detail="spam", message=CANARY)
    forged = client.post("/contact", CONTACT | {"message": CANARY})

    assert trapped.status == forged.status == 422 and len(finds()) == 2
    assert traces(app, trapped) == traces(app, forged) == []


@pytest.mark.parametrize("broken", ["app.site.contact.services.contact", "app.secret_guard.keep"])
def test_a_view_that_breaks_logs_nothing_of_what_was_typed(app, client, monkeypatch, broken, capfd):
    def fail(*args, **kwargs):
        db.session.execute(db.text("SELECT * FROM nowhere WHERE a = :a"), {"a": str(args) + str(kwargs)})

    monkeypatch.setattr(broken, fail)
    typed = "It stopped at noon" if broken.endswith("contact") else f"It stopped at noon {CANARY}"

    page = send(client, message=typed)

    out, err = capfd.readouterr()
    assert page.status >= 500
    assert "at noon" not in out + err and "at noon" not in page.text
    assert traces(app, page, out, err) == []


def test_a_scan_that_breaks_stores_nothing(app, client, monkeypatch, capfd):
    def fail(text):
        raise RuntimeError("the scan broke")

    token = client.token()
    monkeypatch.setattr("app.secret_guard.scan", fail)

    page = client.post("/contact", CONTACT | {"csrf_token": token, "message": CANARY})

    assert page.status == 500 and rows() == []
    assert traces(app, page, *capfd.readouterr()) == []


def test_each_kind_of_secret_has_its_own_advice_and_they_are_listed_in_words(client):
    model, token, word = (BY_ID[one].example for one in ("anthropic", "github", "password"))

    page = send(client, message=f"{model}\n\n{token}\n\n{word}")

    assert "looks like an Anthropic key, a GitHub token and a password." in page
    advice = [one.text for one in page.find(id="removed").all("li")]
    assert "Model keys" in advice[0] and "Revoke" in advice[0]
    assert "Revoke" in advice[1] and "We do not need it" in advice[1]
    assert "Change" in advice[2] and "we never need it" in advice[2]


def test_a_password_alone_is_to_be_changed_and_nothing_is_said_of_keys(client):
    notice = send(client, message=BY_ID["password"].example).find(id="removed")

    assert "Change the password" in notice.text and "Revoke" not in notice.text and "Model keys" not in notice.text


@pytest.mark.parametrize("path", ["/contact", "/report-abuse"])
def test_the_forms_promise_no_more_than_the_guard_can_do(client, path):
    assert "What looks like a key is taken out of this form" in client.get(path)
    assert "as far as we can recognise it" in client.page


def test_who_wrote_reads_when_an_answer_is_due(client):
    client.get("/contact")

    page = client.submit("contact", **CONTACT | {"topic": "security"})

    assert "within one working day; that is a target" in page and "on its way to you by mail" in page
    assert "If you gave" not in page
