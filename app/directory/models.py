"""The workspace's own directory: toward whom its agents may act without the data-flow guard asking."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.db import Base, BigId, code, created, db, fk_user, fk_workspace, name_, pk, public_id

_LIVE = text("ended_at IS NULL")


class EntryKind(StrEnum):
    """What an entry names; but for a whole domain the kinds are those of app/dataflow/origins.py."""

    ADDRESS = "address"
    DOMAIN = "domain"
    PARTY = "party"
    LINK = "link"
    WORD = "word"


class Entry(Base):
    """One value that a person of the workspace named, from `added_at` until `ended_at`."""

    __tablename__ = "directory_entries"
    __table_args__ = (
        Index(
            "ux_directory_entries_live",
            "workspace_id",
            "kind",
            "folded",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    kind: Mapped[code]
    value: Mapped[str]
    """As it was typed, for people."""
    folded: Mapped[str]
    """As it compares."""
    note: Mapped[name_]
    added_by: Mapped[fk_user]
    added_at: Mapped[created]
    ended_by: Mapped[int | None] = mapped_column(BigId, db.ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    author: Mapped[User] = relationship(foreign_keys="Entry.added_by", lazy="joined")
