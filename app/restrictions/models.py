"""What limits a workspace, and why. In force while `lifted_at` is empty."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped

from app.db import Base, code, created, fk_workspace, json_list, name_, pk, public_id


class Level(StrEnum):
    NOTICE = "notice"
    """Announces one of those below and limits nothing."""
    RESTRICT = "restrict"
    SUSPENDED = "suspended"


class Ground(StrEnum):
    SECURITY = "security"
    LEGAL = "legal"
    OPERATIONAL = "operational"
    PLATFORM_ABUSE = "platform_abuse"
    NON_PAYMENT = "non_payment"


class Restriction(Base):
    """One measure by support staff against a workspace."""

    __tablename__ = "restrictions"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    level: Mapped[code]
    ground: Mapped[code]
    capabilities: Mapped[json_list]
    """The capabilities switched off at level restrict; at suspended all but reading are off.

    At level notice, those that it announces."""
    reason: Mapped[str]
    """What the customer reads."""
    clause: Mapped[name_]
    announces: Mapped[code | None]
    """The level that a notice announces."""
    earliest_at: Mapped[datetime | None]
    """When what a notice announces may be imposed."""
    imposed_by: Mapped[int]
    imposed_at: Mapped[created]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None]
    lift_reason: Mapped[str | None]

    @property
    def is_active(self) -> bool:
        return self.lifted_at is None

    @property
    def is_notice(self) -> bool:
        return self.level == Level.NOTICE
