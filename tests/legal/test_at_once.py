"""Two people, or two requests of one, at the same moment: PostgreSQL lets both read before either writes."""

import os
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from app.accounts.models import StaffMember
from app.db import db
from app.errors import Conflict, NotAllowed
from app.legal import drafting, library, queries
from tests.legal.test_hostile_texts import BODY, staff, words  # noqa: F401  the fixture

pytestmark = pytest.mark.skipif("TEST_POSTGRES" not in os.environ, reason="SQLite has one writer at a time")


def apart(app: Any, work: Callable[[], Any]) -> None:
    """Do `work` in a transaction of its own, as another request, and wait until it is committed."""

    def run() -> None:
        with app.app_context():
            work()
            db.session.commit()
            db.session.remove()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def in_review(writer: StaffMember) -> str:
    row = drafting.draft(words(), by=writer)
    drafting.submit(row, by=writer)
    db.session.commit()
    return row.public_id


def rewritten(public_id: str, by: int, *, approved_by: int | None = None) -> None:
    row, editor = queries.get_version(public_id), db.session.get_one(StaffMember, by)
    drafting.send_back(row, why="Almost.", by=editor)
    changed = words(body=BODY.replace("your own", "everyone's"))
    drafting.edit(row, changed, seen_sha256=row.text_sha256, by=editor)
    drafting.submit(row, by=editor)
    if approved_by:
        drafting.approve(row, seen_sha256=row.text_sha256, by=db.session.get_one(StaffMember, approved_by))


def test_who_edits_while_their_approval_is_on_its_way_does_not_approve(app, staff):  # noqa: F811
    public_id, other_id = in_review(staff[0]), staff[1].id
    db.session.remove()
    mine, me = queries.get_version(public_id), db.session.get_one(StaffMember, other_id)

    apart(app, lambda: rewritten(public_id, other_id))

    with pytest.raises((NotAllowed, Conflict)):
        drafting.approve(mine, seen_sha256=mine.text_sha256, by=me)


def test_what_is_published_is_what_is_approved_by_then(app, staff):  # noqa: F811
    writer_id, other_id = staff[0].id, staff[1].id
    public_id = in_review(staff[0])
    row = queries.get_version(public_id)
    drafting.approve(row, seen_sha256=row.text_sha256, by=staff[1])
    db.session.commit()
    db.session.remove()
    mine, me = queries.get_version(public_id), db.session.get_one(StaffMember, writer_id)
    assert "your own" in mine.source

    apart(app, lambda: rewritten(public_id, writer_id, approved_by=other_id))
    drafting.publish(mine, by=me)
    db.session.commit()

    assert "everyone's" in library.version("rules", "1.1").text


def test_two_publications_at_once_keep_the_order_of_days(app, staff):  # noqa: F811
    writer, other = staff
    ids = []
    for version, days in (("1.1", 60), ("1.2", 40)):
        row = drafting.draft(words(version=version, effective_on=library.today() + timedelta(days=days)), by=writer)
        drafting.submit(row, by=writer)
        drafting.approve(row, seen_sha256=row.text_sha256, by=other)
        ids.append(row.public_id)
    db.session.commit()
    writer_id = writer.id
    db.session.remove()
    said: list[Exception] = []

    def second() -> None:
        with app.app_context():
            try:
                drafting.publish(queries.get_version(ids[1]), by=db.session.get_one(StaffMember, writer_id))
                db.session.commit()
            except drafting.BrokenPolicy as refused:
                said.append(refused)
            db.session.remove()

    drafting.publish(queries.get_version(ids[0]), by=db.session.get_one(StaffMember, writer_id))
    waiting = Thread(target=second)
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive(), "the second waits for the first"
    db.session.commit()
    waiting.join(20)

    assert len(said) == 1 and "each version follows the one before" in str(said[0])
