"""A policy that changes, and people who use LeenOps while it does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.models import User
from app.db import db
from app.legal import library
from app.legal.models import PolicyVersion
from app.notices import services
from app.notices.models import NoticeRecipient, PolicyNotice
from app.workspaces.models import Membership, Role
from tasks import notices as job
from tests.factories import a_member, a_workspace
from tests.legal.conftest import CLAUSES, Shelf, shelf  # noqa: F401  the fixture

CHANGED = CLAUSES.replace("for everyone", "for everyone who works here")
LONG_AGO = datetime(2026, 6, 14, tzinfo=UTC)


def day(days: int) -> date:
    """So many days from today."""
    return library.today() + timedelta(days=days)


@pytest.fixture
def change(shelf: Shelf) -> Callable[..., PolicyNotice | None]:  # noqa: F811
    """`change(acceptance="click", counts=-1)`: House rules 1.1, counting from a day relative to today, is announced."""
    shelf.put("1.0")
    shelf.publish()

    def publish(acceptance: str = "continued_use", counts: int = -1, **fields: Any) -> PolicyNotice | None:
        dates = {"published_on": day(counts - 30), "effective_on": day(counts), "notice_days": 30}
        shelf.put("1.1", CHANGED, acceptance=acceptance, **dates | fields)
        shelf.publish()
        row = db.session.scalars(select(PolicyVersion).where(PolicyVersion.version == "1.1")).one()
        notice = services.announce(row)
        db.session.commit()
        return notice

    return publish


def send(notice: PolicyNotice | None) -> None:
    """Run the notice's job as long as it queues itself."""
    assert notice is not None
    notice_id = notice.id
    while services.held(notice_id) is not None:
        db.session.rollback()
        job.send(notice_id)
    db.session.rollback()


@pytest.fixture
def ada(app) -> Membership:
    """An owner since before the rules changed."""
    return member_since_long(Role.OWNER, name="Ada Lovelace")


def member_since_long(role: Role = Role.BUILDER, **fields: Any) -> Membership:
    member = a_member(fields.pop("workspace", None) or a_workspace(), role, **fields)
    db.session.execute(update(User).where(User.id == member.user_id).values(created_at=LONG_AGO))
    db.session.commit()
    db.session.refresh(member)
    return member


def recipients() -> list[NoticeRecipient]:
    db.session.expire_all()
    return list(db.session.scalars(select(NoticeRecipient).order_by(NoticeRecipient.id)))
