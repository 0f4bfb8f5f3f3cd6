"""Standing: what a workspace may do now. One function decides; everyone asks it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from app import mail
from app.access import Capability
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid, Locked
from app.events import publish
from app.formats import in_utc
from app.jobs import PARK_RUNS, RESUME_RUNS, enqueue
from app.restrictions import notice
from app.restrictions.letters import SWITCHABLE, in_words, letter
from app.restrictions.models import Ground, Level, Restriction
from app.workspaces.models import Workspace
from app.workspaces.queries import owner_addresses


@dataclass(frozen=True)
class Standing:
    """The measures in force, and what they leave."""

    measures: tuple[Restriction, ...]
    notices: tuple[Restriction, ...] = ()
    """What is announced. It limits nothing yet."""

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
    rows = list(db.session.scalars(_IN_FORCE, {"workspace": workspace_id}))
    return Standing(tuple(r for r in rows if not r.is_notice), tuple(r for r in rows if r.is_notice))


def require(workspace_id: int, capability: Capability) -> None:
    """Raise Locked (423) unless the workspace may do this now."""
    standing = standing_of(workspace_id)
    if not standing.may(capability):
        raise Locked(standing.sentence)


def suspend(workspace: Workspace, *, ground: Ground, reason: str, clause: str, by: Any) -> Restriction:
    """Stop everything but reading: running runs halt before their next action, queued ones are parked.

    All of it in the caller's transaction: the measure, both audit logs, the owners' mail, the signal.
    Raises Conflict when the workspace is suspended already, Invalid without a reason, NoticeDue while an
    agreement's notice stands in the way.
    """
    if _standing_held(workspace).is_suspended:
        raise Conflict("This workspace is suspended already.")
    notice.check(workspace, Level.SUSPENDED, ground)
    measure = _impose(draft(workspace, Level.SUSPENDED, ground, [], reason, clause), workspace, by)
    enqueue(PARK_RUNS, workspace.id)
    return measure


def restrict(
    workspace: Workspace, *, ground: Ground, capabilities: list[Capability], reason: str, clause: str, by: Any
) -> Restriction:
    """Switch named capabilities off; everything else goes on, at once and in the caller's transaction.

    Raises Invalid when none is named, Conflict when all of them are off already, NoticeDue while an agreement's
    notice stands in the way.
    """
    chosen = [c for c in SWITCHABLE if c in capabilities]
    if not chosen:
        raise Invalid("Choose what to switch off.", field="capabilities")
    standing = _standing_held(workspace)
    if not any(standing.may(capability) for capability in chosen):
        raise Conflict("All of this is switched off already.")
    notice.check(workspace, Level.RESTRICT, ground, chosen)
    return _impose(draft(workspace, Level.RESTRICT, ground, chosen, reason, clause), workspace, by)


def announce(
    workspace: Workspace,
    level: Level,
    *,
    ground: Ground,
    capabilities: list[Capability],
    reason: str,
    clause: str,
    by: Any,
) -> Restriction:
    """Tell the owners that a measure is coming, and from when. It limits nothing; both audit logs have it.

    The measure can follow once the hours that an agreement gives are over, at once where none gives any. Raises
    Conflict when it is announced already.
    """
    _standing_held(workspace)
    if notice.find_notice(workspace, level, ground, capabilities):
        raise Conflict("This is announced already.")
    return _impose(draft_notice(workspace, level, ground, capabilities, reason, clause), workspace, by)


def lift(measure: Restriction, *, reason: str, by: Any) -> None:
    """End a measure; what it stopped goes on. Raises Conflict when it was lifted already, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("Say why it ends. The customer reads it.", field="lift_reason")
    if not _close(measure, reason.strip(), by):
        raise Conflict("This measure was lifted already.")
    workspace = db.session.get_one(Workspace, measure.workspace_id)
    _tell(workspace, measure, "lifted", by)
    if not measure.is_notice:
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


def draft_notice(
    workspace: Workspace, level: Level, ground: Ground, capabilities: list[Capability], reason: str, clause: str
) -> Restriction:
    """The notice of such a measure as it would be sent now, not stored. Raises Invalid without a reason."""
    announced = draft(workspace, Level.NOTICE, ground, capabilities, reason, clause)
    announced.announces = level
    announced.earliest_at = announced.imposed_at + timedelta(hours=notice.promise(workspace).number)
    return announced


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
    if not measure.is_notice:
        _use_notice(measure, workspace, by)
    _tell(workspace, measure, "announced" if measure.is_notice else "imposed", by)
    return measure


def _use_notice(measure: Restriction, workspace: Workspace, by: Any) -> None:
    """A notice is used up by what it announced and nothing less. Nobody is told of that, but of the measure."""
    capabilities = [Capability(c) for c in measure.capabilities]
    sent = notice.find_notice(workspace, measure.level, measure.ground, capabilities)
    if sent and (sent.announces, {*sent.capabilities}) == (measure.level, {*measure.capabilities}):
        _close(sent, "What it announced is in force.", by)


def _close(measure: Restriction, reason: str, by: Any) -> bool:
    """Whether it was this call that ended it."""
    lifted = changed(
        update(Restriction)
        .where(Restriction.id == measure.id, Restriction.lifted_at.is_(None))
        .values(lifted_at=now(), lifted_by=by.id, lift_reason=reason)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(measure)
    return lifted == 1


def _tell(workspace: Workspace, measure: Restriction, action: str, by: Any) -> None:
    """Both audit logs, the owners, and every open browser."""
    ended = "Withdrawn" if measure.is_notice else "Lifted"
    words = in_words(measure) if measure.is_active else f"{ended}: {in_words(measure)}"
    kind, subject = f"staff:restriction:{action}", f"restriction:{measure.public_id}"
    change = _change(measure)
    actor = ("LeenOps support", f"staff:{by.public_id}")
    record(kind, words, workspace_id=workspace.id, actor=actor, subject=subject, **change)
    record(kind, f"{workspace.name}: {words}", workspace_id=None, actor=by, subject=subject, **change)
    publish(workspace.id, "standing", "access")
    if owners := owner_addresses(workspace.id):
        mail.send(
            to=owners,
            subject=f"{workspace.name}: {words[0].lower()}{words[1:]}",
            text=letter(workspace, measure, all_clear=standing_of(workspace.id).state == "active"),
            workspace_id=workspace.id,
            key=f"restriction-{measure.public_id}-{action}",
        )


def _change(measure: Restriction) -> dict[str, dict[str, Any]]:
    fields = ("level", "ground", "capabilities", "reason", "clause", *(["announces"] if measure.is_notice else []))
    stood = {name: getattr(measure, name) for name in fields}
    if measure.is_notice and measure.earliest_at:
        stood["earliest_at"] = in_utc(measure.earliest_at)
    if measure.is_active:
        return {"before": {}, "after": stood}
    return {"before": stood, "after": {"lifted": measure.lift_reason}}
