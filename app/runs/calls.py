"""The tool calls of one model turn: each is checked, asked about, journalled and done, at most once.

What only reads is done together at the end, and what only touches our own rows in one transaction with
the checkpoint; what leaves the database is committed as started before, and as its outcome after it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog
from pydantic import ValidationError
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from sqlalchemy.exc import OperationalError

from app.access import Capability
from app.audit.services import record
from app.dataflow.labels import labels_of_result
from app.db import db
from app.integrations.tools.base import EffectClass, Evidence, Tool, ToolRefused
from app.runs import journal, prompt
from app.runs.held import Held
from app.runs.log import Cost, append
from app.runs.models import Effect, EffectState, EventKind
from app.runs.ports import Answer, Permit, Proposal

log = structlog.get_logger()
EVIDENCE_KEPT = 60
MAX_CALLS = 50
TOO_MANY = f"At most {MAX_CALLS} calls in one answer are worked on. Ask for the rest in the next one."


@dataclass(frozen=True)
class Settled:
    """What a tool call came to, for the model."""

    outcome: str
    """success | failed | denied, as pydantic-ai names them."""
    content: Any


@dataclass(frozen=True)
class Reading:
    """A permitted call that changes nothing: done together with the turn's other reads."""

    call: ToolCallPart
    proposal: Proposal
    permit: Permit


class Calls:
    """The calls of one answer of the model, in a worker's hands."""

    def __init__(self, held: Held, response: ModelResponse) -> None:
        self.held, self.said = held, said(response)
        parts = [p for p in response.parts if isinstance(p, ToolCallPart)]
        self.keys = {f"{held.run.public_id}:{held.run.step}:{index}": call for index, call in enumerate(parts)}
        self.worked_on = set(islice(self.keys, MAX_CALLS))
        self.effects = journal.known(list(self.worked_on))

    def work(self) -> bool:
        """Settle all that can be settled. True: the model goes on. False, and committed: the run waits or ended."""
        while True:
            asked_in = self.held.transactions
            waits = self._pass()
            if waits is None:
                return False
            if not waits:
                return self._answer()
            if self.held.transactions == asked_in:  # else someone may have decided meanwhile: ask again
                return self._wait(waits)

    def _pass(self) -> list[Permit] | None:
        """Settle each open call of the turn; what has to wait, or None when the run had to stop."""
        waits: list[Permit] = []
        reads: list[Reading] = []
        for key, call in self.keys.items():
            if call.tool_call_id in self.held.checkpoint.results:
                continue
            outcome = self._one(call, key) if key in self.worked_on else self._not_done(call, "failed", TOO_MANY)
            if outcome is None:
                return None
            if isinstance(outcome, Permit):
                waits.append(outcome)
            elif isinstance(outcome, Reading):
                reads.append(outcome)
            else:
                self._keep(call, outcome)
        if reads:
            self._read(reads)
        return waits

    def _keep(self, call: ToolCallPart, settled: Settled) -> None:
        """Remember what a call came to, until the whole turn is settled."""
        checkpoint = self.held.checkpoint
        known = {"outcome": settled.outcome, "content": settled.content}
        checkpoint.results = {**checkpoint.results, call.tool_call_id: known}

    def _answer(self) -> bool:
        """Tell the model what its calls came to."""
        checkpoint = self.held.checkpoint
        parts = [_returned(call, checkpoint.results[call.tool_call_id]) for call in self.keys.values()]
        checkpoint.history = checkpoint.history + prompt.dump([ModelRequest(parts=parts)])
        checkpoint.results = {}
        return True

    def _wait(self, waits: list[Permit]) -> bool:
        """Let go of the run until a person decides, or a hold window ends."""
        times = [wait.wake_at for wait in waits if wait.wake_at is not None]
        self.held.wait(wake_at=min(times) if times else None)
        return False

    # --- whether -------------------------------------------------------------------------------

    def _one(self, call: ToolCallPart, key: str) -> Settled | Permit | Reading | None:
        """Settle one call: a result, a permit to wait for, something to read, or None when the run had to stop."""
        try:
            proposal = self._proposal(call, key)
        except ToolRefused as refusal:
            return self._not_done(call, "failed", refusal.sentence)
        if self.held.must_stop():
            return None
        if off := self._switched_off(proposal.tool):
            return self._not_done(call, "denied", off)
        effect = self.effects.get(key)
        if effect is not None and effect.state in (EffectState.SUCCEEDED, EffectState.FAILED):
            return Settled("success" if effect.state == EffectState.SUCCEEDED else "failed", effect.result)
        permit = self._permit(proposal, effect)
        match permit.answer:
            case Answer.WAIT:
                return permit
            case Answer.DONE:
                return Settled("success", {"confirmed": permit.words})
            case Answer.DENIED:
                return self._not_done(call, "denied", permit.words)
        return self._act(call, proposal, permit)

    def _proposal(self, call: ToolCallPart, key: str) -> Proposal:
        """The call, checked and described. Raises ToolRefused with what the model should know."""
        offered = self.held.tools
        tool = offered.get(call.tool_name)
        if tool is None:
            raise ToolRefused(f"There is no tool {call.tool_name!r} here. Available: {', '.join(offered) or 'none'}.")
        try:
            arguments = tool.arguments.model_validate(call.args_as_dict(raise_if_invalid=True))
        except ValidationError as error:
            raise ToolRefused(f"The arguments do not fit {tool.name}: {_problems(error)}") from error
        except (ValueError, AssertionError) as error:
            raise ToolRefused(f"The arguments of {tool.name} are not a JSON object.") from error
        context = self.held.context(key)
        action = tool.describe(arguments, context)
        return Proposal(self.held.run, key, call.tool_call_id, tool, arguments, context, action, self.said)

    def _not_done(self, call: ToolCallPart, outcome: str, words: str) -> Settled:
        raw = {"tool": call.tool_name, "arguments": call.args if isinstance(call.args, str | dict) else None}
        append(self.held.run, EventKind.TOOL_CALL, f"Not done: {words}", tone="warn", detail=raw)
        return Settled(outcome, words)

    def _switched_off(self, tool: Tool) -> str:
        """A sentence when a restriction has this kind of action off, else ''."""
        needed = [Capability.SEND_OUTSIDE] * tool.sends_outside + [Capability.MOVE_MONEY] * tool.moves_money
        if all(self.held.standing.may(capability) for capability in needed):
            return ""
        return f"“{tool.title}” is switched off for this workspace at the moment."

    def _permit(self, proposal: Proposal, effect: Effect | None) -> Permit:
        """Ask the gate; a call that was cut off is settled from our records where they prove it."""
        if effect is None:
            return self.held.gate.permit(proposal)
        if effect.state == EffectState.STARTED:
            once = proposal.tool.effect_class(proposal.context) is EffectClass.ONCE
            if not once or proposal.tool.settled(proposal.context) is not None:
                args, card = effect.args, effect.approval_id
                return Permit(Answer.GO, args=args, approval_id=card, is_consumed=card is not None)
            journal.finish(effect, EffectState.UNKNOWN, {})
        return self.held.gate.unknown(proposal)

    # --- acting --------------------------------------------------------------------------------

    def _act(self, call: ToolCallPart, proposal: Proposal, permit: Permit) -> Settled | Permit | Reading:
        """Do it, once. The approval is consumed in the transaction that starts the effect."""
        if permit.args:
            proposal = proposal.with_arguments(proposal.tool.arguments.model_validate(permit.args))
        kind = proposal.tool.effect_class(proposal.context)
        if kind is EffectClass.READ:
            return Reading(call, proposal, permit)
        if not self._consume(proposal, permit):
            return Permit(Answer.WAIT)
        return self._act_locally(proposal, permit) if kind is EffectClass.LOCAL else self._act_outside(proposal, permit)

    def _consume(self, proposal: Proposal, permit: Permit) -> bool:
        needs = permit.approval_id is not None and not permit.is_consumed
        return not needs or self.held.gate.consume(permit.approval_id or 0, proposal)

    def _read(self, reads: list[Reading]) -> None:
        """Read everything a turn asks for. It may be slow, so no write lock is held; a crash just reads again."""
        found = []
        with self.held.reading():
            for reading in reads:
                began = time.monotonic()
                found.append((reading, *_run_tool(reading.proposal), _ms(began)))
        for reading, state, result, took in found:
            self._consume(reading.proposal, reading.permit)
            self._keep(reading.call, self._settle(reading.proposal, state, result, took, reading.permit.approval_id))

    def _act_locally(self, proposal: Proposal, permit: Permit) -> Settled:
        """Journal row, approval and effect are one transaction: all of it happened, or nothing."""
        began = time.monotonic()
        before = self.effects.get(proposal.call_key)
        done = proposal.tool.settled(proposal.context) if before else None
        if done is None:
            savepoint = db.session.begin_nested()
            state, result = _run_tool(proposal)
            if state is EffectState.SUCCEEDED:
                savepoint.commit()
            else:
                savepoint.rollback()
        else:
            state, result = EffectState.SUCCEEDED, done
        effect = journal.begin(proposal, self.held.lease, permit.approval_id, before)
        journal.finish(effect, state, result)
        return self._settle(proposal, state, result, _ms(began), permit.approval_id)

    def _act_outside(self, proposal: Proposal, permit: Permit) -> Settled | Permit:
        """Started, committed, done, settled. What happened in between is asked of the receiver or a person."""
        before = self.effects.get(proposal.call_key)
        effect = journal.begin(proposal, self.held.lease, permit.approval_id, before)
        done = proposal.tool.settled(proposal.context) if before else None
        with self.held.let_go():
            began = time.monotonic()
            state, result = (EffectState.SUCCEEDED, done) if done is not None else _run_tool(proposal, outside=True)
            took = _ms(began)
        journal.finish(effect, state, result)
        if state is EffectState.UNKNOWN:
            if permit.approval_id is not None:
                self.held.gate.settle(permit.approval_id, "unknown", "We do not know whether it happened")
            return self.held.gate.unknown(proposal)
        return self._settle(proposal, state, result, took, permit.approval_id)

    def _settle(
        self, proposal: Proposal, state: EffectState, result: dict[str, Any], duration_ms: int, approval_id: int | None
    ) -> Settled:
        """Write what a call came to where people look: the run's log, the card, the audit log."""
        ok = state is EffectState.SUCCEEDED
        tool, run = proposal.tool, self.held.run
        checkpoint = self.held.checkpoint
        checkpoint.read = (checkpoint.read + [_evidence(e) for e in proposal.context.read])[-EVIDENCE_KEPT:]
        lacks = proposal.context.lacks if ok else ()
        checkpoint.labels = sorted({*checkpoint.labels, *labels_of_result(tool.flow, lacks)})
        words = tool.phrase(proposal.arguments, result) if ok and tool.phrase else proposal.action.title
        title = words if ok else f"Failed: {result.get('error', proposal.action.title)}"
        detail = {"tool": tool.name, "arguments": proposal.args, "result": result, "key": proposal.call_key}
        append(run, EventKind.TOOL_CALL, title, tone="ok" if ok else "danger", detail=detail, cost=Cost(duration_ms))
        if approval_id is not None:
            self.held.gate.settle(approval_id, "done" if ok else "failed", title)
        if tool.effect_class(proposal.context) is not EffectClass.READ:
            record(
                f"agent:effect:{state.value}",
                title,
                workspace_id=run.workspace_id,
                actor=run.agent,
                subject=f"run:{run.public_id}",
                after={"tool": tool.name, "arguments": proposal.args, "key": proposal.call_key},
            )
        return Settled("success" if ok else "failed", result)


def said(response: ModelResponse) -> str:
    """The words of an answer."""
    return "\n".join(p.content for p in response.parts if isinstance(p, TextPart)).strip()


def _run_tool(proposal: Proposal, *, outside: bool = False) -> tuple[EffectState, dict[str, Any]]:
    """Call the tool. A refusal is a failure in words; any other error outside leaves the outcome unknown."""
    try:
        with _flushing():
            return EffectState.SUCCEEDED, proposal.tool.run(proposal.arguments, proposal.context)
    except ToolRefused as refusal:
        return EffectState.FAILED, {"error": refusal.sentence}
    except OperationalError:
        raise
    except Exception as error:
        log.exception("tool.failed", tool=proposal.tool.name, key=proposal.call_key)
        if outside:
            db.session.rollback()
            return EffectState.UNKNOWN, {"error": type(error).__name__}
        return EffectState.FAILED, {"error": f"{proposal.tool.title} broke. Nothing was done."}


@contextmanager
def _flushing() -> Iterator[None]:
    """A tool finds the rows it has just made, as anybody expects."""
    session = db.session()
    before, session.autoflush = session.autoflush, True
    try:
        yield
    finally:
        session.autoflush = before


def _returned(call: ToolCallPart, settled: dict[str, Any]) -> ToolReturnPart:
    return ToolReturnPart(
        tool_name=call.tool_name,
        tool_call_id=call.tool_call_id,
        content=settled["content"],
        outcome=settled["outcome"],
    )


def _evidence(evidence: Evidence) -> dict[str, str]:
    fields = ("kind", "title", "place", "quote", "ref")
    return {name: getattr(evidence, name) for name in fields}


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()[:5])


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
