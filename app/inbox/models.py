"""What people write to LeenOps from the public site. Scanned for secrets before it becomes a row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, code, created, name_, pk, public_id


class Kind(StrEnum):
    """Which form."""

    CONTACT = "contact"
    ABUSE = "abuse"


class Topic(StrEnum):
    """Whom it reaches."""

    SALES = "sales"
    SUPPORT = "support"
    PRIVACY = "privacy"
    SECURITY = "security"
    ABUSE = "abuse"


class Category(StrEnum):
    """What a report of abuse is about: the words of the acceptable use policy."""

    UNLAWFUL = "unlawful activity"
    MALWARE = "malware"
    PHISHING = "phishing"
    SPAM = "spam"
    CREDENTIAL_THEFT = "credential theft"
    HARASSMENT = "harassment"
    EXPLOITATION = "exploitation"
    ADULT_CONTENT = "adult content distribution"
    UNAUTHORISED_ACCESS = "unauthorised access to third-party systems"
    OTHER = "other"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class InboxMessage(Base):
    """One message. Text in it is a stranger's: shown escaped, never followed."""

    __tablename__ = "inbox_messages"
    __table_args__ = (
        Index("ix_inbox_messages_state", "state", "id"),
        Index("ix_inbox_messages_mailbox", "mailbox", "confirmed_at"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    """LO-7K3M-9QXD: what the writer is given to name it by. Opens nothing."""
    kind: Mapped[code]
    topic: Mapped[code]
    category: Mapped[str | None] = mapped_column(String(60))
    """Of a report of abuse; None for a contact message."""
    name: Mapped[name_]
    email: Mapped[str] = mapped_column(String(254))
    """Where to answer; empty when a report came without."""
    url: Mapped[str]
    message: Mapped[str]
    state: Mapped[code] = mapped_column(default=State.OPEN.value)
    created_at: Mapped[created]
    mailbox: Mapped[str] = mapped_column(String(254))
    """The address without what many providers ignore: one person's, however they vary it."""
    confirmed_at: Mapped[datetime | None]
    """When a confirmation was mailed; None when this mailbox had one shortly before, or there is none."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None]

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN
