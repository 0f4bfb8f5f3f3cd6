"""Standing: what a workspace may do now. One function decides; everyone asks it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from app import mail
from app.access import Capability
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid, Locked
from app.events import publish
from app.jobs import PARK_RUNS, RESUME_RUNS, enqueue
from app.restrictions.models import Ground, Level, Restriction
from app.workspaces.models import Membership, Role, Workspace

SWITCHABLE = {
    Capability.START_RUNS: "Starting runs",
    Capability.SEND_OUTSIDE: "Sending mail and calling other systems",
    Capability.MOVE_MONEY: "Booking refunds and scheduling payments",
    Capability.UPLOAD: "Adding knowledge",
    Capability.INVITE: "Inviting members",
}
"""What can be switched off one by one, in the customer's words."""


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


def suspend(workspace: Workspace, *, ground: Ground, reason: str, clause: str, by: Any) -> Restriction:
    """Stop everything but reading: running runs halt before their next action, queued ones are parked.

    All of it in the caller's transaction: the measure, both audit logs, the owners' mail, the signal.
    Raises Conflict when the workspace is suspended already, Invalid without a reason.
    """
    db.session.scalars(select(Workspace.id).where(Workspace.id == workspace.id).with_for_update()).one()
    if standing_of(workspace.id).is_suspended:
        raise Conflict("This workspace is suspended already.")
    return _impose(workspace, Level.SUSPENDED, ground, [], reason, clause, by)


def restrict(
    workspace: Workspace, *, ground: Ground, capabilities: list[Capability], reason: str, clause: str, by: Any
) -> Restriction:
    """Switch named capabilities off; everything else goes on. Raises Invalid when none is named."""
    chosen = [c.value for c in SWITCHABLE if c in capabilities]
    if not chosen:
        raise Invalid("Choose what to switch off.", field="capabilities")
    return _impose(workspace, Level.RESTRICT, ground, chosen, reason, clause, by)


def _impose(
    workspace: Workspace, level: Level, ground: Ground, capabilities: list[str], reason: str, clause: str, by: Any
) -> Restriction:
    if not reason.strip():
        raise Invalid("Say what the customer should read.", field="reason")
    measure = Restriction(
        workspace_id=workspace.id,
        level=level,
        ground=ground,
        capabilities=capabilities,
        reason=reason.strip(),
        clause=clause.strip(),
        imposed_by=by.id,
    )
    db.session.add(measure)
    db.session.flush()
    words = "Suspended" if level is Level.SUSPENDED else f"Switched off: {', '.join(capabilities)}"
    detail = {"level": level, "ground": ground, "reason": measure.reason, "clause": measure.clause}
    _tell(workspace, measure, "imposed", words, detail, by)
    if level is Level.SUSPENDED:
        enqueue(PARK_RUNS, workspace.id)
    return measure


def lift(measure: Restriction, *, reason: str, by: Any) -> None:
    """End a measure; what it stopped goes on. Raises Conflict when it was lifted already."""
    lifted = changed(
        update(Restriction)
        .where(Restriction.id == measure.id, Restriction.lifted_at.is_(None))
        .values(lifted_at=now(), lifted_by=by.id, lift_reason=reason.strip())
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(measure)
    if lifted != 1:
        raise Conflict("This measure was lifted already.")
    workspace = db.session.get_one(Workspace, measure.workspace_id)
    _tell(workspace, measure, "lifted", "Lifted the measure", {"reason": reason.strip()}, by)
    enqueue(RESUME_RUNS, workspace.id)


def measures_of(workspace_id: int) -> list[Restriction]:
    """Every measure there ever was, newest first."""
    query = select(Restriction).where(Restriction.workspace_id == workspace_id)
    return list(db.session.scalars(query.order_by(Restriction.id.desc()).limit(100)))


def _tell(workspace: Workspace, measure: Restriction, action: str, words: str, detail: dict[str, Any], by: Any) -> None:
    """Both audit logs, the owners, and every open browser."""
    subject, actor = f"restriction:{measure.public_id}", ("LeenOps support", f"staff:{by.public_id}")
    record(f"staff:restriction:{action}", words, workspace_id=workspace.id, actor=actor, subject=subject, after=detail)
    own = {**detail, "workspace": workspace.slug}
    record(
        f"staff:restriction:{action}",
        f"{workspace.name}: {words}",
        workspace_id=None,
        actor=by,
        subject=subject,
        after=own,
    )
    publish(workspace.id, "standing", "access")
    mail.send(
        to=_owners(workspace.id),
        subject=f"{workspace.name}: {words.lower()}",
        text=_letter(workspace, measure, action),
        workspace_id=workspace.id,
        key=f"restriction-{measure.public_id}-{action}",
    )


def _letter(workspace: Workspace, measure: Restriction, action: str) -> str:
    if action == "lifted":
        return f"The measure on {workspace.name} has ended. Runs that were stopped go on.\n\n{measure.lift_reason}"
    off = "" if measure.level == Level.SUSPENDED else f"Switched off: {', '.join(measure.capabilities)}.\n"
    return (
        f"{'All runs have stopped in' if not off else 'Something was switched off for'} {workspace.name}.\n{off}\n"
        f"Why: {measure.reason}\nGround: {measure.ground}. Clause: {measure.clause or 'not named'}.\n\n"
        "You can still sign in, read and export. Reply to hello@leenops.com to appeal."
    )


def _owners(workspace_id: int) -> list[str]:
    members = select(Membership).where(
        Membership.workspace_id == workspace_id, Membership.role == Role.OWNER, Membership.ended_at.is_(None)
    )
    return [member.user.email for member in db.session.scalars(members)]
