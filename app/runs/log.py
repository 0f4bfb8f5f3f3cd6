"""The run's append-only log, numbered without gaps: the number is taken from the run's row in one statement."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from app.db import db, now
from app.events import publish
from app.runs.models import EventKind, Run, RunEvent


@dataclass(frozen=True)
class Cost:
    """What a step used."""

    duration_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    microdollars: int = 0


FREE = Cost()


def append(
    run: Run, kind: EventKind, title: str, *, tone: str = "ok", detail: dict[str, Any] | None = None, cost: Cost = FREE
) -> RunEvent:
    """Add one line to `run`'s log and to its totals; open browsers hear of it after the commit."""
    seq = db.session.scalar(
        update(Run)
        .where(Run.id == run.id)
        .values(
            seq=Run.seq + 1,
            working_ms=Run.working_ms + cost.duration_ms,
            input_tokens=Run.input_tokens + cost.input_tokens,
            output_tokens=Run.output_tokens + cost.output_tokens,
            cost_microdollars=Run.cost_microdollars + cost.microdollars,
        )
        .returning(Run.seq)
        .execution_options(synchronize_session=False)
    )
    event = RunEvent(
        workspace_id=run.workspace_id,
        run_id=run.id,
        seq=seq,
        kind=kind,
        tone=tone,
        title=title,
        detail=detail or {},
        at=now(),
        duration_ms=cost.duration_ms,
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
        cost_microdollars=cost.microdollars,
    )
    db.session.add(event)
    publish(run.workspace_id, f"run-{run.public_id}", "runs")
    return event
