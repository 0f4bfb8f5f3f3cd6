"""The clock and the reconciler: what is due is pushed, what was lost is pushed again, what is late expires.

One pass is cheap and safe to run in several processes: every effect is a conditional update or a claim.
"""

import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from flask import Flask, current_app
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.approvals.deadlines import take_steps
from app.db import db, now
from app.jobs import ADVANCE_RUN, TABLE, QueuedJob, push
from app.runs.services import due_runs

log = structlog.get_logger()
TICK_SECONDS = 0.5


@dataclass
class Passes:
    """What one pass did, and when each thing was last pushed, so that a busy queue is not flooded."""

    pushed: dict[str, float] = field(default_factory=dict)

    def fresh(self, key: str, again_seconds: float) -> bool:
        """Whether `key` was not pushed in the last `again_seconds`; notes that it is now."""
        clock = time.monotonic()
        if clock - self.pushed.get(key, -1e9) < again_seconds:
            return False
        self.pushed[key] = clock
        if len(self.pushed) > 20_000:
            self.pushed = {k: t for k, t in self.pushed.items() if clock - t < again_seconds}
        return True


def reconcile(passes: Passes | None = None) -> dict[str, int]:
    """One pass. Commits. Returns how many runs and jobs were pushed and cards expired."""
    passes = passes or Passes()
    again = current_app.config["SETTINGS"].reconcile_seconds
    expired = take_steps()
    db.session.commit()
    runs = [i for i in due_runs() if passes.fresh(f"run:{i}", again)]
    jobs = [(i, name) for i, name in _due_jobs() if passes.fresh(f"job:{i}", again)]
    db.session.rollback()
    redis = current_app.extensions["redis"]
    sent_runs = _until_refused(push(redis, ADVANCE_RUN, run_id) for run_id in runs)
    sent_jobs = _until_refused(push(redis, TABLE[name], row_id) for row_id, name in jobs)
    return {"runs": sent_runs, "jobs": sent_jobs, "expired": expired}


def _until_refused(results: Iterable[bool]) -> int:
    """Count pushes; stop at the first that Redis refuses."""
    count = 0
    for sent in results:
        if not sent:
            break
        count += 1
    return count


def _due_jobs(limit: int = 500) -> list[tuple[int, str]]:
    moment = now()
    query = select(QueuedJob.id, QueuedJob.name).where(
        QueuedJob.name.in_(TABLE),  # a newer release may have left others
        QueuedJob.failed_at.is_(None),
        QueuedJob.due_at <= moment,
        or_(QueuedJob.leased_until.is_(None), QueuedJob.leased_until < moment),
    )
    return [(i, name) for i, name in db.session.execute(query.order_by(QueuedJob.due_at).limit(limit))]


def main(app: Flask | None = None) -> None:
    """Tick until told to stop."""
    app = app or create_app()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    passes = Passes()
    while not stop.wait(TICK_SECONDS):
        with app.app_context():
            try:
                reconcile(passes)
            except SQLAlchemyError:
                log.exception("clock.database_failed")
                db.session.rollback()


if __name__ == "__main__":
    main()
