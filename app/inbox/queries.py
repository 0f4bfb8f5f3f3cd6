"""Reading the inbox. For staff: it belongs to no workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.accounts.models import StaffMember
from app.db import db
from app.errors import NotFound
from app.inbox.models import InboxMessage, Kind, State, Topic

PAGE = 25


@dataclass(frozen=True)
class Filter:
    """Which messages; None means all."""

    state: State | None = State.OPEN
    topic: Topic | None = None
    kind: Kind | None = None


@dataclass(frozen=True)
class Counts:
    """How many there are: by state, and of the open ones by topic."""

    states: dict[str, int]
    topics: dict[str, int]


def messages(which: Filter, *, before: int | None = None) -> Sequence[InboxMessage]:
    """Up to PAGE + 1 messages, newest first; the extra one says there are more."""
    query = select(InboxMessage).order_by(InboxMessage.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(InboxMessage.id < before)
    for column, wanted in (
        (InboxMessage.state, which.state),
        (InboxMessage.topic, which.topic),
        (InboxMessage.kind, which.kind),
    ):
        if wanted is not None:
            query = query.where(column == wanted.value)
    return db.session.scalars(query).all()


def counts() -> Counts:
    """The figures above the list."""
    query = select(InboxMessage.state, InboxMessage.topic, func.count()).group_by(
        InboxMessage.state, InboxMessage.topic
    )
    rows = db.session.execute(query).all()
    states = {state.value: sum(n for its, _, n in rows if its == state) for state in State}
    topics = {topic.value: sum(n for its, about, n in rows if its == State.OPEN and about == topic) for topic in Topic}
    return Counts(states, topics)


def get_message(public_id: str) -> InboxMessage:
    """One message. Raises NotFound."""
    found = db.session.scalar(select(InboxMessage).where(InboxMessage.public_id == public_id))
    if found is None:
        raise NotFound()
    return found


def closer_of(message: InboxMessage) -> str:
    """The name of who closed it; empty while it is open."""
    if message.closed_by is None:
        return ""
    return db.session.scalar(select(StaffMember.name).where(StaffMember.id == message.closed_by)) or "somebody who left"


def has_reference(reference: str) -> bool:
    return db.session.scalar(select(InboxMessage.id).where(InboxMessage.reference == reference)) is not None


def confirmations_since(mailbox: str, moment: datetime) -> list[datetime]:
    """When this mailbox was sent confirmations since `moment`, newest first, at most 20."""
    query = select(InboxMessage.confirmed_at).where(
        InboxMessage.mailbox == mailbox, InboxMessage.confirmed_at >= moment
    )
    return [at for at in db.session.scalars(query.order_by(InboxMessage.confirmed_at.desc()).limit(20)) if at]
