"""Workspaces, their members, teams and invitations."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.db import (
    Base,
    BigId,
    code,
    created,
    fk_user,
    fk_workspace,
    json_,
    json_list,
    name_,
    pk,
    public_id,
    sha256,
    utc,
)
from app.workspaces.deadlines import DeadlineSteps
from app.workspaces.hours import BusinessHours


class Role(StrEnum):
    """What a member is; permissions.py says what each may do."""

    OWNER = "owner"
    ADMIN = "admin"
    BUILDER = "builder"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    BILLING = "billing"


TEAMS = ("engineering", "marketing", "finance", "operations", "support")
"""The five teams every workspace starts with."""


class Workspace(Base):
    """One customer's world. Everything a customer owns carries its id."""

    __tablename__ = "workspaces"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    slug: Mapped[code] = mapped_column(unique=True)
    name: Mapped[name_]
    domains: Mapped[json_list]
    """The company's own mail domains, lower case: an address elsewhere is outside."""
    currency: Mapped[code] = mapped_column(default="EUR")
    timezone: Mapped[code] = mapped_column(default="Europe/Amsterdam")
    hold_seconds: Mapped[int] = mapped_column(default=30)
    """How long an approved medium or high risk action waits with Undo, 0 to 60."""
    card_hours: Mapped[int] = mapped_column(default=24)
    """How long a card waits for a decision before it expires, which denies."""
    deadline_steps: Mapped[json_]
    """What happens to a card before it expires, as DeadlineSteps keeps it; empty: the usual steps."""
    business_hours: Mapped[json_]
    """When the workspace is open, as BusinessHours keeps it; empty: always."""
    rules_need_two: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Rules are put in force by a second person."""
    versions_need_two: Mapped[bool] = mapped_column(default=False, server_default=false())
    """An agent's version goes live when a second person agrees."""
    directory_stamp: Mapped[code] = mapped_column(default="")
    """Another one after each change of the directory; empty while it never had an entry."""
    next_run_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[created]

    @property
    def steps(self) -> DeadlineSteps:
        """What happens to a card that nobody decides, and after how many hours."""
        return DeadlineSteps.read(self.deadline_steps, self.card_hours)

    @property
    def hours(self) -> BusinessHours:
        """When it is open, in its own zone."""
        return BusinessHours.read(self.business_hours, self.timezone)


class Team(Base):
    """A team of a workspace."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    key: Mapped[code]
    name: Mapped[name_]


class Membership(Base):
    """That a person belongs to a workspace, in which role, limited to which teams (empty: all)."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    user_id: Mapped[fk_user] = mapped_column(index=True)
    role: Mapped[code]
    teams: Mapped[json_list]
    approves_up_to: Mapped[int | None] = mapped_column(BigInteger)
    """How much money one approval of theirs may move, in minor units; None for any amount."""
    created_at: Mapped[created]
    ended_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
    workspace: Mapped[Workspace] = relationship(lazy="joined")


class Invitation(Base):
    """An offer to join, bound to an address and a role; works once and expires."""

    __tablename__ = "invitations"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    email: Mapped[name_]
    role: Mapped[code]
    teams: Mapped[json_list]
    token_hash: Mapped[sha256] = mapped_column(unique=True)
    invited_by: Mapped[fk_user]
    created_at: Mapped[created]
    expires_at: Mapped[utc]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Absence(Base):
    """That a member is away, from the midnight before `first_day` to the one after `last_day`, in the workspace's zone.

    Days, not moments: who is away until Friday is so wherever the workspace's clock stands. Those of one member that
    have not ended never overlap.
    """

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_days", "workspace_id", "last_day"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[int] = mapped_column(BigId, ForeignKey("workspaces.id"))
    membership_id: Mapped[int] = mapped_column(BigId, ForeignKey("memberships.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    stand_in_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("memberships.id"), index=True)
    note: Mapped[str]
    """For the member and whoever manages members; never in the audit log."""
    created_by: Mapped[fk_user]
    created_at: Mapped[created]
    ended_at: Mapped[datetime | None]
    """When the member was back before the last day, or the absence was taken back before the first."""
    membership: Mapped[Membership] = relationship(foreign_keys=[membership_id], lazy="joined")
    stand_in: Mapped[Membership | None] = relationship(foreign_keys=[stand_in_id], lazy="joined")

    def state_on(self, today: date) -> str:
        """away | coming | over | ended, on this day of the workspace's calendar."""
        if self.ended_at is not None:
            return "ended"
        return "coming" if today < self.first_day else "over" if today > self.last_day else "away"
