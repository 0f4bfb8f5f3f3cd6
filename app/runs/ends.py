"""How work on a run ends: for good, for now, or because the workspace may not act."""

from datetime import datetime
from typing import Any

from app.audit.services import record
from app.db import now
from app.runs.log import append
from app.runs.models import EventKind, Run, RunState


def finish(run: Run, state: RunState, words: str, *, tone: str = "ok", actor: Any = None) -> None:
    """End a run in `state`: the row, its log and the audit log. Flushes."""
    append(run, EventKind.STATE, words, tone="plain" if state is RunState.CANCELLED else tone)
    run.finished_at = now()
    if not run.summary:
        run.summary = words
    release(run, state, wake_at=None)
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
    release(run, RunState.HALTED, wake_at=None)
    record(
        "system:run:halted",
        f"Run {run.number} halted by the workspace's standing",
        workspace_id=run.workspace_id,
        subject=f"run:{run.public_id}",
    )


def release(run: Run, state: RunState, *, wake_at: datetime | None) -> None:
    """Give the run out of the worker's hands, in `state` and due at `wake_at`."""
    run.state, run.wake_at, run.lease_owner, run.lease_expires_at = state, wake_at, "", None
