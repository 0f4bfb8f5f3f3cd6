"""The engine's gate: rules first, then people. Consulted anew each time the engine comes to a call."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import lazyload

from app.approvals.autonomy import demote
from app.approvals.cards import close, signal, void
from app.approvals.deadlines import planned
from app.approvals.history import remember
from app.approvals.models import Approval, ApprovalState, CardKind
from app.approvals.quorum import approvals_on, is_met
from app.approvals.verdicts import (
    areas_of,
    asked_anyway,
    besides,
    digest_of,
    evidence_of,
    facts_of,
    impact_of,
    inspected,
    verdict_on,
)
from app.audit.services import record
from app.dataflow.guard import Finding
from app.db import changed, db, new_public_id, now
from app.digests import sha256_json
from app.integrations.tools.base import Tool
from app.integrations.tools.registry import RESULT
from app.rules.policy import ONE_PERSON, Effect, Facts, RuleLine, Verdict, decide, watched
from app.rules.queries import InForce, in_force
from app.runs.lease import FRESH
from app.runs.log import append
from app.runs.models import Effect as JournalRow
from app.runs.models import EffectState, EventKind, Run
from app.runs.ports import Answer, Permit, Proposal
from app.workspaces.models import Workspace

REASONS = {
    "wrong": "it is not correct",
    "policy": "it goes against our rules",
    "evidence": "there is not enough evidence for it",
    "duplicate": "it was done already",
    "timing": "it is not the time for it",
    "other": "of another reason",
}
"""Reason codes of a decline, as the model reads them after "because"."""
WATCHED = {Effect.ALLOW: "let this go on alone", Effect.ASK: "asked people", Effect.DENY: "forbidden this"}
_CARDS = (
    select(Approval)
    .where(Approval.run_id == bindparam("run"))
    .order_by(Approval.round)
    .options(lazyload("*"))
    .execution_options(**FRESH)
)


class ApprovalGate:
    """The Gate of app/runs/ports.py, over the approvals tables: rules and cards are read once, and kept."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _in_force(self) -> InForce:
        return in_force(self._run.workspace_id)

    @property
    def _rules(self) -> Sequence[RuleLine]:
        return self._in_force.lines

    @cached_property
    def _cards(self) -> dict[tuple[str, str], Approval]:
        """The newest card of each call."""
        return {(card.call_key, card.kind): card for card in db.session.scalars(_CARDS, {"run": self._run.id})}

    def permit(self, proposal: Proposal) -> Permit:
        card = self._cards.get((proposal.call_key, _kind(proposal.tool)))
        return self._answer(card, proposal) if card else self._by_rule(proposal)

    def _by_rule(self, proposal: Proposal) -> Permit:
        """What the rules alone say, for a call that nobody was asked about."""
        facts = facts_of(proposal, self._rules)
        verdict = decide(proposal.tool, facts, self._rules)
        found = inspected(proposal)
        self._note_watched(proposal, facts, verdict)
        remember(proposal, facts, verdict, rules_number=self._in_force.number, is_guarded=found.stops)
        match verdict.effect:
            case Effect.ALLOW:
                asks = asked_anyway(found, areas_of(proposal))
                return self._ask(proposal, asks, found) if asks else Permit(Answer.GO)
            case Effect.DENY:
                return _forbidden(verdict)
            case Effect.ASK:
                return self._ask(proposal, verdict, found)

    def _note_watched(self, proposal: Proposal, facts: Facts, verdict: Verdict) -> None:
        """Write down where a rule that is only watched would have decided otherwise."""
        other = watched(proposal.tool, facts, self._rules)
        if other is not None and (other.effect, other.quorum) != (verdict.effect, verdict.quorum):
            words = f"A watched rule would have {WATCHED[other.effect]}: {other.why}"
            detail = {"rule": other.rule_key, "tool": proposal.tool.name, "arguments": proposal.args}
            append(self._run, EventKind.NOTE, words, detail=detail)

    def _answer(self, card: Approval, proposal: Proposal) -> Permit:
        """What an existing card says now. A voided one is asked again, as the next round."""
        match card.state:
            case ApprovalState.PENDING:
                return Permit(Answer.WAIT)
            case ApprovalState.APPROVED:
                return self._approved(card, proposal)
            case ApprovalState.REJECTED:
                return Permit(Answer.DENIED, words=_declined(card))
            case ApprovalState.CHANGED:
                return Permit(Answer.DENIED, words=f"changes requested: {card.outcome.get('note', '')}", is_final=False)
            case ApprovalState.EXPIRED:
                return Permit(Answer.DENIED, words="Nobody decided in time, so it was not done.")
        return self._by_rule(proposal)

    def _approved(self, card: Approval, proposal: Proposal) -> Permit:
        if card.hold_until is not None and card.hold_until > now():
            return Permit(Answer.WAIT, wake_at=card.hold_until)
        if reason := self._outdated(card, proposal):
            void(card, reason)
            return self.permit(proposal)
        return Permit(Answer.GO, args=card.args, approval_id=card.id)

    def _outdated(self, card: Approval, proposal: Proposal) -> str:
        """Why an approval no longer counts, or ''. The rules are asked about the arguments approved."""
        edited = proposal.with_arguments(proposal.tool.arguments.model_validate(card.args))
        verdict = verdict_on(edited, self._rules)
        if verdict.effect is Effect.DENY or (verdict.effect is Effect.ASK and verdict.rule_digest != card.rule_digest):
            return "The approval rules changed after it was asked"
        if self._run.agent.live_version_id != card.live_version_id:
            return "The agent's live version changed after it was asked"
        if digest_of(edited) != card.digest:
            return "The action is not the one that was approved"
        if not is_met(card, approvals_on(card)):
            return "Who approved it may no longer decide it"
        return ""

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
            .execution_options(synchronize_session=False)
        )
        return used == 1

    def settle(self, approval_id: int, state: str, words: str) -> None:
        card = db.session.get_one(Approval, approval_id)
        card.state, card.outcome = ApprovalState(state), {**card.outcome, "words": words}
        if card.state != ApprovalState.DONE:
            demote(card, f"“{card.title}” did not go well")
        signal(card)

    def unknown(self, proposal: Proposal) -> Permit:
        card = self._cards.get((proposal.call_key, CardKind.UNKNOWN_OUTCOME))
        if card is None:
            return self._ask_outcome(proposal)
        if card.state == ApprovalState.APPROVED and card.consumed_at is None:
            card.consumed_at = now()
            card.state, card.outcome = ApprovalState.DONE, {"words": "Done again"}
            signal(card)
            return Permit(Answer.GO, args=card.args)
        if card.state == ApprovalState.DONE and card.consumed_at is None:
            _settle_journal(proposal.call_key, EffectState.SUCCEEDED)
            return Permit(Answer.DONE, words="A person confirmed that this happened.")
        if card.consumed_at is not None:  # done again, and cut off again
            return self._ask_outcome(proposal)
        if card.state == ApprovalState.PENDING:
            return Permit(Answer.WAIT)
        _settle_journal(proposal.call_key, EffectState.FAILED)
        return Permit(Answer.DENIED, words="It was cut off and a person chose to skip it.")

    def close(self, words: str) -> None:
        for card in self._cards.values():
            close(card, words)

    def _ask(self, proposal: Proposal, verdict: Verdict, found: Finding) -> Permit:
        """Make a card for this exact action; open browsers hear of it after the commit."""
        card = self._card(proposal, _kind(proposal.tool), verdict.why, proposal.action.title)
        card.follows_id = self._sent_back(proposal)
        card.origins = [origin.kept() for origin in found.origins]
        card.areas = areas_of(proposal)
        card.reasons = besides(found, card.areas, verdict.why)
        card.quorum, card.rule_key, card.rule_digest = list(verdict.quorum), verdict.rule_key, verdict.rule_digest
        return self._asked(card, f"Stopped: {verdict.why}")

    def _sent_back(self, proposal: Proposal) -> int | None:
        """The card that was sent back for changes and that this call most likely answers, if there is one."""
        answered = {card.follows_id for card in self._cards.values()}
        changed = [
            card
            for card in self._cards.values()
            if card.state == ApprovalState.CHANGED and card.tool == proposal.tool.name and card.id not in answered
        ]
        return max(changed, key=lambda card: _in_common(card.args, proposal.args)).id if changed else None

    def _ask_outcome(self, proposal: Proposal) -> Permit:
        """Ask a person what became of a call that was cut off half-way."""
        why = "we were cut off while this happened and cannot tell whether it did"
        card = self._card(proposal, CardKind.UNKNOWN_OUTCOME, why, f"Did this happen? {proposal.action.title}")
        card.quorum, card.rule_digest = list(ONE_PERSON), sha256_json("unknown")
        return self._asked(card, "Stopped: the outcome of the last action is unknown")

    def _card(self, proposal: Proposal, kind: CardKind, why: str, title: str) -> Approval:
        run, tool = self._run, proposal.tool
        last = self._cards.get((proposal.call_key, kind))
        return Approval(
            public_id=new_public_id(),
            workspace_id=run.workspace_id,
            run=run,
            agent=run.agent,
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
            rules_number=self._in_force.number,
            risk=tool.risk,
            amount=proposal.action.amount,
            impact=impact_of(proposal),
            evidence=evidence_of(proposal),
            requester_id=run.started_by,
            **planned(run.workspace, now()),
            outcome={},
            areas=[],
            reasons=[],
            origins=[],
        )

    def _asked(self, card: Approval, words: str) -> Permit:
        run = self._run
        db.session.add(card)
        self._cards[card.call_key, card.kind] = card
        detail = {"approval": card.public_id, "tool": card.tool, "arguments": card.args}
        append(run, EventKind.APPROVAL, words, tone="warn", detail=detail)
        record(
            "agent:approval:asked",
            f"{run.agent.name} asked: {card.title}",
            workspace_id=card.workspace_id,
            actor=run.agent,
            subject=f"approval:{card.public_id}",
            after={
                "why": [card.why, *card.reasons],
                "rules": card.rules_number,
                "digest": card.digest,
                "arguments": card.args,
                "run": run.number,
            },
        )
        signal(card)
        return Permit(Answer.WAIT)


def _kind(tool: Tool) -> CardKind:
    return CardKind.FINAL_OUTPUT if tool is RESULT else CardKind.TOOL_CALL


def _in_common(args: dict[str, Any], others: dict[str, Any]) -> int:
    """How many arguments are the same."""
    return sum(others.get(name) == value for name, value in args.items())


def _forbidden(verdict: Verdict) -> Permit:
    return Permit(Answer.DENIED, words=f"The rules of this workspace forbid it: {verdict.why}.")


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
