"""Taking messages in and closing them: references, one confirmation at a time, and never a word sent back."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.db import db, now
from app.errors import Conflict, Invalid
from app.inbox import queries, services
from app.inbox.demo import seed_inbox
from app.inbox.models import Category, InboxMessage, Kind, State, Topic
from app.inbox.queries import Filter
from app.mail import MailMessage
from tests.support.conftest import a_staff_member

WORDS = "Buy at https://spam.example now"


def a_message(**fields) -> InboxMessage:
    given = {"name": "Ada", "email": "ada@fennelrye.example", "topic": Topic.SUPPORT, "message": WORDS} | fields
    row = services.contact(**given)
    db.session.commit()
    return row


def mails() -> list[MailMessage]:
    return list(db.session.scalars(select(MailMessage).order_by(MailMessage.id)))


def test_a_reference_can_be_read_out_and_is_no_other(app):
    made = {services.new_reference() for _ in range(500)}

    assert len(made) == 500
    assert all(re.fullmatch(r"LO(-[34679CDFGHJKMPQRTWXY]{4}){2}", one) for one in made)


def test_a_reference_that_is_taken_is_not_given_again(app, monkeypatch):
    first = a_message()
    offers = iter([first.reference, first.reference, "LO-3333-4444"])
    monkeypatch.setattr(services, "new_reference", lambda: next(offers))

    assert a_message().reference == "LO-3333-4444"


def test_a_contact_message_is_confirmed_without_a_word_of_it(app):
    row = a_message(name="Visit spam.example")

    (letter,) = mails()
    assert letter.recipients == ["ada@fennelrye.example"]
    assert row.reference in letter.subject and row.reference in letter.text and "two working days" in letter.text
    assert "spam" not in letter.text + letter.subject


def test_a_report_needs_no_address_and_then_nothing_is_mailed(app):
    row = services.report_abuse(category=Category.PHISHING, email="", url="https://evil.example", message=WORDS)
    db.session.commit()

    assert (row.kind, row.topic, row.category, row.confirmed_at) == (Kind.ABUSE, Topic.ABUSE, "phishing", None)
    assert mails() == []


@pytest.mark.parametrize("other", ["ada@fennelrye.example", "ADA@FennelRye.example", "ada+2@fennelrye.example"])
def test_one_mailbox_gets_one_confirmation_in_a_quarter_of_an_hour(app, other):
    a_message()
    second = a_message(email=other)

    assert len(mails()) == 1 and second.confirmed_at is None


def test_another_mailbox_gets_its_own(app):
    a_message()
    a_message(email="grace@fennelrye.example")

    assert len(mails()) == 2


def test_a_quarter_of_an_hour_later_there_is_another_but_never_more_than_five_a_day(app):
    start = now()
    for step in range(8):
        with time_machine.travel(start + timedelta(minutes=16 * step), tick=False):
            a_message()

    assert len(mails()) == services.CONFIRMATIONS_A_DAY
    assert db.session.scalar(select(func.count(InboxMessage.id))) == 8


@pytest.mark.parametrize("email", ["ada@x.example\r\nBcc: all@evil.test", "ada@x.example,b@x.example", "ada"])
def test_what_is_no_address_is_refused_below_the_form_too(app, email):
    with pytest.raises(Invalid):
        a_message(email=email)


@pytest.mark.parametrize("message", ["", "a" * (services.LONGEST + 1)])
def test_a_message_has_one_to_5000_characters_below_the_form_too(app, message):
    with pytest.raises(Invalid):
        a_message(message=message)


def test_one_line_is_one_line():
    typed = "Ada\r\nBcc: all@evil.test\u2028x\x85y\x0bz\x00\u202ereversed\ud800"

    assert services.one_line(typed) == "Ada Bcc: all@evil.test x y zreversed"


def test_text_keeps_its_lines_and_its_scripts():
    assert services.plain_text("a\r\nb\rc\u2028d\x00\x1b[31m\t\u200c\ud83d") == "a\nb\nc\nd[31m\t\u200c"


def test_closing_is_done_once(app):
    row, kofi = a_message(), a_staff_member()

    services.close(row, by=kofi)
    db.session.commit()

    assert (row.state, row.closed_by, queries.closer_of(row)) == (State.CLOSED, kofi.id, "Kofi Osei")
    with pytest.raises(Conflict):
        services.close(row, by=kofi)


def test_reopening_forgets_who_closed_it(app):
    row, kofi = a_message(), a_staff_member()
    services.close(row, by=kofi)
    services.reopen(row, by=kofi)
    db.session.commit()

    assert (row.state, row.closed_at, row.closed_by) == (State.OPEN, None, None)
    with pytest.raises(Conflict):
        services.reopen(row, by=kofi)


def test_a_filter_asks_for_all_of_what_it_says(app):
    a_message(topic=Topic.SALES)
    services.report_abuse(category=Category.SPAM, email="", url="", message="x")
    db.session.commit()

    assert [m.kind for m in queries.messages(Filter(kind=Kind.ABUSE))] == ["abuse"]
    assert [m.topic for m in queries.messages(Filter(topic=Topic.SALES))] == ["sales"]
    assert queries.messages(Filter(topic=Topic.SALES, kind=Kind.ABUSE)) == []
    assert queries.counts().topics == {"sales": 1, "support": 0, "privacy": 0, "security": 0, "abuse": 1}


def test_the_demo_fills_the_inbox(app):
    seed_inbox()
    db.session.commit()

    assert queries.counts().topics == {"sales": 1, "support": 1, "privacy": 1, "security": 0, "abuse": 1}
