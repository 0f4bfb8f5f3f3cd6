"""The run engine: a loop over checkpointed steps that may die anywhere and goes on where it was.

load checkpoint -> guard (lease, cancel, standing) -> model call -> checkpoint -> for each tool call:
gate (rules, people) -> journal -> act. It takes ports and knows neither Flask nor RQ nor approvals.

No transaction is open while a model or the outside world is awaited. What only touches our own rows
shares one commit; what leaves the database is journalled as started, committed, done, and settled.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from sqlalchemy.exc import OperationalError

from app.access import Capability
from app.audit.services import record
from app.db import begin_mode, db, now
from app.integrations.tools.base import EffectClass, Evidence, Tool, ToolContext, ToolRefused
from app.runs import journal, prompt
from app.runs.errors import SENTENCES, ProviderFailed
from app.runs.lease import Lease, LeaseLost, claim, hold, renewing
from app.runs.log import Cost, append
from app.runs.models import Effect, EffectState, EventKind, Run, RunCheckpoint, RunState
from app.runs.ports import Answer, Permit, Ports, Proposal
from app.runs.providers import ask
from app.workspaces.models import Workspace

log = structlog.get_logger()
MAX_STEPS = 20
MAX_TOKENS = 400_000
BACKOFF_SECONDS = (1, 3, 8, 20, 45)
SUMMARY_CHARS = 160


def advance(run_id: int, ports: Ports) -> None:
    """Work on a due run until it finishes, waits, or is taken away. Safe to call any number of times.

    Commits as it goes. A run that is not due, or held by a live lease, is left alone.
    """
    lease = claim(run_id, owner=ports.owner, seconds=ports.lease_seconds)
    if lease is None:
        db.session.rollback()
        return
    work = Work(lease, ports)
    try:
        work.go()
    except LeaseLost:
        log.info("run.lease_lost", run=run_id, token=lease.token)
    except OperationalError:
        db.session.rollback()  # the database is busy or away: the lease runs out and the reconciler tries again
        raise
    except Exception:
        log.exception("run.engine_failed", run=run_id)
        work.fail_internally()


@dataclass(frozen=True)
class Settled:
    """What a tool call came to, for the model."""

    outcome: str
    """success | failed | denied, as pydantic-ai names them."""
    content: Any


@dataclass(frozen=True)
class Reading:
    """A permitted call that changes nothing: done together with the turn's other reads."""

    proposal: Proposal
    permit: Permit


@dataclass
class Work:
    """One worker's turn at one run."""

    lease: Lease
    ports: Ports

    def go(self) -> None:
        run = self._load()
        if run.waiting_since is not None:
            run.waiting_ms += int((now() - run.waiting_since).total_seconds() * 1000)
            run.waiting_since = None
        if run.started_at is None:
            run.started_at = now()
        while self._step(run):
            run = self._load()

    def _begin(self) -> Run:
        """A new transaction in which we hold the lease."""
        hold(self.lease)
        return self._load()

    def _load(self) -> Run:
        return db.session.get_one(Run, self.lease.run_id, populate_existing=True)

    def _step(self, run: Run) -> bool:
        """One model turn, or the calls of one. False when there is nothing more to do for now."""
        if self._must_stop(run):
            return False
        checkpoint = db.session.get_one(RunCheckpoint, run.id)
        messages = prompt.load(checkpoint.history)
        if isinstance(messages[-1], ModelResponse):
            return self._work_calls(run, checkpoint, messages[-1])
        return self._think(run, messages)

    def _must_stop(self, run: Run) -> bool:
        if run.cancel_requested_at is not None:
            self._finish(run, RunState.CANCELLED, "Stopped by a person")
            return True
        if not self.ports.may(run.workspace_id, Capability.ACT):
            halt(run)
            db.session.commit()
            return True
        return False

    # --- the model -----------------------------------------------------------------------------

    def _think(self, run: Run, messages: list[ModelMessage]) -> bool:
        if limit := _limit_reached(run):
            return self._fail(run, limit, "")
        run.step_since = run.step_since or now()
        try:
            model = self.ports.model(run)
        except ProviderFailed as failure:
            return self._fail(run, failure.name, failure.detail)
        parameters = prompt.offered(self._tools(run))
        db.session.commit()  # nothing is open while the model is awaited
        began = time.monotonic()
        try:
            with renewing(self.lease, db.engine):
                turn = ask(model, messages, parameters, timeout_seconds=self.ports.model_timeout_seconds)
        except ProviderFailed as failure:
            return self._retry_later(self._begin(), failure)
        run = self._begin()
        usage = turn.response.usage
        cost = Cost(_ms(began), usage.input_tokens or 0, usage.output_tokens or 0, turn.cost_microdollars)
        return self._take(run, turn.response, cost)

    def _take(self, run: Run, response: ModelResponse, cost: Cost) -> bool:
        """Checkpoint the answer and go on with it, in the transaction that will settle its calls."""
        checkpoint = db.session.get_one(RunCheckpoint, run.id)
        checkpoint.history = checkpoint.history + prompt.dump([response])
        run.step, run.attempts, run.step_since = run.step + 1, 0, None
        calls = [p for p in response.parts if isinstance(p, ToolCallPart)]
        detail = {"model": response.model_name, "said": _said(response), "calls": [c.tool_name for c in calls]}
        append(run, EventKind.MODEL_CALL, self._words(calls), detail=detail, cost=cost)
        if calls:
            return self._work_calls(run, checkpoint, response)
        text = _said(response)
        run.output, run.summary = text, _first_sentence(text)
        self._finish(run, RunState.SUCCEEDED, "Finished")
        return False

    def _words(self, calls: list[ToolCallPart]) -> str:
        if not calls:
            return "Wrote the result"
        titles = Counter(tool.title if (tool := self.ports.tools.get(c.tool_name)) else c.tool_name for c in calls)
        said = (title.lower() + (f" ({n} times)" if n > 1 else "") for title, n in titles.items())
        return "Decided what to do next: " + ", ".join(said)

    def _retry_later(self, run: Run, failure: ProviderFailed) -> bool:
        """Wait for the provider without a worker, until the step's total deadline has passed."""
        run.attempts += 1
        wait = failure.retry_after or BACKOFF_SECONDS[min(run.attempts, len(BACKOFF_SECONDS)) - 1]
        again = now() + timedelta(seconds=wait)
        deadline = (run.step_since or now()) + timedelta(seconds=self.ports.model_deadline_seconds)
        if not failure.passing or again >= deadline:
            return self._fail(run, failure.name, failure.detail)
        title = f"{SENTENCES[failure.name]} Trying again in {wait:g} s"
        append(run, EventKind.NOTE, title, tone="warn", detail={"error": failure.name, "detail": failure.detail})
        _release(run, RunState.QUEUED, wake_at=again)
        db.session.commit()
        return False

    # --- the calls of one turn -----------------------------------------------------------------

    def _work_calls(self, run: Run, checkpoint: RunCheckpoint, response: ModelResponse) -> bool:
        calls = [p for p in response.parts if isinstance(p, ToolCallPart)]
        waits: list[Permit] = []
        reads: list[tuple[ToolCallPart, Reading]] = []
        for index, call in enumerate(calls):
            if call.tool_call_id in checkpoint.results:
                continue
            outcome = self._one(run, call, f"{run.public_id}:{run.step}:{index}", _said(response))
            if outcome is None:
                return False
            run, checkpoint = self._load(), db.session.get_one(RunCheckpoint, self.lease.run_id)
            if isinstance(outcome, Permit):
                waits.append(outcome)
            elif isinstance(outcome, Reading):
                reads.append((call, outcome))
            else:
                _keep(checkpoint, call, outcome)
        if reads:
            run, checkpoint = self._read_all(reads)
        if waits:
            return self._wait(run, waits)
        parts = [_returned(call, checkpoint.results[call.tool_call_id]) for call in calls]
        checkpoint.history = checkpoint.history + prompt.dump([ModelRequest(parts=parts)])
        checkpoint.results = {}
        return True

    def _one(self, run: Run, call: ToolCallPart, key: str, said: str) -> Settled | Permit | Reading | None:
        """Settle one call: a result, a permit to wait for, something to read, or None when the run had to stop."""
        try:
            proposal = self._proposal(run, call, key, said)
        except ToolRefused as refusal:
            append(run, EventKind.TOOL_CALL, f"Not done: {refusal.sentence}", tone="warn", detail=_raw(call))
            return Settled("failed", refusal.sentence)
        if self._must_stop(run):
            return None
        if off := self._switched_off(run, proposal.tool):
            append(run, EventKind.TOOL_CALL, f"Not done: {off}", tone="warn", detail=_raw(call))
            return Settled("denied", off)
        effect = journal.find(key)
        if effect is not None and effect.state in (EffectState.SUCCEEDED, EffectState.FAILED):
            return Settled("success" if effect.state == EffectState.SUCCEEDED else "failed", effect.result)
        permit = self._permit(proposal, effect)
        if permit.answer is Answer.WAIT:
            return permit
        if permit.answer is Answer.DONE:
            return Settled("success", {"confirmed": permit.words})
        if permit.answer is Answer.DENIED:
            append(run, EventKind.TOOL_CALL, f"Not done: {permit.words}", tone="warn", detail=_raw(call))
            return Settled("denied", permit.words)
        return self._act(proposal, permit)

    def _permit(self, proposal: Proposal, effect: Effect | None) -> Permit:
        """Ask the gate; a call that was cut off is settled from our records where they prove it."""
        if effect is None:
            return self.ports.gate.permit(proposal)
        if effect.state == EffectState.STARTED:
            once = proposal.tool.effect_class(proposal.context) is EffectClass.ONCE
            if not once or proposal.tool.settled(proposal.context) is not None:
                args, card = effect.args, effect.approval_id
                return Permit(Answer.GO, args=args, approval_id=card, is_consumed=card is not None)
            journal.finish(effect.id, EffectState.UNKNOWN, {})
        return self.ports.gate.unknown(proposal)

    def _proposal(self, run: Run, call: ToolCallPart, key: str, said: str) -> Proposal:
        """The call, checked and described. Raises ToolRefused with what the model should know."""
        offered = {tool.name: tool for tool in self._tools(run)}
        tool = offered.get(call.tool_name)
        if tool is None:
            raise ToolRefused(f"There is no tool {call.tool_name!r} here. Available: {', '.join(offered) or 'none'}.")
        try:
            arguments = tool.arguments.model_validate(call.args_as_dict(raise_if_invalid=True))
        except ValidationError as error:
            raise ToolRefused(f"The arguments do not fit {tool.name}: {_problems(error)}") from error
        except (ValueError, AssertionError) as error:
            raise ToolRefused(f"The arguments of {tool.name} are not a JSON object.") from error
        context = self._context(run, key)
        return Proposal(run, key, call.tool_call_id, tool, arguments, context, tool.describe(arguments, context), said)

    def _switched_off(self, run: Run, tool: Tool) -> str:
        """A sentence when a restriction has this kind of action off, else ''."""
        needed = [Capability.SEND_OUTSIDE] * tool.sends_outside + [Capability.MOVE_MONEY] * tool.moves_money
        if all(self.ports.may(run.workspace_id, capability) for capability in needed):
            return ""
        return f"“{tool.title}” is switched off for this workspace at the moment."

    # --- acting --------------------------------------------------------------------------------

    def _act(self, proposal: Proposal, permit: Permit) -> Settled | Permit | Reading:
        """Do it, once. The approval is consumed in the transaction that starts the effect."""
        arguments = proposal.tool.arguments.model_validate(permit.args) if permit.args else proposal.arguments
        proposal = _with(proposal, arguments)
        kind = proposal.tool.effect_class(proposal.context)
        if kind is EffectClass.READ:
            return Reading(proposal, permit)
        if not self._consume(proposal, permit):
            return Permit(Answer.WAIT)
        return self._act_locally(proposal, permit) if kind is EffectClass.LOCAL else self._act_outside(proposal, permit)

    def _consume(self, proposal: Proposal, permit: Permit) -> bool:
        needs = permit.approval_id is not None and not permit.is_consumed
        return not needs or self.ports.gate.consume(permit.approval_id or 0, proposal)

    def _read_all(self, reads: list[tuple[ToolCallPart, Reading]]) -> tuple[Run, RunCheckpoint]:
        """Read everything a turn asks for. It may be slow, so no write lock is held; a crash just reads again."""
        db.session.commit()
        mode = begin_mode.set("DEFERRED")
        found = []
        try:
            with renewing(self.lease, db.engine):
                for call, reading in reads:
                    began = time.monotonic()
                    found.append((call, reading, *_run_tool(reading.proposal), _ms(began)))
        finally:
            db.session.rollback()
            begin_mode.reset(mode)
        run = self._begin()
        checkpoint = db.session.get_one(RunCheckpoint, run.id)
        for call, reading, state, result, took in found:
            self._consume(reading.proposal, reading.permit)
            settled = self._settle(run, reading.proposal, state, result, took, reading.permit.approval_id)
            _keep(checkpoint, call, settled)
        return run, checkpoint

    def _act_locally(self, proposal: Proposal, permit: Permit) -> Settled:
        """Journal row, approval and effect are one transaction: all of it happened, or nothing."""
        began = time.monotonic()
        effect = journal.start(proposal, self.lease, permit.approval_id)
        done = proposal.tool.settled(proposal.context)
        if done is None:
            savepoint = db.session.begin_nested()
            state, result = _run_tool(proposal)
            if state is EffectState.SUCCEEDED:
                savepoint.commit()
            else:
                savepoint.rollback()
        else:
            state, result = EffectState.SUCCEEDED, done
        journal.finish(effect.id, state, result)
        return self._settle(self._load(), proposal, state, result, _ms(began), permit.approval_id)

    def _act_outside(self, proposal: Proposal, permit: Permit) -> Settled | Permit:
        """Started, committed, done, settled. What happened in between is asked of the receiver or a person."""
        effect_id = journal.start(proposal, self.lease, permit.approval_id).id
        done = proposal.tool.settled(proposal.context)
        db.session.commit()
        began = time.monotonic()
        with renewing(self.lease, db.engine):
            state, result = (EffectState.SUCCEEDED, done) if done is not None else _run_tool(proposal, outside=True)
        run = self._begin()
        journal.finish(effect_id, state, result)
        if state is EffectState.UNKNOWN:
            if permit.approval_id is not None:
                self.ports.gate.settle(permit.approval_id, "unknown", "We do not know whether it happened")
            return self.ports.gate.unknown(_with(proposal, proposal.arguments, run))
        return self._settle(run, proposal, state, result, _ms(began), permit.approval_id)

    def _settle(
        self,
        run: Run,
        proposal: Proposal,
        state: EffectState,
        result: dict[str, Any],
        duration_ms: int,
        approval_id: int | None = None,
    ) -> Settled:
        ok = state is EffectState.SUCCEEDED
        tool, checkpoint = proposal.tool, db.session.get_one(RunCheckpoint, run.id)
        checkpoint.read = (checkpoint.read + [_evidence(e) for e in proposal.context.read])[-60:]
        words = tool.phrase(proposal.arguments, result) if ok and tool.phrase else proposal.action.title
        title = words if ok else f"Failed: {result.get('error', proposal.action.title)}"
        detail = {"tool": tool.name, "arguments": proposal.args, "result": result, "key": proposal.call_key}
        append(run, EventKind.TOOL_CALL, title, tone="ok" if ok else "danger", detail=detail, cost=Cost(duration_ms))
        if approval_id is not None:
            self.ports.gate.settle(approval_id, "done" if ok else "failed", title)
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

    # --- ends ----------------------------------------------------------------------------------

    def _wait(self, run: Run, waits: list[Permit]) -> bool:
        times = [w.wake_at for w in waits if w.wake_at is not None]
        run.waiting_since = now()
        _release(run, RunState.AWAITING_APPROVAL, wake_at=min(times) if times else None)
        db.session.commit()
        return False

    def _fail(self, run: Run, name: str, detail: str) -> bool:
        run.error, run.error_detail = name, detail
        run.summary = SENTENCES[name]
        self._finish(run, RunState.FAILED, SENTENCES[name], tone="danger")
        return False

    def _finish(self, run: Run, state: RunState, words: str, *, tone: str = "ok") -> None:
        finish(run, state, words, tone=tone)
        db.session.commit()

    def fail_internally(self) -> None:
        """After an error of ours: the run fails by name and can be retried from this step."""
        db.session.rollback()
        try:
            self._fail(self._begin(), "internal_error", "")
        except LeaseLost:
            db.session.rollback()

    def _tools(self, run: Run) -> list[Tool]:
        return [self.ports.tools[name] for name in run.version.tools if name in self.ports.tools]

    def _context(self, run: Run, key: str) -> ToolContext:
        workspace = db.session.get_one(Workspace, run.workspace_id)
        return ToolContext(
            workspace_id=run.workspace_id,
            run_id=run.id,
            run_public_id=run.public_id,
            effect_key=key,
            team=run.agent.team,
            currency=workspace.currency,
            company_domains=tuple(workspace.domains),
            collections=tuple(run.version.collections),
        )


def finish(run: Run, state: RunState, words: str, *, tone: str = "ok", actor: Any = None) -> None:
    """End a run in `state`: the row, its log and the audit log. Flushes."""
    append(run, EventKind.STATE, words, tone="plain" if state is RunState.CANCELLED else tone)
    run.finished_at = now()
    if not run.summary:
        run.summary = words
    _release(run, state, wake_at=None)
    record(
        f"agent:run:{state.value}",
        f"Run {run.number}: {words}",
        workspace_id=run.workspace_id,
        actor=actor or run.agent,
        subject=f"run:{run.public_id}",
    )


def halt(run: Run) -> None:
    """Stop a run because of the workspace's standing; it goes on from here when that is lifted. Flushes."""
    append(run, EventKind.STATE, "We stopped this run: the workspace may not run agents now", tone="warn")
    _release(run, RunState.HALTED, wake_at=None)
    record(
        "system:run:halted",
        f"Run {run.number} halted by the workspace's standing",
        workspace_id=run.workspace_id,
        subject=f"run:{run.public_id}",
    )


def _release(run: Run, state: RunState, *, wake_at: Any) -> None:
    run.state, run.wake_at, run.lease_owner, run.lease_expires_at = state, wake_at, "", None
    db.session.flush()


def _limit_reached(run: Run) -> str:
    limits = run.version.settings
    if run.step >= int(limits.get("max_steps", MAX_STEPS)):
        return "step_limit"
    if run.input_tokens + run.output_tokens >= int(limits.get("max_tokens", MAX_TOKENS)):
        return "token_limit"
    return ""


def _run_tool(proposal: Proposal, *, outside: bool = False) -> tuple[EffectState, dict[str, Any]]:
    """Call the tool. A refusal is a failure in words; any other error outside leaves the outcome unknown."""
    try:
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


def _with(proposal: Proposal, arguments: BaseModel, run: Run | None = None) -> Proposal:
    """The same call with the arguments that were allowed, described again."""
    return Proposal(
        run or proposal.run,
        proposal.call_key,
        proposal.call_id,
        proposal.tool,
        arguments,
        proposal.context,
        proposal.tool.describe(arguments, proposal.context),
        proposal.purpose,
    )


def _keep(checkpoint: RunCheckpoint, call: ToolCallPart, settled: Settled) -> None:
    """Remember what a call came to, until the whole turn is settled."""
    known = {"outcome": settled.outcome, "content": settled.content}
    checkpoint.results = {**checkpoint.results, call.tool_call_id: known}


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


def _said(response: ModelResponse) -> str:
    return "\n".join(p.content for p in response.parts if isinstance(p, TextPart)).strip()


def _raw(call: ToolCallPart) -> dict[str, Any]:
    return {"tool": call.tool_name, "arguments": call.args if isinstance(call.args, str | dict) else None}


def _first_sentence(text: str) -> str:
    line = next((part.strip(" #*") for part in text.splitlines() if part.strip(" #*")), "")
    head, stop, _ = line.partition(". ")
    sentence = head + "." if stop else line
    return sentence if len(sentence) <= SUMMARY_CHARS else sentence[: SUMMARY_CHARS - 1].rstrip() + "…"


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
