"""What went wrong or is planned, as staff tell it. Updates are only added: what was said stays said."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffMember
from app.db import Base, BigId, code, created, json_, name_, pk, public_id, text_, utc


class Component(StrEnum):
    """The parts of LeenOps that can fail apart from each other."""

    WEBSITE = "website"
    CONSOLE = "console"
    RUNS = "runs"
    KNOWLEDGE = "knowledge"
    MAIL = "mail"


COMPONENTS: dict[Component, tuple[str, str]] = {
    Component.WEBSITE: ("Website", "These pages, the policies, registering"),
    Component.CONSOLE: ("Console and approvals", "Signing in, workspaces, approval cards and decisions"),
    Component.RUNS: ("Agent runs", "Starting runs, their steps and tools"),
    Component.KNOWLEDGE: ("Knowledge", "Adding documents, reading and searching them"),
    Component.MAIL: ("Mail", "Confirmations, invitations, notices, and mail that agents send"),
}
"""Name, and what belongs to it, in the order they are shown."""


class Impact(StrEnum):
    """How a component is, from good to bad; the later one wins when two incidents meet."""

    WORKING = "working"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    PARTLY_DOWN = "partly_down"
    DOWN = "down"


SEVERITY = {
    Impact.WORKING: "none",
    Impact.MAINTENANCE: "maintenance",
    Impact.DEGRADED: "minor",
    Impact.PARTLY_DOWN: "major",
    Impact.DOWN: "critical",
}


class Kind(StrEnum):
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"


class State(StrEnum):
    """How far an incident is. Maintenance is planned until it is resolved; the rest its hours say."""

    PLANNED = "planned"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Incident(Base):
    """One incident or one planned maintenance as it stands after its last update."""

    __tablename__ = "incidents"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    form_key: Mapped[code] = mapped_column(unique=True)
    """Of the form that opened it: sent twice, it opens once."""
    kind: Mapped[code]
    title: Mapped[name_]
    state: Mapped[code]
    impacts: Mapped[json_]
    """{component: impact}, only what is not working; empty once resolved."""
    worst: Mapped[code]
    """The worst impact it ever had, for looking back."""
    starts_at: Mapped[utc] = mapped_column(index=True)
    """When it began, as far as we know; for maintenance, when it is planned to."""
    ends_at: Mapped[datetime | None]
    """When maintenance is planned to end."""
    opened_at: Mapped[created]
    updated_at: Mapped[utc]
    resolved_at: Mapped[datetime | None]
    last_number: Mapped[int] = mapped_column(default=1)
    """The number of its last update; who adds one says which they have read."""
    updates: Mapped[list["IncidentUpdate"]] = relationship(lazy="selectin", order_by="IncidentUpdate.number.desc()")
    """The newest first."""

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def is_maintenance(self) -> bool:
        return self.kind == Kind.MAINTENANCE

    def is_begun(self, at: datetime) -> bool:
        return self.starts_at <= at

    def is_overdue(self, at: datetime) -> bool:
        """Whether maintenance should have ended and nobody has said that it did."""
        return self.is_open and self.ends_at is not None and self.ends_at <= at

    @property
    def components(self) -> list[Component]:
        """What it touched at any time, in the order components are shown."""
        touched = {name for update in self.updates for name in update.impacts}
        return [component for component in Component if component in touched]


class IncidentUpdate(Base):
    """What staff said at one moment. Never changed, never deleted: a mistake is put right by a further update."""

    __tablename__ = "incident_updates"
    __table_args__ = (UniqueConstraint("incident_id", "number"),)
    id: Mapped[pk]
    incident_id: Mapped[int] = mapped_column(BigId, ForeignKey("incidents.id"))
    number: Mapped[int]
    state: Mapped[code]
    text: Mapped[text_]
    impacts: Mapped[json_]
    starts_at: Mapped[utc]
    ends_at: Mapped[datetime | None]
    at: Mapped[created]
    by: Mapped[int] = mapped_column(BigId, ForeignKey("staff_members.id"))
    author: Mapped[StaffMember] = relationship(lazy="select")


class StatusLook(Base):
    """That a member of staff compared the status page with how things are, and found it right."""

    __tablename__ = "status_looks"
    id: Mapped[pk]
    at: Mapped[created] = mapped_column(index=True)
    by: Mapped[int] = mapped_column(BigId, ForeignKey("staff_members.id"))
