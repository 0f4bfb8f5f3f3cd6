"""Telling people that a policy changes, one row per notice and one per person told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.db import Base, BigId, code, created, fk_user, pk, public_id
from app.legal.models import PolicyVersion
from app.mail import MailMessage


class Delivery(StrEnum):
    """How far a notice came with one person. Read from the mail's own row, so that nothing is told twice."""

    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    SEEN = "seen"


class Kind(StrEnum):
    CHANGE = "change"
    WITHDRAWAL = "withdrawal"
    """That a change which was announced will not come."""


class PolicyNotice(Base):
    """That the members concerned are told of a version; what is left to do says how far it came."""

    __tablename__ = "policy_notices"
    __table_args__ = (UniqueConstraint("version_id", "kind"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("policy_versions.id"))
    kind: Mapped[code] = mapped_column(default=Kind.CHANGE)
    created_at: Mapped[created]
    gathered_to: Mapped[int] = mapped_column(BigId, default=0)
    """The last user looked at while the recipients are gathered."""
    gathered_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    """When the last mail was written."""
    version: Mapped[PolicyVersion] = relationship(lazy="joined")


class NoticeRecipient(Base):
    """One person who is told, once however many workspaces they are in."""

    __tablename__ = "notice_recipients"
    __table_args__ = (
        UniqueConstraint("notice_id", "user_id"),
        Index("ix_notice_recipients_waiting", "notice_id", "mail_id", "id"),
        Index("ix_notice_recipients_user_id", "user_id"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    notice_id: Mapped[int] = mapped_column(BigId, ForeignKey("policy_notices.id"))
    user_id: Mapped[fk_user]
    mail_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("mail_messages.id"))
    seen_at: Mapped[datetime | None]
    """When the person said in the console that they have read it."""
    returned_at: Mapped[datetime | None]
    """When a mail that had been taken came back, as staff entered it."""
    user: Mapped[User] = relationship()
    mail: Mapped[MailMessage | None] = relationship()
