"""Reading runs, always within one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.agents.models import Agent
from app.db import db
from app.errors import NotFound
from app.runs.models import Run, RunEvent, RunState

PAGE = 50
STEPS_SHOWN = 200
WORKING = (RunState.QUEUED, RunState.RUNNING)
FILTERS: dict[str, tuple[RunState, ...]] = {
    "working": WORKING,
    "waiting": (RunState.AWAITING_APPROVAL,),
    "finished": (RunState.SUCCEEDED,),
    "failed": (RunState.FAILED,),
    "stopped": (RunState.CANCELLED, RunState.HALTED),
}


@dataclass(frozen=True)
class Page:
    """One page of a list, newest first; `before` leads to the next."""

    rows: Sequence[Run]
    before: int | None


def get_run(public_id: str, *, workspace_id: int) -> Run:
    """The run, if it is this workspace's. Raises NotFound."""
    run = db.session.scalar(select(Run).where(Run.public_id == public_id, Run.workspace_id == workspace_id))
    if run is None:
        raise NotFound()
    return run


def runs(workspace_id: int, *, state: str = "", agent: Agent | None = None, before: int | None = None) -> Page:
    """Runs of a workspace, newest first, paged by id."""
    query = select(Run).where(Run.workspace_id == workspace_id)
    if state in FILTERS:
        query = query.where(Run.state.in_(FILTERS[state]))
    if agent is not None:
        query = query.where(Run.agent_id == agent.id)
    if before:
        query = query.where(Run.id < before)
    rows = db.session.scalars(query.order_by(Run.id.desc()).limit(PAGE + 1)).unique().all()
    return Page(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def events(run: Run, *, limit: int = STEPS_SHOWN) -> Sequence[RunEvent]:
    """The run's log, oldest first; only the last `limit` lines of a long one."""
    query = select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.seq.desc()).limit(limit)
    return db.session.scalars(query).all()[::-1]


def working_count(workspace_id: int) -> int:
    """How many runs are queued or running, counted up to 99."""
    some = select(Run.id).where(Run.workspace_id == workspace_id, Run.state.in_(WORKING)).limit(99).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0
