"""Starting, stopping and continuing runs. Callers commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select, update

from app.accounts.models import User
from app.agents.models import Agent, AgentVersion
from app.audit.services import record
from app.db import changed, db, new_public_id, now
from app.errors import Conflict
from app.events import publish
from app.integrations.models import Attachment
from app.jobs import ADVANCE_RUN, enqueue
from app.runs import prompt
from app.runs.ends import finish, halt
from app.runs.errors import NotStartable
from app.runs.lease import FRESH
from app.runs.log import append
from app.runs.models import FINISHED, EventKind, Run, RunCheckpoint, RunState
from app.workspaces.models import Workspace

BATCH = 200
ON_ITS_WAY = timedelta(seconds=2)


def start(agent: Agent, inputs: dict[str, Any], files: list[Attachment], *, by: User | None, start_key: str) -> Run:
    """Start a run of the agent's live version. The same `start_key` again returns the run it started.

    Raises NotStartable when no version is live.
    """
    if not agent.is_live:
        raise NotStartable()
    key = f"{agent.workspace_id}:{start_key}"
    # locked: of two starts with one key the second sees the first, and no two share a number
    workspace = db.session.get_one(Workspace, agent.workspace_id, with_for_update={"of": Workspace})
    if existing := db.session.scalar(select(Run).where(Run.start_key == key)):
        return existing
    version = db.session.get_one(AgentVersion, agent.live_version_id)
    run = Run(
        public_id=new_public_id(),
        workspace=workspace,
        workspace_id=workspace.id,
        number=workspace.next_run_number,
        agent=agent,
        version=version,
        starter=by,
        started_by=by.id if by else None,
        start_key=key,
        input=inputs,
        wake_at=now(),
        seq=0,
    )
    workspace.next_run_number += 1
    db.session.add(run)
    db.session.flush()
    for file in files:
        file.run_id = run.id
    history = prompt.opening(version, inputs, files, workspace=workspace)
    db.session.add(RunCheckpoint(run_id=run.id, history=history, results={}, read=[], labels=[]))
    _log_start(run, agent, version, by)
    enqueue(ADVANCE_RUN, run.id)
    return run


def _log_start(run: Run, agent: Agent, version: AgentVersion, by: User | None) -> None:
    append(run, EventKind.STATE, f"Started by {by.name if by else 'LeenOps'}", tone="plain")
    record(
        "member:run:started",
        f"Started run {run.number} of {agent.name}, version {version.number}",
        workspace_id=run.workspace_id,
        actor=by or ("LeenOps", "system"),
        subject=f"run:{run.public_id}",
        after={"agent": agent.slug, "version": version.number, "input": run.input},
    )


def cancel(run: Run, *, by: User) -> None:
    """Stop a run: at once if nobody works on it, otherwise before its next action. Raises Conflict when finished."""
    asked = changed(
        update(Run)
        .where(Run.id == run.id, Run.state.not_in(FINISHED), Run.cancel_requested_at.is_(None))
        .values(cancel_requested_at=now())
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(run)
    if asked != 1:
        raise Conflict("This run has already finished or is already stopping.")
    append(run, EventKind.NOTE, f"{by.name} asked to stop this run", tone="plain")
    if run.state != RunState.RUNNING or run.lease_expires_at is None:
        finish(run, RunState.CANCELLED, f"Stopped by {by.name}", actor=by)


def retry(run: Run, *, by: User) -> None:
    """Let a failed run go on from the step that failed. Raises Conflict when it has not failed."""
    again = changed(
        update(Run)
        .where(Run.id == run.id, Run.state == RunState.FAILED)
        .values(
            state=RunState.QUEUED, wake_at=now(), attempts=0, step_since=None,
            error="", error_detail="", summary="", finished_at=None,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if again != 1:
        raise Conflict("Only a failed run can be tried again.")
    db.session.refresh(run)
    append(run, EventKind.NOTE, f"{by.name} tried again from this step", tone="plain")
    record(
        "member:run:retried",
        f"Tried run {run.number} again from the failed step",
        workspace_id=run.workspace_id,
        actor=by,
        subject=f"run:{run.public_id}",
    )
    enqueue(ADVANCE_RUN, run.id)


def wake(run: Run, *, at: datetime | None = None) -> None:
    """Something a waiting run waits for has changed: work on it again `at` (now by default).

    The caller holds the run's row. A worker that has the run at this moment comes back to it.
    """
    due = at or now()
    is_waiting = run.state == RunState.AWAITING_APPROVAL
    if is_waiting or (run.state == RunState.RUNNING and (run.wake_at is None or run.wake_at > due)):
        run.wake_at = due
    if due <= now():
        enqueue(ADVANCE_RUN, run.id)


def park(workspace_id: int) -> int:
    """Halt what is queued in a workspace that may not act; running ones stop at their next guard. One batch."""
    queued = select(Run).where(Run.workspace_id == workspace_id, Run.state == RunState.QUEUED)
    runs = _held(queued)
    for run in runs:
        halt(run)
    return len(runs)


def resume(workspace_id: int) -> int:
    """Let halted runs of a workspace go on. One batch; returns how many."""
    halted = select(Run).where(Run.workspace_id == workspace_id, Run.state == RunState.HALTED)
    runs = _held(halted)
    for run in runs:
        run.state, run.wake_at = RunState.QUEUED, now()
        append(run, EventKind.STATE, "Going on: the workspace may run agents again", tone="plain")
        enqueue(ADVANCE_RUN, run.id)
    if runs:
        publish(workspace_id, "runs")
    return len(runs)


def _held(wanted: Select[Run]) -> Sequence[Run]:
    """A batch of these runs as they are now, locked until the commit."""
    batch = wanted.order_by(Run.id).limit(BATCH).with_for_update(of=Run, skip_locked=True)
    return db.session.scalars(batch, execution_options=FRESH).all()


def due_runs(limit: int = 500) -> list[int]:
    """Ids of runs that are due and that nobody holds, oldest first: what the reconciler pushes again.

    A run that has just been started is left out: its own push is on its way.
    """
    moment = now()
    return list(
        db.session.scalars(
            select(Run.id)
            .where(
                Run.state.in_((RunState.QUEUED, RunState.RUNNING, RunState.AWAITING_APPROVAL)),
                Run.wake_at <= moment,
                or_(Run.lease_expires_at.is_(None), Run.lease_expires_at < moment),
                or_(Run.state != RunState.QUEUED, Run.attempts > 0, Run.created_at < moment - ON_ITS_WAY),
            )
            .order_by(Run.wake_at)
            .limit(limit)
        )
    )
