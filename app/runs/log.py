"""The run's append-only log, numbered without gaps.

The number of the last line and the totals stand in the run's row, so whoever adds a line holds that row.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from app.db import Base, db, now
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
_LINE = insert(Base.metadata.tables[RunEvent.__tablename__])


def append(
    run: Run, kind: EventKind, title: str, *, tone: str = "ok", detail: dict[str, Any] | None = None, cost: Cost = FREE
) -> None:
    """Add one line to `run`'s log and to its totals; open browsers hear of it after the commit.

    The caller holds the run's row and has read it since: it is new, or comes from `hold` or `locked`.
    """
    run.seq += 1
    if cost is not FREE:
        run.working_ms += cost.duration_ms
        run.input_tokens += cost.input_tokens
        run.output_tokens += cost.output_tokens
        run.cost_microdollars += cost.microdollars
    line = {
        "workspace_id": run.workspace_id,
        "run_id": run.id,
        "seq": run.seq,
        "kind": kind,
        "tone": tone,
        "title": title,
        "detail": detail or {},
        "at": now(),
        "duration_ms": cost.duration_ms,
        "input_tokens": cost.input_tokens,
        "output_tokens": cost.output_tokens,
        "cost_microdollars": cost.microdollars,
    }
    db.session.execute(_LINE, line)
    publish(run.workspace_id, f"run-{run.public_id}", "runs")
