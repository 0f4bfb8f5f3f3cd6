"""The engine's gate: rules first, then people. Consulted anew each time the engine comes to a call."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from app.approvals.models import Approval, ApprovalState, CardKind, Rule
from app.approvals.policy import ONE_PERSON, Effect, RuleLine, Verdict, action_digest, decide, sha256_json
from app.audit.services import record
from app.db import changed, db, now
from app.events import publish
from app.runs.log import append
from app.runs.models import Effect as JournalRow
from app.runs.models import EffectState, EventKind, RunCheckpoint
from app.runs.ports import Answer, Permit, Proposal
from app.workspaces.models import Workspace

EVIDENCE = 6
"""How many sources a card shows."""
REASONS = {
    "wrong": "it is not correct",
    "policy": "it goes against our rules",
    "evidence": "there is not enough evidence for it",
    "duplicate": "it was done already",
    "timing": "it is not the time for it",
    "other": "of another reason",
}
"""Reason codes of a decline, as the model reads them after "because"."""


def rule_lines(workspace_id: int) -> list[RuleLine]:
    """The workspace's rules that are enforced, in order."""
    rows = db.session.scalars(
        select(Rule).where(Rule.workspace_id == workspace_id, Rule.mode == "enforce").order_by(Rule.position, Rule.id)
    )
    return [line_of(row) for row in rows]


def line_of(rule: Rule) -> RuleLine:
    """A row as the pure function reads it."""
    return RuleLine(
        id=rule.id,
        name=rule.name,
        tool=rule.tool,
        team=rule.team,
        risk=rule.risk,
        conditions=tuple(rule.conditions),
        effect=Effect(rule.effect),
        quorum=tuple(rule.quorum),
    )


def verdict_on(proposal: Proposal) -> Verdict:
    """What the workspace's rules say to this exact action, now."""
    return decide(
        proposal.tool,
        proposal.action,
        proposal.args,
        team=proposal.context.team,
        company_domains=proposal.context.company_domains,
        rules=rule_lines(proposal.run.workspace_id),
    )


def digest_of(proposal: Proposal) -> str:
    """What a card for this action is bound to."""
    return action_digest(
        agent_version=proposal.run.version.public_id,
        tool=proposal.tool.name,
        tool_version=proposal.tool.version,
        target=",".join(proposal.action.recipients) or proposal.action.title,
        args=proposal.args,
    )


class ApprovalGate:
    """The Gate of app/runs/ports.py, over the approvals tables."""

    def permit(self, proposal: Proposal) -> Permit:
        verdict = verdict_on(proposal)
        card = _newest(proposal.call_key, CardKind.TOOL_CALL)
        if card is None:
            if verdict.effect is Effect.ALLOW:
                return Permit(Answer.GO)
            if verdict.effect is Effect.DENY:
                return Permit(Answer.DENIED, words=f"The rules of this workspace forbid it: {verdict.why}.")
            return self._asked(ask(proposal, verdict))
        return self._answer(card, proposal, verdict)

    def _answer(self, card: Approval, proposal: Proposal, verdict: Verdict) -> Permit:
        """What an existing card says now. A voided one is asked again, as the next round."""
        match card.state:
            case ApprovalState.PENDING:
                return self._asked(card)
            case ApprovalState.APPROVED:
                return self._approved(card, proposal, verdict)
            case ApprovalState.REJECTED:
                return Permit(Answer.DENIED, words=_declined(card))
            case ApprovalState.CHANGED:
                return Permit(Answer.DENIED, words=f"changes requested: {card.outcome.get('note', '')}")
            case ApprovalState.EXPIRED:
                return Permit(Answer.DENIED, words="Nobody decided in time, so it was not done.")
            case ApprovalState.DONE if card.kind == CardKind.UNKNOWN_OUTCOME:
                return Permit(Answer.DONE, words=card.outcome.get("words", ""))
        if verdict.effect is Effect.DENY:
            return Permit(Answer.DENIED, words=f"The rules of this workspace forbid it: {verdict.why}.")
        return self._asked(ask(proposal, verdict))

    def _approved(self, card: Approval, proposal: Proposal, verdict: Verdict) -> Permit:
        if card.hold_until is not None and card.hold_until > now():
            return Permit(Answer.WAIT, wake_at=card.hold_until)
        if reason := self._outdated(card, proposal):
            void(card, reason)
            return self.permit(proposal)
        return Permit(Answer.GO, args=card.args, approval_id=card.id)

    def _outdated(self, card: Approval, proposal: Proposal) -> str:
        """Why an approval no longer counts, or ''. The rules are asked about the arguments approved."""
        edited = _with_args(proposal, card.args)
        verdict = verdict_on(edited)
        if verdict.effect is Effect.DENY or (verdict.effect is Effect.ASK and verdict.rule_digest != card.rule_digest):
            return "The approval rules changed after it was asked"
        if proposal.run.agent.live_version_id != card.live_version_id:
            return "The agent's live version changed after it was asked"
        if digest_of(edited) != card.digest:
            return "The action is not the one that was approved"
        return ""

    def _asked(self, card: Approval) -> Permit:
        return Permit(Answer.WAIT, approval_id=card.id)

    def consume(self, approval_id: int, proposal: Proposal) -> bool:
        used = changed(
            update(Approval)
            .where(
                Approval.id == approval_id,
                Approval.state == ApprovalState.APPROVED,
                Approval.consumed_at.is_(None),
                Approval.digest == digest_of(proposal),
            )
            .values(consumed_at=now())
        )
        return used == 1

    def settle(self, approval_id: int, state: str, words: str) -> None:
        card = db.session.get_one(Approval, approval_id)
        card.state, card.outcome = ApprovalState(state), {**card.outcome, "words": words}
        signal(card)

    def unknown(self, proposal: Proposal) -> Permit:
        card = _newest(proposal.call_key, CardKind.UNKNOWN_OUTCOME)
        if card is None:
            return self._asked(ask_outcome(proposal))
        if card.state == ApprovalState.APPROVED and card.consumed_at is None:
            card.consumed_at = now()
            card.state, card.outcome = ApprovalState.DONE, {"words": "Done again"}
            signal(card)
            return Permit(Answer.GO, args=card.args)
        if card.state == ApprovalState.DONE and card.consumed_at is None:
            _settle_journal(proposal.call_key, EffectState.SUCCEEDED)
            return Permit(Answer.DONE, words="A person confirmed that this happened.")
        if card.consumed_at is not None:  # done again, and cut off again
            return self._asked(ask_outcome(proposal))
        if card.state == ApprovalState.PENDING:
            return self._asked(card)
        _settle_journal(proposal.call_key, EffectState.FAILED)
        return Permit(Answer.DENIED, words="It was cut off and a person chose to skip it.")


def ask(proposal: Proposal, verdict: Verdict) -> Approval:
    """Make a card for this exact action. Flushes; open browsers hear of it after the commit."""
    card = _card_for(proposal, CardKind.TOOL_CALL, verdict.why, proposal.action.title)
    card.quorum, card.rule_id, card.rule_digest = list(verdict.quorum), verdict.rule_id, verdict.rule_digest
    return _publish_card(card, proposal, f"Stopped: {verdict.why}")


def ask_outcome(proposal: Proposal) -> Approval:
    """Ask a person what became of a call that was cut off half-way."""
    why = "we were cut off while this happened and cannot tell whether it did"
    card = _card_for(proposal, CardKind.UNKNOWN_OUTCOME, why, f"Did this happen? {proposal.action.title}")
    card.quorum, card.rule_digest = list(ONE_PERSON), sha256_json("unknown")
    return _publish_card(card, proposal, "Stopped: the outcome of the last action is unknown")


def _newest(key: str, kind: CardKind) -> Approval | None:
    """The latest card of this call."""
    query = select(Approval).where(Approval.call_key == key, Approval.kind == kind).order_by(Approval.round.desc())
    return db.session.scalars(query.limit(1).execution_options(populate_existing=True)).first()


def _card_for(proposal: Proposal, kind: CardKind, why: str, title: str) -> Approval:
    last = _newest(proposal.call_key, kind)
    run, tool = proposal.run, proposal.tool
    workspace = db.session.get_one(Workspace, run.workspace_id)
    return Approval(
        workspace_id=run.workspace_id,
        run_id=run.id,
        agent_id=run.agent_id,
        agent_version_id=run.version_id,
        live_version_id=run.agent.live_version_id,
        call_key=proposal.call_key,
        kind=kind,
        round=last.round + 1 if last else 1,
        call_id=proposal.call_id,
        digest=digest_of(proposal),
        tool=tool.name,
        tool_version=tool.version,
        args=proposal.args,
        original_args=proposal.args,
        title=title,
        purpose=proposal.purpose[:600],
        why=why,
        risk=tool.risk,
        impact=impact_of(proposal),
        evidence=_evidence(proposal),
        requester_id=run.started_by,
        deadline_at=now() + timedelta(hours=workspace.card_hours),
        outcome={},
    )


def impact_of(proposal: Proposal) -> dict[str, Any]:
    """What the card shows of the action, computed from its arguments."""
    action, tool = proposal.action, proposal.tool
    return {
        "facts": [list(fact) for fact in action.facts],
        "amount": action.amount,
        "currency": action.currency,
        "recipients": list(action.recipients),
        "button": action.button,
        "body": list(action.body) if action.body else None,
        "reversible": tool.reversible,
        "undo": tool.undo,
        "team": proposal.context.team,
    }


def _evidence(proposal: Proposal) -> list[Any]:
    """What the agent read last, each source once."""
    checkpoint = db.session.get(RunCheckpoint, proposal.run.id)
    latest = {item["ref"]: item for item in (checkpoint.read if checkpoint else [])}
    return list(latest.values())[-EVIDENCE:]


def _publish_card(card: Approval, proposal: Proposal, words: str) -> Approval:
    db.session.add(card)
    db.session.flush()
    detail = {"approval": card.public_id, "tool": card.tool, "arguments": card.args}
    append(proposal.run, EventKind.APPROVAL, words, tone="warn", detail=detail)
    record(
        "agent:approval:asked",
        f"{proposal.run.agent.name} asked: {card.title}",
        workspace_id=card.workspace_id,
        actor=proposal.run.agent,
        subject=f"approval:{card.public_id}",
        after={"why": card.why, "digest": card.digest, "arguments": card.args, "run": proposal.run.number},
    )
    signal(card)
    return card


def void(card: Approval, reason: str) -> None:
    """End a card that no longer counts. It is asked again if the agent still wants it."""
    card.state, card.outcome = ApprovalState.VOIDED, {"words": reason}
    record(
        "system:approval:voided",
        f"{card.title}: {reason}",
        workspace_id=card.workspace_id,
        subject=f"approval:{card.public_id}",
    )
    signal(card)


def signal(card: Approval) -> None:
    """Tell open browsers that this card and the lists changed."""
    publish(
        card.workspace_id,
        f"approval-{card.public_id}",
        "approvals",
        f"run-{card.run.public_id}" if card.run else "runs",
    )


def hold_seconds(workspace: Workspace, risk: str) -> int:
    """How long an approved action waits with Undo: 0 for low risk, otherwise the workspace's choice."""
    override = current_app.config["SETTINGS"].hold_seconds
    if override is not None:
        return int(override)
    return 0 if risk == "low" else workspace.hold_seconds


def _settle_journal(key: str, state: EffectState) -> None:
    row = db.session.scalar(select(JournalRow).where(JournalRow.key == key))
    if row is not None:
        row.state, row.finished_at = state, now()
        row.result = {"confirmed_by_person": True} if state is EffectState.SUCCEEDED else {"skipped": True}


def _declined(card: Approval) -> str:
    reason = REASONS.get(card.outcome.get("reason", ""), REASONS["other"])
    note = card.outcome.get("note", "")
    return f"A person declined it because {reason}." + (f" Their words: {note}" if note else "")


def _with_args(proposal: Proposal, args: dict[str, Any]) -> Proposal:
    arguments = proposal.tool.arguments.model_validate(args)
    return replace(proposal, arguments=arguments, action=proposal.tool.describe(arguments, proposal.context))
