"""Taking in what people write, and closing it when it is dealt with."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from app import mail
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid
from app.inbox import queries
from app.inbox.models import Category, InboxMessage, Kind, State, Topic

ALPHABET = "34679CDFGHJKMPQRTWXY"
"""No sign that is read or heard as another, and no vowels, so that no reference is a word."""
LONGEST = 5_000
LONGEST_URL = 2_000
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Controls, half characters, and what turns the direction of text. Joiners stay: some scripts need them."""
QUIET = timedelta(minutes=15)
"""Between two confirmations to one mailbox."""
CONFIRMATIONS_A_DAY = 5
REPLY_DAYS = {Topic.SALES: 2, Topic.SUPPORT: 2, Topic.PRIVACY: 2, Topic.SECURITY: 1, Topic.ABUSE: 1}
"""Working days until a first answer."""
REPLY_WITHIN = {topic: {1: "one working day", 2: "two working days"}[days] for topic, days in REPLY_DAYS.items()}
"""Targets, and called so wherever they are shown."""


def new_reference() -> str:
    """LO-7K3M-9QXD: 34 random bits to read out on the telephone."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"LO-{signs[:4]}-{signs[4:]}"


def contact(*, name: str, email: str, topic: Topic, message: str) -> InboxMessage:
    """Take in a contact message and confirm it by mail. Flushes. Raises Invalid."""
    return _receive(
        InboxMessage(kind=Kind.CONTACT.value, topic=topic.value, name=name, email=email, url="", message=message)
    )


def report_abuse(*, category: Category, email: str, url: str, message: str) -> InboxMessage:
    """Take in a report of abuse, with or without an address to answer to. Flushes. Raises Invalid."""
    row = InboxMessage(kind=Kind.ABUSE.value, topic=Topic.ABUSE.value, category=category.value, name="", url=url)
    row.email, row.message = email, message
    return _receive(row)


def close(message: InboxMessage, *, by: Any) -> None:
    """Say that nothing is left to do. Flushes. Raises Conflict when it is closed already."""
    _move(message, State.OPEN, State.CLOSED, closed_at=now(), closed_by=by.id)
    _record("closed", message, by)


def reopen(message: InboxMessage, *, by: Any) -> None:
    """Say that there is something left to do after all. Flushes. Raises Conflict when it is open already."""
    _move(message, State.CLOSED, State.OPEN, closed_at=None, closed_by=None)
    _record("reopened", message, by)


def note_reading(message: InboxMessage, *, by: Any) -> None:
    """Write into the staff log that `by` looked at it. Flushes."""
    _record("read", message, by)


def answer_due(message: InboxMessage) -> datetime:
    """When the target for its first answer is up: Saturdays and Sundays of UTC do not count."""
    due, left = message.created_at, REPLY_DAYS[Topic(message.topic)]
    while left:
        due += timedelta(days=1)
        left -= due.weekday() < 5
    return due


def one_line(typed: str) -> str:
    """`typed` on one line, without what is not seen: it cannot end a header, nor turn the text around it."""
    return _UNSEEN.sub("", " ".join(typed.split()))


def plain_text(typed: str) -> str:
    """`typed` with one kind of line end, and without other control characters."""
    return _UNSEEN.sub("", _LINE_END.sub("\n", typed)).strip()


def _receive(row: InboxMessage) -> InboxMessage:
    if len(row.message) > LONGEST or not row.message:
        raise Invalid(f"Write a message of at most {LONGEST:,} characters.", field="message")
    row.email = mail.checked_address(row.email) if row.email else ""
    row.mailbox = _mailbox(row.email)
    row.reference = _free_reference()
    row.state = State.OPEN.value
    db.session.add(row)
    db.session.flush()
    if row.email and _may_confirm(row.mailbox):
        _confirm(row)
    return row


def _free_reference() -> str:
    while queries.has_reference(reference := new_reference()):
        pass
    return reference


def _mailbox(email: str) -> str:
    local, _, host = email.partition("@")
    return f"{local.partition('+')[0]}@{host}" if email else ""


def _may_confirm(mailbox: str) -> bool:
    """Whether a mail may go there now: nobody's mailbox is filled from our forms."""
    sent = queries.confirmations_since(mailbox, now() - timedelta(days=1))
    return len(sent) < CONFIRMATIONS_A_DAY and all(at <= now() - QUIET for at in sent)


def _confirm(row: InboxMessage) -> None:
    """Mail the reference. Never a word of what was typed: anybody can type anybody's address."""
    row.confirmed_at = now()
    about = "your report of abuse" if row.kind == Kind.ABUSE else f"your message to {row.topic}"
    window = int(row.confirmed_at.timestamp() // QUIET.total_seconds())
    mail.send(
        to=[row.email],
        subject=f"We have {about}: {row.reference}",
        text=(
            f"Hello,\n\nwe have {about}. Its reference is {row.reference}.\n\n"
            f"A person reads it. We aim to answer within {REPLY_WITHIN[Topic(row.topic)]}; that is a target. "
            "When you write about it again, name the reference.\n\n"
            "Never send API keys or passwords by mail or in a form: we never need them there.\n\n"
            "If you did not write to us, somebody typed your address by mistake. You need not do anything.\n\n"
            "LeenOps\n"
        ),
        key=f"inbox:{window}:{row.mailbox}"[:200],
    )
    db.session.flush()


def _move(message: InboxMessage, before: State, after: State, **values: Any) -> None:
    moved = changed(
        update(InboxMessage)
        .where(InboxMessage.id == message.id, InboxMessage.state == before.value)
        .values(state=after.value, **values)
        .execution_options(synchronize_session=False)
    )
    if moved != 1:
        raise Conflict(f"Somebody else was faster: this message is {after} already.")
    db.session.refresh(message)


def _record(action: str, message: InboxMessage, by: Any) -> None:
    """One line of the staff log: which message, nothing of what it says."""
    words = f"{action.capitalize()} {message.reference}"
    record(f"staff:inbox:{action}", words, workspace_id=None, actor=by, subject=f"inbox:{message.public_id}")
