"""The mail port: SMTP, or kept and shown at /dev/mail. Every message is a row; its key makes it leave once.

Below the domains, so that any of them can send. Headers are built by EmailMessage and everything that
could break out of one is refused before a row is written.
"""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import current_app
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import jobs, smtp
from app.addresses import plain_address
from app.config import Settings
from app.db import (
    Base,
    BigId,
    changed,
    code,
    created,
    db,
    insert_unless_there,
    json_list,
    name_,
    now,
    pk,
    public_id,
    utc,
)
from app.errors import Invalid, NotFound

MAX_SUBJECT = 200
MAX_TEXT = 100_000
PAGE = 50
CLAIM_SECONDS = 120
"""After this long a delivery that never reported back is taken up again, with the same Message-ID."""
LEFT_OUT = "(a link that works once, not kept)"
_ONCE = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")
"""A token of 256 bits, as links that work once carry it."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class MailState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    KEPT = "kept"
    SENT = "sent"
    FAILED = "failed"


class MailMessage(Base):
    """A message that left, or was kept in development. `key` is unique: the same step sends once."""

    __tablename__ = "mail_messages"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[int | None] = mapped_column(BigId, index=True)
    key: Mapped[name_] = mapped_column(unique=True)
    sender: Mapped[name_]
    recipients: Mapped[json_list]
    subject: Mapped[str]
    text: Mapped[str]
    state: Mapped[code]
    problem: Mapped[str | None]
    at_most_once: Mapped[bool] = mapped_column(default=False)
    """Rather not delivered than delivered twice: a delivery of unknown outcome counts as failed."""
    created_at: Mapped[created]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[utc | None]


def send(
    *,
    to: list[str],
    subject: str,
    text: str,
    workspace_id: int | None = None,
    key: str,
    at_most_once: bool = False,
) -> MailMessage:
    """Write one message and queue it, or keep it where there is no SMTP in development. Flushes.

    The same `key` returns the message already written. Raises Invalid for a subject or an address
    that holds line breaks or cannot be an address.
    """
    keeps = settings().keeps_mail
    message, is_new = write(
        to=to,
        subject=subject,
        text=text,
        workspace_id=workspace_id,
        key=key,
        state=MailState.KEPT if keeps else MailState.QUEUED,
        at_most_once=at_most_once,
    )
    if is_new and not keeps:
        jobs.enqueue(jobs.DELIVER_MAIL, message.id)
    return message


def write(
    *,
    to: list[str],
    subject: str,
    text: str,
    workspace_id: int | None,
    key: str,
    state: MailState,
    at_most_once: bool = False,
) -> tuple[MailMessage, bool]:
    """The row of this `key`, and whether it is new. Two writers of one key get the same row."""
    values: dict[str, Any] = {
        "key": key,
        "workspace_id": workspace_id,
        "sender": sender(),
        "recipients": [checked_address(address) for address in to],
        "subject": checked_subject(subject),
        "text": text[:MAX_TEXT],
        "state": state,
        "at_most_once": at_most_once,
        "sent_at": now() if state is MailState.SENT else None,
    }
    if not to:
        raise Invalid("Say who the message is for.")
    statement = insert_unless_there(MailMessage).values(**values).returning(MailMessage.id)
    is_new = db.session.scalar(statement) is not None
    message = db.session.scalars(select(MailMessage).where(MailMessage.key == key)).one()
    return message, is_new


def find_by_key(key: str) -> MailMessage | None:
    return db.session.scalar(select(MailMessage).where(MailMessage.key == key))


def get_message(public_id: str) -> MailMessage:
    """One message. For the development page and tests: it looks into every workspace."""
    found = db.session.scalar(select(MailMessage).where(MailMessage.public_id == public_id))
    if found is None:
        raise NotFound()
    return found


def messages(*, before: int | None = None) -> list[MailMessage]:
    """Up to PAGE + 1 messages older than `before`, newest first; the extra one says there are more."""
    query = select(MailMessage).order_by(MailMessage.id.desc()).limit(PAGE + 1)
    return list(db.session.scalars(query.where(MailMessage.id < before) if before else query))


def claim(message_id: int) -> MailMessage | None:
    """The message, if this caller is the one to deliver it now; None when it left, failed or is being delivered."""
    cutoff = now() - timedelta(seconds=CLAIM_SECONDS)
    _give_up(message_id, cutoff)
    stale = and_(MailMessage.state == MailState.SENDING, MailMessage.claimed_at < cutoff)
    claimed = changed(
        update(MailMessage)
        .where(MailMessage.id == message_id, or_(MailMessage.state == MailState.QUEUED, stale))
        .values(state=MailState.SENDING, claimed_at=now())
        .execution_options(synchronize_session=False)
    )
    if claimed != 1:
        return None
    return db.session.get(MailMessage, message_id, populate_existing=True)


def _give_up(message_id: int, cutoff: datetime) -> None:
    """A message that may leave only once, and perhaps did when its delivery was cut off, is not tried again."""
    statement = update(MailMessage).where(
        MailMessage.id == message_id,
        MailMessage.at_most_once,
        MailMessage.state == MailState.SENDING,
        MailMessage.claimed_at < cutoff,
    )
    words = "the delivery was cut off and is not repeated"
    changed(statement.values(state=MailState.FAILED, problem=words).execution_options(synchronize_session=False))


def settle(message_id: int, state: MailState, problem: str | None = None) -> bool:
    """Write how a claimed delivery ended. False when someone else has written it.

    In production, once it is over, the links that work once are taken out of what is kept: whoever reads
    the table or a backup could use them.
    """
    values: dict[str, Any] = {"state": state, "problem": problem, "sent_at": now() if state is MailState.SENT else None}
    if settings().is_production and state in (MailState.SENT, MailState.FAILED):
        kept = db.session.scalar(select(MailMessage.text).where(MailMessage.id == message_id))
        values["text"] = without_links(kept or "")
    written = changed(
        update(MailMessage)
        .where(MailMessage.id == message_id, MailMessage.state == MailState.SENDING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(written == 1)


def without_links(text: str) -> str:
    """`text` without those of our own addresses that carry a token."""
    ours = re.escape(settings().base_url)
    return re.sub(rf"{ours}/\S+", lambda found: LEFT_OUT if _ONCE.search(found[0]) else found[0], text)


def hand_over(*, to: list[str], subject: str, text: str, message_id: str) -> str | None:
    """Give one message to the SMTP server now. None, or a sentence on the recipients it refused.

    Touches no database. Raises smtp.MailRefused, smtp.MailServerAway (both: it did not leave) or
    smtp.MailOutcomeUnknown.
    """
    envelope = compose(to=to, subject=subject, text=text, message_id=message_id)
    return smtp.hand_over(smtp.server(settings().smtp_url), envelope, sender=parseaddr(sender())[1], to=to)


def compose(*, to: list[str], subject: str, text: str, message_id: str) -> EmailMessage:
    """The message as it goes out. With several recipients none of them sees the others."""
    envelope = EmailMessage()
    envelope["From"] = sender()
    envelope["To"] = checked_address(to[0]) if len(to) == 1 else "undisclosed-recipients:;"
    envelope["Subject"] = checked_subject(subject)
    envelope["Date"] = format_datetime(now())
    envelope["Message-ID"] = f"<{message_id}@{parseaddr(sender())[1].rpartition('@')[2]}>"
    envelope["Auto-Submitted"] = "auto-generated"
    envelope.set_content(text)
    return envelope


def checked_address(address: str) -> str:
    """`address`, normalised to lower case. Raises Invalid unless it is one plain address."""
    plain = plain_address(address)
    if not plain:
        raise Invalid("Enter mail addresses like name@company.example.")
    return plain


def checked_subject(subject: str) -> str:
    """`subject` on one line. Raises Invalid for line breaks: they would start a header of their own."""
    if _CONTROL.search(subject):
        raise Invalid("Write the subject on one line.")
    return subject.strip()[:MAX_SUBJECT]


def sender() -> str:
    """Who mail comes from: `from=` of SMTP_URL, or no-reply at the host of BASE_URL."""
    given = parse_qs(urlsplit(settings().smtp_url).query).get("from")
    host = urlsplit(settings().base_url).hostname or "localhost"
    address = given[0] if given else f"no-reply@{host if '.' in host else 'leenops.localhost'}"
    return f"LeenOps <{checked_address(address)}>"


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found
