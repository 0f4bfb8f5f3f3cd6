"""Standing: what a workspace may do now. One function decides; everyone asks it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

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
        return self.suspension is not None

    @property
    def suspension(self) -> Restriction | None:
        return next((m for m in self.measures if m.level == Level.SUSPENDED), None)

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


_IN_FORCE = (
    select(Restriction)
    .where(Restriction.workspace_id == bindparam("workspace"), Restriction.lifted_at.is_(None))
    .order_by(Restriction.id)
)


def standing_of(workspace_id: int) -> Standing:
    """The workspace's standing, read now. Routes, enqueueing and the engine all ask here."""
    return Standing(tuple(db.session.scalars(_IN_FORCE, {"workspace": workspace_id})))


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
    if _standing_held(workspace).is_suspended:
        raise Conflict("This workspace is suspended already.")
    measure = _impose(draft(workspace, Level.SUSPENDED, ground, [], reason, clause), workspace, by)
    enqueue(PARK_RUNS, workspace.id)
    return measure


def restrict(
    workspace: Workspace, *, ground: Ground, capabilities: list[Capability], reason: str, clause: str, by: Any
) -> Restriction:
    """Switch named capabilities off; everything else goes on, at once and in the caller's transaction.

    Raises Invalid when none is named, Conflict when all of them are off already.
    """
    chosen = [c for c in SWITCHABLE if c in capabilities]
    if not chosen:
        raise Invalid("Choose what to switch off.", field="capabilities")
    standing = _standing_held(workspace)
    if not any(standing.may(capability) for capability in chosen):
        raise Conflict("All of this is switched off already.")
    return _impose(draft(workspace, Level.RESTRICT, ground, chosen, reason, clause), workspace, by)


def lift(measure: Restriction, *, reason: str, by: Any) -> None:
    """End a measure; what it stopped goes on. Raises Conflict when it was lifted already, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("Say why it ends. The customer reads it.", field="lift_reason")
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
    _tell(workspace, measure, "lifted", by)
    enqueue(RESUME_RUNS, workspace.id)


def draft(
    workspace: Workspace, level: Level, ground: Ground, capabilities: list[Capability], reason: str, clause: str
) -> Restriction:
    """A measure as it would be, not in force and not stored. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid("Say what the customer should read.", field="reason")
    return Restriction(
        workspace_id=workspace.id,
        level=level,
        ground=ground,
        capabilities=[c.value for c in capabilities],
        reason=reason.strip(),
        clause=clause.strip(),
        imposed_at=now(),
    )


def in_words(measure: Restriction) -> str:
    """What the measure does: "Suspended", or what it switches off."""
    if measure.level == Level.SUSPENDED:
        return "Suspended"
    return "Switched off: " + ", ".join(SWITCHABLE[Capability(c)].lower() for c in measure.capabilities)


def letter(workspace: Workspace, measure: Restriction) -> str:
    """What the owners read in their mail, for a measure in force and for one that ended."""
    if not measure.is_active:
        is_free = standing_of(workspace.id).state == "active"
        now_on = "Everything works again." if is_free else "Other measures stay in force."
        ended = f"A measure on {workspace.name} has ended: {in_words(measure).lower()}."
        return f"{ended} {now_on}\n\n{measure.lift_reason}"
    if measure.level == Level.SUSPENDED:
        effect = f"All runs in {workspace.name} have stopped. Members can still sign in, read and export."
    else:
        effect = f"For {workspace.name} we have {in_words(measure).lower()}. Everything else works."
    return (
        f"{effect}\n\nWhy: {measure.reason}\n\nGround: {measure.ground.replace('_', ' ')}.\n"
        f"Clause: {measure.clause or 'not named'}.\n\n"
        "A person decided this. To have it looked at again, write to hello@leenops.com."
    )


def measures_of(workspace_id: int) -> list[Restriction]:
    """The measures there ever were, newest first, at most 100."""
    query = select(Restriction).where(Restriction.workspace_id == workspace_id)
    return list(db.session.scalars(query.order_by(Restriction.id.desc()).limit(100)))


def _standing_held(workspace: Workspace) -> Standing:
    """The standing, which nobody else can change until the transaction ends."""
    db.session.scalars(select(Workspace.id).where(Workspace.id == workspace.id).with_for_update()).one()
    return standing_of(workspace.id)


def _impose(measure: Restriction, workspace: Workspace, by: Any) -> Restriction:
    measure.imposed_by = by.id
    db.session.add(measure)
    db.session.flush()
    _tell(workspace, measure, "imposed", by)
    return measure


def _tell(workspace: Workspace, measure: Restriction, action: str, by: Any) -> None:
    """Both audit logs, the owners, and every open browser."""
    words = in_words(measure) if measure.is_active else f"Lifted: {in_words(measure)}"
    kind, subject = f"staff:restriction:{action}", f"restriction:{measure.public_id}"
    change = _change(measure)
    actor = ("LeenOps support", f"staff:{by.public_id}")
    record(kind, words, workspace_id=workspace.id, actor=actor, subject=subject, **change)
    record(kind, f"{workspace.name}: {words}", workspace_id=None, actor=by, subject=subject, **change)
    publish(workspace.id, "standing", "access")
    if owners := _owners(workspace.id):
        mail.send(
            to=owners,
            subject=f"{workspace.name}: {words[0].lower()}{words[1:]}",
            text=letter(workspace, measure),
            workspace_id=workspace.id,
            key=f"restriction-{measure.public_id}-{action}",
        )


def _change(measure: Restriction) -> dict[str, dict[str, Any]]:
    fields = ("level", "ground", "capabilities", "reason", "clause")
    stood = {name: getattr(measure, name) for name in fields}
    if measure.is_active:
        return {"before": {}, "after": stood}
    return {"before": stood, "after": {"lifted": measure.lift_reason}}


def _owners(workspace_id: int) -> list[str]:
    members = select(Membership).where(
        Membership.workspace_id == workspace_id, Membership.role == Role.OWNER, Membership.ended_at.is_(None)
    )
    return [member.user.email for member in db.session.scalars(members)]
