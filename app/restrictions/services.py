"""Standing: what a workspace may do now. One function decides; everyone asks it."""

from dataclasses import dataclass

from sqlalchemy import select

from app.access import Capability
from app.db import db
from app.errors import Locked
from app.restrictions.models import Level, Restriction


@dataclass(frozen=True)
class Standing:
    """The measures in force, and what they leave."""

    measures: tuple[Restriction, ...]

    @property
    def is_suspended(self) -> bool:
        return any(m.level == Level.SUSPENDED for m in self.measures)

    @property
    def state(self) -> str:
        """active | restricted | suspended."""
        return "suspended" if self.is_suspended else "restricted" if self.measures else "active"

    def may(self, capability: Capability) -> bool:
        return not self.is_suspended and all(capability not in m.capabilities for m in self.measures)

    @property
    def sentence(self) -> str:
        """What the person reads when something is refused."""
        if self.is_suspended:
            return "This workspace is suspended. You can still sign in, read and export."
        return "This is switched off for this workspace at the moment. Everything else works."


def standing_of(workspace_id: int) -> Standing:
    """The workspace's standing, read now. Routes, enqueueing and the engine all ask here."""
    active = select(Restriction).where(Restriction.workspace_id == workspace_id, Restriction.lifted_at.is_(None))
    return Standing(tuple(db.session.scalars(active.order_by(Restriction.id))))


def require(workspace_id: int, capability: Capability) -> None:
    """Raise Locked (423) unless the workspace may do this now."""
    standing = standing_of(workspace_id)
    if not standing.may(capability):
        raise Locked(standing.sentence)
