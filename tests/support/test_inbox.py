"""The inbox as staff see it: listed, read, closed and reopened, each in the staff log; what strangers wrote is text."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import db
from app.formats import iso
from app.inbox import services
from app.inbox.models import Category, InboxMessage, State, Topic
from tests.factories import a_member
from tests.pages import Browser

EVIL = "https://evil.example/<script>alert(1)</script>"


def a_message(**fields) -> InboxMessage:
    given = {"name": "Ada", "email": "ada@fennelrye.example", "topic": Topic.SUPPORT, "message": "It is broken."}
    row = services.contact(**given | fields)
    db.session.commit()
    return row


def a_report(**fields) -> InboxMessage:
    given = {"category": Category.PHISHING, "email": "", "url": EVIL, "message": f"See {EVIL} and\nact."}
    row = services.report_abuse(**given | fields)
    db.session.commit()
    return row


def log(kind: str) -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.kind == kind).order_by(AuditEntry.seq)))


def references(page) -> list[str]:
    return [link.text for body in page.all("tbody") for link in body.all("a")]


@pytest.mark.parametrize("role", ["support", "trust", "legal", "admin"])
def test_all_staff_may_read_it(at_work, role):
    row = a_message()

    assert references(at_work(role).get("/support/inbox")) == [row.reference]


def test_nobody_else_may(app, browser_of):
    row = a_message()
    for browser in (Browser(app), browser_of(a_member().user)):
        for path in ("/support/inbox", f"/support/inbox/{row.public_id}"):
            assert browser.get(path, follow=False).location.startswith("/support/login")
        sent = {"csrf_token": browser.token()}
        assert browser.post(f"/support/inbox/{row.public_id}/close", sent).location.startswith("/support/login")
    db.session.refresh(row)
    assert row.state == State.OPEN


def test_it_is_in_the_menu(trust):
    trust.get("/support/")

    assert trust.click("Inbox").h1 == "Inbox"


def test_it_can_be_narrowed_by_topic_form_and_state(trust):
    asked, report, done = a_message(topic=Topic.SALES), a_report(), a_message()
    trust.get(f"/support/inbox/{done.public_id}")
    trust.submit("close")

    assert references(trust.get("/support/inbox")) == [report.reference, asked.reference]
    assert references(trust.submit("filter", topic="sales")) == [asked.reference]
    assert references(trust.get("/support/inbox?kind=abuse")) == [report.reference]
    assert references(trust.get("/support/inbox?state=closed")) == [done.reference]
    assert "No open message fits" in trust.get("/support/inbox?kind=abuse&topic=sales")


def test_it_counts_what_is_open(trust):
    a_message(topic=Topic.SALES), a_report(), a_report()

    page = trust.get("/support/inbox")

    assert "Open: sales 1, abuse 2." in page and page.find(
        "a", **{"aria-current": "page", "href": "/support/inbox?state=open"}
    )


def test_an_empty_inbox_says_it_is_good(trust):
    assert "Nothing is open" in trust.get("/support/inbox")
    assert "Nothing has been closed yet" in trust.get("/support/inbox?state=closed")


@pytest.mark.parametrize(
    "query", ["before=9" * 30, "before=-1", "before=x", "topic=%00", "kind=x", "state=[]", "topic='"]
)
def test_strange_addresses_are_answered(trust, query):
    a_message()

    assert trust.get(f"/support/inbox?{query}").status == 200
    assert trust.get("/support/inbox/nothing").status == 404


def test_it_is_paged_by_key_and_keeps_the_filter(trust):
    for _ in range(27):
        a_report()
    a_message(topic=Topic.SALES)

    first = trust.get("/support/inbox?topic=abuse")
    second = trust.click("Older")

    assert (len(references(first)), len(references(second))) == (25, 2)
    assert "topic=abuse" in second.path


def test_what_a_stranger_wrote_is_shown_as_text(trust):
    row = a_report()

    page = trust.get(f"/support/inbox/{row.public_id}")

    assert EVIL in page.text and "<script>alert" not in page.html
    assert not [link for link in page.all("a") if "evil" in link["href"]]


def test_a_name_or_address_of_a_stranger_breaks_out_of_nothing(trust):
    row = a_message(name='"><b>Ada</b>', email="a'b&c=d?subject=x@fennelrye.example")

    page = trust.get(f"/support/inbox/{row.public_id}")

    assert "<b>Ada" not in page.html
    mailto = page.link(row.email)
    assert mailto.startswith("mailto:a%27b%26c%3Dd%3Fsubject%3Dx%40fennelrye.example?subject=LO-")


def test_reading_is_in_the_staff_log_and_the_words_are_not(trust):
    row = a_message()

    trust.get(f"/support/inbox/{row.public_id}")

    (entry,) = log("staff:inbox:read")
    assert (entry.chain, entry.actor, entry.subject) == (0, "Kofi Osei", f"inbox:{row.public_id}")
    assert "broken" not in str(vars(entry))


def test_closing_and_reopening_are_in_the_staff_log(trust):
    row = a_message()
    trust.get(f"/support/inbox/{row.public_id}")

    closed = trust.submit("close")
    reopened = trust.submit("reopen")

    assert "by Kofi Osei" in closed and "Closed." in closed and "Open again." in reopened
    assert [e.summary for e in log("staff:inbox:closed")] == [f"Closed {row.reference}"]
    assert [e.summary for e in log("staff:inbox:reopened")] == [f"Reopened {row.reference}"]


def test_closing_twice_says_that_somebody_was_faster(trust):
    row = a_message()
    trust.get(f"/support/inbox/{row.public_id}")
    token = trust.token()
    path = f"/support/inbox/{row.public_id}/close"

    answers = [trust.post(path, {"csrf_token": token}).status for _ in range(2)]

    assert answers == [303, 409] and len(log("staff:inbox:closed")) == 1


def test_the_form_to_close_needs_its_token(trust):
    row = a_message()

    assert trust.post(f"/support/inbox/{row.public_id}/close", {}).status == 422
    db.session.refresh(row)
    assert row.is_open


@pytest.mark.parametrize(
    ("topic", "came", "due"),
    [
        (Topic.SUPPORT, datetime(2026, 6, 15, 9, tzinfo=UTC), datetime(2026, 6, 17, 9, tzinfo=UTC)),
        (Topic.SALES, datetime(2026, 6, 18, 9, tzinfo=UTC), datetime(2026, 6, 22, 9, tzinfo=UTC)),
        (Topic.SECURITY, datetime(2026, 6, 19, 9, tzinfo=UTC), datetime(2026, 6, 22, 9, tzinfo=UTC)),
        (Topic.PRIVACY, datetime(2026, 6, 20, 9, tzinfo=UTC), datetime(2026, 6, 23, 9, tzinfo=UTC)),
    ],
    ids=["monday", "thursday", "friday", "saturday"],
)
def test_an_open_message_says_when_its_answer_is_due_in_working_days(trust, topic, came, due):
    row = a_message(topic=topic)
    row.created_at = came
    db.session.commit()
    path = f"/support/inbox/{row.public_id}"

    page = trust.get(path)

    assert "Answer due" in page and page.find("time", datetime=iso(due))
    assert "Receipt mailed" in page and "Confirmed" not in page
    assert "Answer due" not in trust.submit("close")


def test_a_report_without_an_address_is_looked_at_by_its_day(trust):
    page = trust.get(f"/support/inbox/{a_report().public_id}")

    assert "Look at it by" in page and "Answer due" not in page and "No address to mail to" in page
