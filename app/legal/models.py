"""Versions of policies: what people did with each. What the calendar does with it is computed from its dates."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, code, created, json_list, name_, pk, public_id, sha256, text_


class Stage(StrEnum):
    """How far people have taken a version."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """What a version is on a given day; the last four follow from its dates and those of its neighbours."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Origin(StrEnum):
    FILE = "file"
    """From content/legal; the repository's review stands for ours."""
    STAFF = "staff"
    DEMO = "demo"
    """Of a development installation: gives way to a file of the same version."""


class PolicyVersion(Base):
    """One version of one policy with its whole text, from the first draft on. Once published its text stays."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    slug: Mapped[code]
    version: Mapped[code]
    title: Mapped[name_]
    stage: Mapped[code]
    origin: Mapped[code]
    source: Mapped[text_]
    """Front matter and Markdown, as a file in content/legal has them."""
    text_sha256: Mapped[sha256]
    effective_on: Mapped[date]
    published_on: Mapped[date | None]
    authors: Mapped[json_list]
    """Ids of the staff who wrote it: none of them may approve it."""
    approved_by: Mapped[int | None]
    approved_sha256: Mapped[str | None] = mapped_column()
    """What was approved, to the letter."""
    created_at: Mapped[created]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    remark: Mapped[str | None]
    """Why it was sent back or withdrawn."""

    @property
    def name(self) -> str:
        return f"{self.slug}/{self.version}"

    @property
    def was_published(self) -> bool:
        return self.published_at is not None
