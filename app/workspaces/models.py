"""Workspaces, their members, teams and invitations."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.db import Base, code, created, fk_user, fk_workspace, json_list, name_, pk, public_id, sha256, utc


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
    directory_stamp: Mapped[code] = mapped_column(default="")
    """Another one after each change of the directory; empty while it never had an entry."""
    next_run_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[created]


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
