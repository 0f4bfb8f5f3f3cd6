"""Reporting abuse: without an account and without a name, in the words of the acceptable use policy."""

import pytest
import structlog
from sqlalchemy import select

from app.db import db
from app.inbox.models import InboxMessage
from app.mail import MailMessage
from tests.factories import a_member
from tests.pages import Browser
from tests.site.intake import CANARY, REPORT, traces

CATEGORIES = [
    "unlawful activity",
    "malware",
    "phishing",
    "spam",
    "credential theft",
    "harassment",
    "exploitation",
    "adult content distribution",
    "unauthorised access to third-party systems",
    "other",
]


def rows() -> list[InboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(InboxMessage)))


def send(browser: Browser, **typed):
    return browser.post("/report-abuse", {"csrf_token": browser.token(), **REPORT, **typed})


def test_who_has_no_account_reports_without_a_name(client):
    client.get("/report-abuse")

    page = client.submit("report", **REPORT)

    (row,) = rows()
    assert page.path == "/report-abuse/sent" and row.reference in page.text
    assert "look at it within one working day; that is a target" in page and "If you gave a mail address" in page
    assert (row.kind, row.topic, row.category, row.url) == ("abuse", "abuse", "phishing", "https://evil.example/x")
    assert REPORT["message"] not in page.text and not db.session.scalars(select(MailMessage)).all()


def test_the_categories_are_those_of_the_acceptable_use_policy(client):
    cards = client.get("/report-abuse").all("input", name="category")

    assert [card.get("value") for card in cards] == CATEGORIES


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_is_taken(client, category):
    assert send(client, category=category).status == 303
    assert rows()[0].category == category


def test_who_gives_an_address_gets_the_reference_there(client):
    send(client, email="Ada@FennelRye.example")

    (letter,) = db.session.scalars(select(MailMessage)).all()
    assert letter.recipients == ["ada@fennelrye.example"] and rows()[0].reference in letter.text
    assert REPORT["message"] not in letter.text and "evil.example" not in letter.text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("category", "", "Choose what you saw."),
        ("category", "theft", "Choose what you saw."),
        ("message", " \r\n ", "Say what happened."),
        ("message", "a" * 5_001, "Shorten the message to 5,000 characters: it has 5,001."),
        ("email", "ada@", "Enter a mail address like name@company.example."),
        ("url", "x" * 2_001, "Shorten the address to 2,000 characters: it has 2,001."),
    ],
)
def test_what_does_not_fit_is_answered_with_what_to_do(client, field, typed, sentence):
    page = send(client, **{field: typed})

    assert page.status == 422 and sentence in page and page.title.startswith("Error: Report abuse")
    assert rows() == []


def test_an_address_is_kept_as_text_whatever_it_is(client):
    send(client, url="javascript:alert(1)\r\n<script>")

    assert rows()[0].url == "javascript:alert(1) <script>"


def test_a_machine_is_answered_the_same_and_nothing_is_kept(client):
    client.get("/report-abuse")

    page = client.submit("report", **REPORT, topic_detail="x")

    assert page.path == "/report-abuse/sent" and "LO-" in page.text and rows() == []


def test_a_page_that_was_open_too_long_keeps_what_was_typed(app):
    stranger = Browser(app)
    page = stranger.post("/report-abuse", REPORT)

    assert page.status == 422 and "This page was open for too long" in page
    assert "checked" in page.find("input", value="phishing").attrs
    assert stranger.submit("report").path == "/report-abuse/sent"


def test_who_is_signed_in_may_take_the_address_out(browser_of):
    member = a_member()
    browser = browser_of(member.user)
    page = browser.get("/report-abuse")
    assert page.find("input", id="email").get("value") == member.user.email

    browser.submit("report", **REPORT)

    assert rows()[0].email == ""


@pytest.mark.parametrize("field", ["category", "email", "url", "message", "topic_detail", "name"])
def test_a_key_in_any_field_is_cut_out_and_leaves_no_trace(app, client, field, capfd):
    with structlog.testing.capture_logs() as logged:
        page = send(client, **{field: f"https://x.example/?key={CANARY}&b=1"})

    assert page.status == 422 and "looks like a GitHub token" in page and rows() == []
    assert traces(app, page, str(logged), *capfd.readouterr()) == []


def test_the_address_of_a_phishing_page_is_taken_with_its_small_token(client):
    url = "https://evil.example/login?user=1&token=q7Rk2mWv9XtB4nZc8L"

    assert send(client, url=url, message=f"It led to {url} and asked for a code.").status == 303
    assert rows()[0].url == url and url in rows()[0].message


def test_what_is_still_cut_out_of_an_address_says_what_to_leave_out(client):
    page = send(client, url="https://evil.example/login?password=hunter2-kestrel")

    assert page.status == 422 and "leave out what stands after the question mark" in page
    assert "Change the password" in page and "we never need it" in page and "Revoke" not in page
