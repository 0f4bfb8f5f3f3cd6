"""Rule sets: what a workspace lets its agents do, as numbered versions that never change, and the draft of the next."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.db import Base, BigId, created, db, fk_workspace, json_list, pk, sha256, utc

_LIVE = text("retired_at IS NULL")


class RuleSet(Base):
    """All rules of a workspace, in order, as they were from `live_at` until `retired_at`."""

    __tablename__ = "rule_sets"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        Index("ux_rule_sets_live", "workspace_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    number: Mapped[int]
    rules: Mapped[json_list]
    """RuleLine.kept() of each, the first first."""
    digest: Mapped[sha256]
    """Of `rules`."""
    note: Mapped[str]
    """Why it was changed, in the words of who did."""
    written_by: Mapped[int | None] = mapped_column(BigId, db.ForeignKey("users.id"))
    """None for the rules a workspace starts with."""
    live_at: Mapped[created]
    retired_at: Mapped[datetime | None]
    author: Mapped[User | None] = relationship(lazy="joined")

    @property
    def is_live(self) -> bool:
        return self.retired_at is None


class RuleDraft(Base):
    """What the next rule set will say. One per workspace; gone once it is published or thrown away."""

    __tablename__ = "rule_drafts"
    workspace_id: Mapped[int] = mapped_column(BigId, db.ForeignKey("workspaces.id"), primary_key=True)
    base: Mapped[int]
    """The number it was begun from: when another was published meanwhile, it cannot be."""
    rules: Mapped[json_list]
    version: Mapped[int] = mapped_column(default=1)
    """Goes up with each change, so that two people never write over each other."""
    changed_by: Mapped[int] = mapped_column(BigId, db.ForeignKey("users.id"))
    changed_at: Mapped[utc]
    author: Mapped[User] = relationship(lazy="joined")
