"""Deciding on cards. Each verb is one conditional update: with many at once, one wins."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from app.approvals.autonomy import demote
from app.approvals.cards import add_vote, close, go_on, move, tell, void
from app.approvals.editing import change
from app.approvals.errors import AlreadyDecided, AlreadyVoted, CardChanged, NotYourCard, OverLimit, OwnRequest
from app.approvals.gate import REASONS, hold_seconds
from app.approvals.grounds import grounds
from app.approvals.held import as_now, held, refuse_unless_open
from app.approvals.models import Approval, ApprovalState, CardKind
from app.approvals.publishing import PUBLICATIONS, outdated, publish
from app.approvals.quorum import approvals_on, is_met, limit_words, may_decide, needed, within_limit
from app.db import changed, db, now
from app.errors import Conflict, Invalid
from app.workspaces.models import Membership, Workspace


class Decision(StrEnum):
    """What a person can say. The last three answer an unknown outcome."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    CHANGES = "changes"
    DONE = "done"
    RETRY = "retry"
    SKIP = "skip"


OUTCOME_ANSWERS = {
    Decision.DONE: ApprovalState.DONE,
    Decision.RETRY: ApprovalState.APPROVED,
    Decision.SKIP: ApprovalState.REJECTED,
}


def decide(
    card: Approval,
    decision: Decision,
    *,
    by: Membership,
    version: int,
    key: str,
    reason: str = "",
    note: str = "",
    args: dict[str, Any] | None = None,
    picked: Sequence[str] = (),
    source: str = "",
) -> Approval:
    """Record what `by` says to exactly `version` of `card`, and let the run go on when that settles it.

    `args` are an edit's; `picked` (refs of the evidence) and `source` (one a line) are what an approval of high
    impact stands on. The same `key` by the same person again changes nothing and returns the card. Raises
    AlreadyDecided, Claimed or CardChanged (409), TooLate (410), OwnRequest, NotYourCard or OverLimit (403),
    EditRefused or Invalid (422).
    """
    card, by = held(card), as_now(by)
    if _is_sent_again(card, decision, by, version, key):
        return card
    refuse_unless_open(card, by, version)
    if card.kind in PUBLICATIONS:
        _refuse_unless_as_asked(card, decision)
    if card.kind == CardKind.UNKNOWN_OUTCOME:
        return _settle_outcome(card, decision, by, key, note)
    if decision is Decision.EDIT:
        change(card, args or {}, by)
        if not may_decide(card, by):  # the change itself asks for somebody else
            return card
        decision = Decision.APPROVE
    if decision is Decision.APPROVE:
        return _approve(card, by, key, note, grounds(card, reason=note, picked=picked, typed=source))
    if decision is Decision.REJECT:
        return _close(card, ApprovalState.REJECTED, by, key, "declined", reason=_known(reason), note=note)
    if decision is Decision.CHANGES:
        if not note.strip():
            raise Invalid("Say what the agent should change.", field="note")
        return _close(card, ApprovalState.CHANGED, by, key, "asked for changes to", note=note)
    raise Invalid("Choose approve, change or decline.", field="decision")


def _refuse_unless_as_asked(card: Approval, decision: Decision) -> None:
    """What people ask is approved or declined; once it is not what was asked, it is neither."""
    if decision not in (Decision.APPROVE, Decision.REJECT):
        raise Invalid("Choose approve or decline.", field="decision")
    if reason := outdated(card):
        void(card, reason)
        raise AlreadyDecided(reason, card=card, keep=True)


def _is_sent_again(card: Approval, decision: Decision, by: Membership, version: int, key: str) -> bool:
    """Whether `by` has said just this before. Raises CardChanged when the key stands for something else."""
    before = next((v for v in card.votes if v.user_id == by.user_id and v.idempotency_key == key), None)
    if before is None:
        return False
    is_edit = decision is Decision.EDIT
    meant, on = (Decision.APPROVE if is_edit else decision), {version, version + is_edit}
    if before.undone_at or before.version not in on:
        raise CardChanged(card=card)
    if before.decision != meant:
        raise AlreadyVoted(card=card)
    return True


def _approve(card: Approval, by: Membership, key: str, note: str, sources: list[dict[str, str]]) -> Approval:
    if any(vote.user_id == by.user_id for vote in approvals_on(card)):
        raise AlreadyVoted(card=card)
    if not within_limit(card.amount, by):
        raise OverLimit(limit_words(card, by), card=card)
    add_vote(card, by, Decision.APPROVE, key, note=note, sources=sources)
    votes = approvals_on(card)
    count = f"{len(votes)} of {needed(card)}"
    if not is_met(card, votes):
        tell(card, by, "approved", f"{by.user.name} approved, {count}", note, sources)
        return card
    if card.kind in PUBLICATIONS:
        move(card, ApprovalState.DONE, outcome={"words": publish(card, approved_by=by)})
        tell(card, by, "approved", f"{by.user.name} approved", note, sources)
        return card
    workspace = db.session.get_one(Workspace, card.workspace_id)
    until = now() + timedelta(seconds=hold_seconds(workspace, card.risk))
    move(card, ApprovalState.APPROVED, hold_until=until)
    words = f"{by.user.name} approved" + (f", {count}" if needed(card) > 1 else "")
    go_on(card, at=until)
    tell(card, by, "approved", words, note, sources)
    return card


def _close(
    card: Approval, state: ApprovalState, by: Membership, key: str, verb: str, *, reason: str = "", note: str = ""
) -> Approval:
    decision = Decision.REJECT if state is ApprovalState.REJECTED else Decision.CHANGES
    add_vote(card, by, decision, key, reason=reason, note=note)
    move(card, state, outcome={"reason": reason, "note": note, "words": f"{by.user.name} {verb} this"})
    tell(card, by, verb.split()[0], f"{by.user.name} {verb} “{card.title}”", note or REASONS.get(reason, ""))
    demote(card, f"{by.user.name} {verb} “{card.title}”")
    go_on(card)
    return card


def _settle_outcome(card: Approval, decision: Decision, by: Membership, key: str, note: str) -> Approval:
    state = OUTCOME_ANSWERS.get(decision)
    if state is None:
        raise Invalid("Choose whether it happened, do it again, or skip it.", field="decision")
    words = {"done": "it happened", "retry": "do it again", "skip": "skip it"}[decision]
    add_vote(card, by, decision, key, note=note)
    move(card, state, outcome={"words": f"{by.user.name} said: {words}", "note": note})
    tell(card, by, "answered", f"{by.user.name} said: {words}", note)
    go_on(card)
    return card


def undo(card: Approval, *, by: Membership) -> Approval:
    """Take an approval back while its hold window is open. The card waits again, as a new version.

    Raises Conflict when it is too late or was not approved.
    """
    card, by = held(card), as_now(by)
    if card.requester_id == by.user_id:
        raise OwnRequest(card=card)
    if not may_decide(card, by):
        raise NotYourCard(card=card)
    back = changed(
        update(Approval)
        .where(
            Approval.id == card.id,
            Approval.state == ApprovalState.APPROVED,
            Approval.consumed_at.is_(None),
            Approval.hold_until > now(),
        )
        .values(state=ApprovalState.PENDING, version=Approval.version + 1, hold_until=None, decided_at=None)
    )
    if back != 1:
        raise Conflict("It is too late to undo this.", card=card)
    for vote in card.votes:
        vote.undone_at = vote.undone_at or now()
    tell(card, by, "undone", f"{by.user.name} took the approval back")
    return card


def close_for(run_id: int, words: str) -> None:
    """Void what still waits for people when its run ends for another reason. The caller holds the run."""
    for card in db.session.scalars(select(Approval).where(Approval.run_id == run_id)).unique():
        close(card, words)


def _known(reason: str) -> str:
    if reason not in REASONS:
        raise Invalid("Choose why you decline.", field="reason")
    return reason
