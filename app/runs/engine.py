"""The run engine: a loop over checkpointed steps that may die anywhere and goes on where it was.

load checkpoint -> guard (lease, cancel, standing) -> model call -> checkpoint -> for each tool call:
gate (rules, people) -> journal -> act. It takes ports and knows neither Flask nor RQ nor approvals.

No transaction is open while a model or the outside world is awaited. What only touches our own rows
shares one commit; what leaves the database is journalled as started, committed, done, and settled.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from sqlalchemy.exc import OperationalError

from app.db import db, now
from app.runs import handing_over, prompt
from app.runs.calls import Calls, said
from app.runs.ends import release
from app.runs.errors import SENTENCES, ProviderFailed
from app.runs.held import Held
from app.runs.lease import Lease, LeaseLost, claim, keeper
from app.runs.log import Cost, append
from app.runs.models import EventKind, Run, RunState
from app.runs.ports import Ports
from app.runs.providers import Turn, ask

log = structlog.get_logger()
MAX_STEPS = 20
MAX_TOKENS = 400_000
BACKOFF_SECONDS = (1, 3, 8, 20, 45)


def advance(run_id: int, ports: Ports) -> None:
    """Work on a due run until it finishes, waits, or is taken away. Safe to call any number of times.

    Commits as it goes. A run that is not due, or held by a live lease, is left alone.
    """
    with _rows_kept():
        lease = claim(run_id, owner=ports.owner, seconds=ports.lease_seconds)
        if lease is None:
            db.session.rollback()
            return
        try:
            with keeper.renewing(lease, db.engine):
                Work(Held(lease, ports)).go()
        except LeaseLost:
            log.info("run.lease_lost", run=run_id, token=lease.token)
        except OperationalError:
            db.session.rollback()  # the database is busy or away: the lease runs out and the reconciler tries again
            raise
        except Exception:
            log.exception("run.engine_failed", run=run_id)
            _fail_internally(lease, ports)


@contextmanager
def _rows_kept() -> Iterator[None]:
    """Rows stay loaded across commits, and changes are written with the commit.

    What may have changed meanwhile is read again by `hold`, at one place.
    """
    session = db.session()
    session.expire_on_commit = session.autoflush = False
    try:
        yield
    finally:
        session.expire_on_commit = session.autoflush = True
        session.expire_all()


def _fail_internally(lease: Lease, ports: Ports) -> None:
    """After an error of ours: the run fails by name and can be retried from this step."""
    db.session.rollback()
    try:
        Work(Held(lease, ports)).fail("internal_error", "")
    except LeaseLost:
        db.session.rollback()


class Work:
    """One worker's turn at one run."""

    def __init__(self, held: Held) -> None:
        self.held = held

    @property
    def run(self) -> Run:
        return self.held.run

    def go(self) -> None:
        """Step by step, until there is nothing more to do for now."""
        run = self.run
        if run.waiting_since is not None:
            run.waiting_ms += int((now() - run.waiting_since).total_seconds() * 1000)
            run.waiting_since = None
        run.started_at = run.started_at or now()
        while self._step():
            pass

    def _step(self) -> bool:
        """One model turn with its calls. False when there is nothing more to do for now."""
        if self.held.must_stop():
            return False
        messages = prompt.load(self.held.checkpoint.history)
        last = messages[-1]
        return self._work_on(last) if isinstance(last, ModelResponse) else self._think(messages)

    def _work_on(self, response: ModelResponse) -> bool:
        """What the model answered: calls to settle, or the result to hand over."""
        has_calls = any(isinstance(part, ToolCallPart) for part in response.parts)
        return Calls(self.held, response).work() if has_calls else handing_over.hand_over(self.held, said(response))

    # --- the model -----------------------------------------------------------------------------

    def _think(self, messages: list[ModelMessage]) -> bool:
        if limit := _limit_reached(self.run):
            return self.fail(limit, "")
        self.run.step_since = self.run.step_since or now()
        try:
            model = self.held.ports.model(self.run)
        except ProviderFailed as failure:
            return self.fail(failure.name, failure.detail)
        parameters = prompt.offered(list(self.held.tools.values()))
        with self.held.let_go():
            began = time.monotonic()
            turn = _asked(model, messages, parameters, self.held.ports.model_timeout_seconds)
            took = int((time.monotonic() - began) * 1000)
        return self._retry_later(turn) if isinstance(turn, ProviderFailed) else self._take(turn, took)

    def _take(self, turn: Turn, duration_ms: int) -> bool:
        """Checkpoint the answer and go on with it, in the transaction that will settle its calls."""
        run, response, usage = self.run, turn.response, turn.response.usage
        self.held.checkpoint.history = self.held.checkpoint.history + prompt.dump([response])
        run.step, run.attempts, run.step_since = run.step + 1, 0, None
        calls = [p for p in response.parts if isinstance(p, ToolCallPart)]
        text = said(response)
        detail = {"model": response.model_name, "said": text, "calls": [c.tool_name for c in calls]}
        cost = Cost(duration_ms, usage.input_tokens or 0, usage.output_tokens or 0, turn.cost_microdollars)
        append(run, EventKind.MODEL_CALL, self._words(calls), detail=detail, cost=cost)
        return self._work_on(response)

    def _words(self, calls: list[ToolCallPart]) -> str:
        if not calls:
            return "Wrote the result"
        tools = self.held.ports.tools
        titles = Counter(tool.title if (tool := tools.get(c.tool_name)) else c.tool_name for c in calls)
        named = (title.lower() + (f" ({n} times)" if n > 1 else "") for title, n in titles.items())
        return "Decided what to do next: " + ", ".join(named)

    def _retry_later(self, failure: ProviderFailed) -> bool:
        """Wait for the provider without a worker, until the step's total deadline has passed."""
        run = self.run
        run.attempts += 1
        wait = failure.retry_after or BACKOFF_SECONDS[min(run.attempts, len(BACKOFF_SECONDS)) - 1]
        again = now() + timedelta(seconds=wait)
        deadline = (run.step_since or now()) + timedelta(seconds=self.held.ports.model_deadline_seconds)
        if not failure.passing or again >= deadline:
            return self.fail(failure.name, failure.detail)
        title = f"{SENTENCES[failure.name]} Trying again in {wait:g} s"
        append(run, EventKind.NOTE, title, tone="warn", detail={"error": failure.name, "detail": failure.detail})
        release(run, RunState.QUEUED, wake_at=again)
        db.session.commit()
        return False

    def fail(self, name: str, detail: str) -> bool:
        """End the run by the name of an error. Commits; returns False."""
        self.held.fail(name, detail)
        return False


def _asked(
    model: Model, messages: list[ModelMessage], parameters: ModelRequestParameters, timeout_seconds: float
) -> Turn | ProviderFailed:
    try:
        return ask(model, messages, parameters, timeout_seconds=timeout_seconds)
    except ProviderFailed as failure:
        return failure


def _limit_reached(run: Run) -> str:
    limits = run.version.settings
    if run.step >= int(limits.get("max_steps", MAX_STEPS)):
        return "step_limit"
    if run.input_tokens + run.output_tokens >= int(limits.get("max_tokens", MAX_TOKENS)):
        return "token_limit"
    return ""
