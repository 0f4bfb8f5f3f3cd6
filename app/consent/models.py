"""The engagement ledger: who saw, accepted, went on using, or declined which version of which policy.

Append-only and hash-chained: rows are added by app.consent.services alone, never changed, never deleted.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, code, name_, pk, public_id, sha256, utc


class Act(StrEnum):
    """What a person did about a version."""

    SEEN = "seen"
    ACCEPTED = "accepted"
    CONTINUED_USE = "continued_use"
    DECLINED = "declined"


class Engagement(Base):
    """One act of one person about one version, to the letter of its text."""

    __tablename__ = "engagements"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_engagements_person", "user_id", "workspace_id", "slug", "version"),
        Index("ix_engagements_version", "slug", "version", "act"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    chain: Mapped[int] = mapped_column(BigInteger)
    """0: there is one chain."""
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[utc]
    act: Mapped[code]
    user_id: Mapped[int] = mapped_column(BigId)
    person: Mapped[name_]
    """Name and address, as they were."""
    workspace_id: Mapped[int | None] = mapped_column(BigId)
    """None when an account was made: there was no workspace yet."""
    organisation: Mapped[name_]
    """On whose behalf: the workspace's name as it was, or ''."""
    slug: Mapped[code]
    version: Mapped[code]
    text_sha256: Mapped[sha256]
    authority: Mapped[str]
    """The sentence the person attested, word for word."""
    basis: Mapped[name_]
    """How the version reached them: "registration", "mail of 2026-10-01", "shown in the console"."""
    address: Mapped[name_]
    prev_hash: Mapped[sha256]
    hash: Mapped[sha256]


class EngagementHead(Base):
    """The last link of the chain; locked while one is added."""

    __tablename__ = "engagement_heads"
    chain: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[sha256]
