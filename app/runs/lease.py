"""Who may work on a run. A claim raises the fencing token; every write of a step is conditional on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.engine import Engine

from app.db import changed, db, now
from app.runs.models import Run, RunState

CLAIMABLE = (RunState.QUEUED, RunState.RUNNING, RunState.AWAITING_APPROVAL)


class LeaseLost(Exception):
    """Someone else works on this run, or nobody may any more. Stop without writing."""


@dataclass(frozen=True)
class Lease:
    """The right to write to one run until it is released, expires, or is claimed again."""

    run_id: int
    token: int
    seconds: int


def claim(run_id: int, *, owner: str, seconds: int) -> Lease | None:
    """Take the run if it is due and nobody holds it; None otherwise. Flushes; the caller commits."""
    moment = now()
    token = db.session.scalar(
        update(Run)
        .where(
            Run.id == run_id,
            Run.state.in_(CLAIMABLE),
            Run.wake_at <= moment,
            or_(Run.lease_expires_at.is_(None), Run.lease_expires_at < moment),
        )
        .values(
            state=RunState.RUNNING,
            lease_owner=owner,
            lease_token=Run.lease_token + 1,
            lease_expires_at=moment + timedelta(seconds=seconds),
        )
        .returning(Run.lease_token)
        .execution_options(synchronize_session=False)
    )
    return Lease(run_id, token, seconds) if token is not None else None


def hold(lease: Lease) -> None:
    """Prove the lease inside the current transaction and renew it. Raises LeaseLost.

    On PostgreSQL this also locks the row, so a cancel or a new claim waits for this step's commit.
    """
    moment = now()
    held = changed(
        update(Run)
        .where(Run.id == lease.run_id, Run.lease_token == lease.token, Run.state == RunState.RUNNING)
        .values(lease_expires_at=moment + timedelta(seconds=lease.seconds))
        .execution_options(synchronize_session=False)
    )
    if held != 1:
        db.session.rollback()
        raise LeaseLost


@contextmanager
def renewing(lease: Lease, engine: Engine) -> Iterator[None]:
    """Keep the lease alive while the caller waits for something slow outside a transaction.

    A thread of its own renews every third of the lease; a lost lease is found out at the next `hold`.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.seconds / 3):
            with engine.begin() as connection:
                connection.execute(
                    update(Run)
                    .where(Run.id == lease.run_id, Run.lease_token == lease.token)
                    .values(lease_expires_at=now() + timedelta(seconds=lease.seconds))
                )

    thread = threading.Thread(target=renew, name=f"lease-{lease.run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
