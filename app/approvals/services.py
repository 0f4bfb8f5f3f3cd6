"""Deciding on cards. Each verb is one conditional update: with many at once, one wins."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import contains_eager, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.approvals.errors import (
    AlreadyDecided,
    AlreadyVoted,
    CardChanged,
    EditRefused,
    NotYourCard,
    OwnRequest,
    TooLate,
)
from app.approvals.gate import (
    REASONS,
    close,
    digest_of,
    hold_seconds,
    impact_of,
    inspected,
    signal,
    verdict_on,
)
from app.approvals.models import Approval, ApprovalState, CardKind, Vote
from app.approvals.quorum import approvals_on, is_met, may_decide, needed
from app.audit.services import record
from app.dataflow.origins import Source, Trust, values_of
from app.db import Base, changed, db, now
from app.errors import Conflict, Invalid
from app.integrations.tools.base import ToolContext, ToolRefused
from app.integrations.tools.registry import TOOLS
from app.rules.policy import Effect
from app.rules.queries import rules_in_force
from app.runs.lease import FRESH
from app.runs.log import append
from app.runs.models import EventKind, Run
from app.runs.ports import Proposal
from app.runs.services import wake
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
) -> Approval:
    """Record what `by` says to exactly `version` of `card`, and let the run go on when that settles it.

    The same `key` by the same person again changes nothing and returns the card. Raises AlreadyDecided or
    CardChanged (409), TooLate (410), OwnRequest or NotYourCard (403), EditRefused or Invalid (422).
    """
    card, by = _locked(card), _as_now(by)
    if _is_sent_again(card, decision, by, version, key):
        return card
    _refuse_unless_open(card, by, version)
    if card.kind == CardKind.UNKNOWN_OUTCOME:
        return _settle_outcome(card, decision, by, key, note)
    if decision is Decision.EDIT:
        _edit(card, args or {}, by)
        if not may_decide(card, by):  # the change itself asks for somebody else
            return card
        decision = Decision.APPROVE
    if decision is Decision.APPROVE:
        return _approve(card, by, key, note)
    if decision is Decision.REJECT:
        return _close(card, ApprovalState.REJECTED, by, key, "declined", reason=_known(reason), note=note)
    if decision is Decision.CHANGES:
        if not note.strip():
            raise Invalid("Say what the agent should change.", field="note")
        return _close(card, ApprovalState.CHANGED, by, key, "asked for changes to", note=note)
    raise Invalid("Choose approve, change or decline.", field="decision")


CARDS = Base.metadata.tables[Approval.__tablename__]
_LOCKED = (
    select(Approval)
    .where(Approval.id == bindparam("card"))
    .join(Approval.run)
    .options(contains_eager(Approval.run), selectinload(Approval.votes))
    .with_for_update(of=[Run, Approval])
    .execution_options(**FRESH)
)


def _locked(card: Approval) -> Approval:
    """The card as it is now with its run, both held until the commit (SQLite has locked everything already).

    The run comes first, as it does in the engine: who locks in one order never waits for each other.
    """
    return db.session.scalars(_LOCKED, {"card": card.id}).one()


def _as_now(by: Membership) -> Membership:
    """The member as they are in this transaction. Raises NotYourCard when they have left since they asked."""
    member = db.session.get_one(Membership, by.id, populate_existing=True)
    if member.ended_at is not None:
        raise NotYourCard()
    return member


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


def _refuse_unless_open(card: Approval, by: Membership, version: int) -> None:
    if card.state == ApprovalState.EXPIRED:
        raise TooLate(card=card)
    if not card.is_pending:
        raise AlreadyDecided(decided_words(card), card=card)
    if card.deadline_at <= now():
        expire(card)
        raise TooLate(card=card, keep=True)
    if card.version != version:
        raise CardChanged(card=card)
    if card.requester_id == by.user_id:
        raise OwnRequest(card=card)
    if not may_decide(card, by):
        raise NotYourCard(card=card)


def _approve(card: Approval, by: Membership, key: str, note: str) -> Approval:
    if any(vote.user_id == by.user_id for vote in approvals_on(card)):
        raise AlreadyVoted(card=card)
    _vote(card, by, Decision.APPROVE, key, note=note)
    votes = approvals_on(card)
    count = f"{len(votes)} of {needed(card)}"
    if not is_met(card, votes):
        _tell(card, by, "approved", f"{by.user.name} approved, {count}", note)
        return card
    workspace = db.session.get_one(Workspace, card.workspace_id)
    until = now() + timedelta(seconds=hold_seconds(workspace, card.risk))
    _move(card, ApprovalState.APPROVED, hold_until=until)
    words = f"{by.user.name} approved" + (f", {count}" if needed(card) > 1 else "")
    wake(card.run, at=until)
    _tell(card, by, "approved", words, note)
    return card


def _edit(card: Approval, args: dict[str, Any], by: Membership) -> None:
    """Change what will be done: a new version of the card with a new digest. Earlier approvals no longer count."""
    before = dict(card.args)
    proposal = proposal_of(card, {**before, **args})
    verdict = verdict_on(proposal, rules_in_force(card.workspace_id))
    if verdict.effect is Effect.DENY:
        raise EditRefused(f"The rules forbid this change: {verdict.why}.", card=card, typed=args)
    if proposal.args == before:
        return
    given = " ".join(values_of([value for name, value in proposal.args.items() if before.get(name) != value]))
    found = inspected(proposal, Source(f"{by.user.name}, who changed it", given, Trust.NAMED, is_amount=True))
    changes: dict[str, Any] = {
        "origins": [origin.kept() for origin in found.origins],
        "reasons": found.besides(card.why),
        "args": proposal.args,
        "digest": digest_of(proposal),
        "title": proposal.action.title,
        "impact": impact_of(proposal),
    }
    if verdict.effect is Effect.ASK:
        changes |= {"why": verdict.why, "quorum": list(verdict.quorum), "rule_key": verdict.rule_key}
        changes |= {"rule_digest": verdict.rule_digest, "reasons": found.besides(verdict.why)}
    _move(card, ApprovalState.PENDING, **changes)
    record(
        "member:approval:edited",
        f"{by.user.name} changed “{card.title}”",
        workspace_id=card.workspace_id,
        actor=by.user,
        subject=f"approval:{card.public_id}",
        before={"arguments": before},
        after={"arguments": card.args, "digest": card.digest, "version": card.version},
    )


def proposal_of(card: Approval, args: dict[str, Any]) -> Proposal:
    """The card's action with `args`, checked and described. Raises EditRefused."""
    tool, run = TOOLS.get(card.tool), card.run
    if tool is None:
        raise EditRefused("LeenOps no longer has this tool, so it cannot be changed.", card=card, typed=args)
    workspace = db.session.get_one(Workspace, card.workspace_id)
    context = ToolContext(
        workspace_id=card.workspace_id,
        run_id=run.id,
        run_public_id=run.public_id,
        effect_key=card.call_key,
        team=run.agent.team,
        currency=workspace.currency,
        company_domains=tuple(workspace.domains),
        collections=tuple(run.version.collections),
    )
    try:
        arguments = tool.arguments.model_validate(args)
        action = tool.describe(arguments, context)
    except ValidationError as error:
        raise EditRefused(_first_problem(error), card=card, typed=args) from error
    except ToolRefused as refusal:
        raise EditRefused(refusal.sentence, card=card, typed=args) from refusal
    return Proposal(run, card.call_key, card.call_id, tool, arguments, context, action, card.purpose)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'The change'}: {problem['msg'].removeprefix('Value error, ')}"


def _close(
    card: Approval, state: ApprovalState, by: Membership, key: str, verb: str, *, reason: str = "", note: str = ""
) -> Approval:
    decision = Decision.REJECT if state is ApprovalState.REJECTED else Decision.CHANGES
    _vote(card, by, decision, key, reason=reason, note=note)
    _move(card, state, outcome={"reason": reason, "note": note, "words": f"{by.user.name} {verb} this"})
    _tell(card, by, verb.split()[0], f"{by.user.name} {verb} “{card.title}”", note or REASONS.get(reason, ""))
    wake(card.run)
    return card


def _settle_outcome(card: Approval, decision: Decision, by: Membership, key: str, note: str) -> Approval:
    state = OUTCOME_ANSWERS.get(decision)
    if state is None:
        raise Invalid("Choose whether it happened, do it again, or skip it.", field="decision")
    words = {"done": "it happened", "retry": "do it again", "skip": "skip it"}[decision]
    _vote(card, by, decision, key, note=note)
    _move(card, state, outcome={"words": f"{by.user.name} said: {words}", "note": note})
    _tell(card, by, "answered", f"{by.user.name} said: {words}", note)
    wake(card.run)
    return card


def _vote(card: Approval, by: Membership, decision: Decision, key: str, *, reason: str = "", note: str = "") -> Vote:
    vote = Vote(
        workspace_id=card.workspace_id,
        user=by.user,
        user_id=by.user_id,
        membership=by,
        role=by.role,
        decision=decision,
        version=card.version,
        digest=card.digest,
        reason=reason,
        note=note.strip()[:2000],
        idempotency_key=key,
    )
    card.votes.append(vote)
    return vote


def _move(card: Approval, state: ApprovalState, **changes: Any) -> None:
    """Change a pending card as one conditional update on state and version. Raises AlreadyDecided."""
    version = card.version + (state is ApprovalState.PENDING)
    if state is not ApprovalState.PENDING:
        changes["decided_at"] = now()
    changes |= {"state": state, "version": version}
    as_known = (CARDS.c.id == card.id, CARDS.c.state == ApprovalState.PENDING, CARDS.c.version == card.version)
    if changed(update(CARDS).where(*as_known).values(changes)) != 1:
        db.session.refresh(card)
        raise AlreadyDecided(decided_words(card), card=card)
    for field, value in changes.items():
        set_committed_value(card, field, value)
    signal(card)


def _tell(card: Approval, by: Membership, action: str, words: str, note: str) -> None:
    append(card.run, EventKind.APPROVAL, words, detail={"approval": card.public_id, "note": note})
    record(
        f"member:approval:{action}",
        f"{words}: {card.title}" if card.title not in words else words,
        workspace_id=card.workspace_id,
        actor=by.user,
        subject=f"approval:{card.public_id}",
        after={"version": card.version, "digest": card.digest, "note": note, "run": card.run.number},
    )
    signal(card)


def undo(card: Approval, *, by: Membership) -> Approval:
    """Take an approval back while its hold window is open. The card waits again, as a new version.

    Raises Conflict when it is too late or was not approved.
    """
    card, by = _locked(card), _as_now(by)
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
    _tell(card, by, "undone", f"{by.user.name} took the approval back", "")
    return card


def expire(card: Approval) -> None:
    """Deny a card whose deadline has passed. The caller holds it with its run, and found it pending."""
    card.state, card.decided_at, card.outcome = ApprovalState.EXPIRED, now(), {"words": "Nobody decided in time"}
    append(card.run, EventKind.APPROVAL, f"Expired: {card.title}", tone="warn", detail={"approval": card.public_id})
    record(
        "system:approval:expired",
        f"Expired, which denies: {card.title}",
        workspace_id=card.workspace_id,
        subject=f"approval:{card.public_id}",
    )
    signal(card)
    wake(card.run)


def expire_due(limit: int = 100) -> int:
    """Expire every card past its deadline; called by the clock. Returns how many."""
    query = select(Approval).where(Approval.state == ApprovalState.PENDING, Approval.deadline_at <= now())
    query = query.join(Approval.run).with_for_update(of=[Run, Approval], skip_locked=True)
    cards = db.session.scalars(
        query.options(contains_eager(Approval.run)).order_by(Approval.deadline_at).limit(limit), execution_options=FRESH
    ).all()
    for card in cards:
        expire(card)
    return len(cards)


def close_for(run_id: int, words: str) -> None:
    """Void what still waits for people when its run ends for another reason. The caller holds the run."""
    for card in db.session.scalars(select(Approval).where(Approval.run_id == run_id)).unique():
        close(card, words)


def decided_words(card: Approval) -> str:
    """Who was faster, in one sentence."""
    if not card.votes:
        return card.outcome.get("words", AlreadyDecided.sentence)
    vote = card.votes[-1]
    verb = {"approve": "approved", "reject": "declined", "changes": "asked for changes to"}.get(
        vote.decision, "decided"
    )
    return f"{vote.user.name} {verb} this first."


def _known(reason: str) -> str:
    if reason not in REASONS:
        raise Invalid("Choose why you decline.", field="reason")
    return reason
