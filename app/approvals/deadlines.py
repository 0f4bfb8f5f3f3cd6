"""What happens to a card that nobody decides: remind, stand-in, escalate, expire. Driven by the clock alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select

from app.approvals.cards import expire, note_in_run, signal
from app.approvals.models import Approval, ApprovalState, Delegation
from app.approvals.quorum import may_decide, within_limit
from app.audit.services import record
from app.db import db, now
from app.runs.lease import FRESH
from app.runs.models import Run
from app.workspaces.deadlines import Step
from app.workspaces.models import Membership, Workspace
from app.workspaces.queries import cover_of, deciders


class First(StrEnum):
    """What happens before any waiting."""

    COVER = "cover"
    """Who stands in for those who are away hears of it as well."""


def planned(workspace: Workspace, asked_at: datetime) -> dict[str, Any]:
    """The fields of a card asked now that say what happens when, in the workspace's hours."""
    due = workspace.steps.due(asked_at, workspace.hours)
    steps = [(First.COVER, asked_at), *due]
    return {
        "steps": [[step.value, at.isoformat()] for step, at in steps],
        "next_step_at": asked_at,
        "deadline_at": due[-1][1],
    }


def take_steps(limit: int = 100) -> int:
    """Do what is due about pending cards; called by the clock. Returns how many expired. Safe in several processes."""
    late = or_(Approval.next_step_at <= now(), Approval.deadline_at <= now())
    query = select(Approval.id, Approval.run_id).where(Approval.state == ApprovalState.PENDING, late)
    due = db.session.execute(query.order_by(Approval.deadline_at).limit(limit)).all()
    return sum(_step(card_id, run_id) for card_id, run_id in due)


def _step(card_id: int, run_id: int | None) -> bool:
    """Take what is due on one card, unless somebody else has it in hand. Whether it expired."""
    free = {"skip_locked": True}
    if run_id is not None:  # the run first, as everywhere
        run = select(Run).where(Run.id == run_id).with_for_update(of=Run, **free)
        if db.session.scalar(run, execution_options=FRESH) is None:
            return False
    found = select(Approval).where(Approval.id == card_id, Approval.state == ApprovalState.PENDING)
    card = db.session.scalar(found.with_for_update(of=Approval, **free), execution_options=FRESH)
    if card is None:
        return False
    if card.deadline_at <= now():
        expire(card)
        return True
    _take_due(card)
    return False


def _take_due(card: Approval) -> None:
    """The last of the steps that are due: after an outage, nobody is reminded and escalated to in one breath."""
    due = [step for step, at in card.steps if datetime.fromisoformat(at) <= now()]
    card.steps = card.steps[len(due) :]
    card.next_step_at = datetime.fromisoformat(card.steps[0][1]) if card.steps else card.deadline_at
    match due[-1] if due else "":
        case First.COVER | Step.DELEGATE:
            _cover(card)
        case Step.REMIND:
            _say(card, "reminded", "Nobody has decided yet")
        case Step.ESCALATE:
            card.escalated_at = now()
            _say(card, "escalated", "Nobody has decided, so the owners and admins are asked as well")
    signal(card)


def _cover(card: Approval) -> None:
    """Leave the card to who stands in for those who are away. A stand-in who may not decide it is passed over."""
    cover = cover_of(card.workspace_id, now())
    members = {member.id: member for member in deciders(card.workspace_id)}
    for away in members.values():
        stand_in = members.get(cover.of(away.id) or 0)
        if stand_in is not None and _is_for(card, away) and _is_for(card, stand_in) and not _has(card, away, stand_in):
            _hand(card, away, stand_in)


def _is_for(card: Approval, member: Membership) -> bool:
    fits = may_decide(card, member) and within_limit(card.amount, member)
    return fits and member.user_id != card.requester_id


def _has(card: Approval, away: Membership, stand_in: Membership) -> bool:
    theirs = (one for one in card.delegations if one.ended_at is None)
    return any((one.from_id, one.to_id) == (away.user_id, stand_in.user_id) for one in theirs)


def _hand(card: Approval, away: Membership, stand_in: Membership) -> None:
    row = Delegation(workspace_id=card.workspace_id, giver=away.user, from_id=away.user_id, note="", is_cover=True)
    row.taker, row.to_id = stand_in.user, stand_in.user_id
    card.delegations.append(row)
    _say(card, "covered", f"{away.user.name} is away: {stand_in.user.name} stands in")


def _say(card: Approval, action: str, words: str) -> None:
    note_in_run(card, words, tone="plain")
    record(
        f"system:approval:{action}",
        f"{words}: {card.title}",
        workspace_id=card.workspace_id,
        subject=f"approval:{card.public_id}",
    )
