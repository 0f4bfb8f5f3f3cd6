"""Who may work on a run. A claim raises the fencing token; every write of a step is conditional on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import joinedload

from app.db import Base, db, now
from app.runs.models import Run, RunState

FRESH = {"populate_existing": True, "autoflush": False}
"""For reading a row anew at the start of a transaction, before anything of it was changed."""
CLAIMABLE = (RunState.QUEUED, RunState.RUNNING, RunState.AWAITING_APPROVAL)


class LeaseLost(Exception):
    """Someone else works on this run, or nobody may any more. Stop without writing."""


@dataclass(frozen=True)
class Lease:
    """The right to write to one run until it is released, expires, or is claimed again."""

    run_id: int
    token: int
    seconds: int


RUNS = Base.metadata.tables[Run.__tablename__]
_CLAIM = (
    update(RUNS)
    .where(
        RUNS.c.id == bindparam("run"),
        RUNS.c.state.in_(CLAIMABLE),
        RUNS.c.wake_at <= bindparam("moment"),
        or_(RUNS.c.lease_expires_at.is_(None), RUNS.c.lease_expires_at < bindparam("moment")),
    )
    .values(
        state=RunState.RUNNING,
        lease_owner=bindparam("owner"),
        lease_token=RUNS.c.lease_token + 1,
        lease_expires_at=bindparam("until"),
    )
    .returning(RUNS.c.lease_token)
)
_MINE = (
    select(Run)
    .where(Run.id == bindparam("run"), Run.lease_token == bindparam("token"), Run.state == RunState.RUNNING)
    .options(joinedload(Run.workspace, innerjoin=True), joinedload(Run.checkpoint))
    .with_for_update(of=Run)
    .execution_options(**FRESH)
)


def claim(run_id: int, *, owner: str, seconds: int) -> Lease | None:
    """Take the run if it is due and nobody holds it; None otherwise. Flushes; the caller commits."""
    moment = now()
    given = {"run": run_id, "moment": moment, "owner": owner, "until": moment + timedelta(seconds=seconds)}
    token = db.session.scalar(_CLAIM, given)
    return Lease(run_id, token, seconds) if token is not None else None


def hold(lease: Lease) -> Run:
    """The run as it is now, with its agent, workspace and checkpoint, held in the present transaction.

    Until its commit nobody else changes the run's row: PostgreSQL locks it, SQLite the whole file.
    Renews the lease. Raises LeaseLost.
    """
    run = db.session.scalar(_MINE, {"run": lease.run_id, "token": lease.token})
    if run is None:
        db.session.rollback()
        raise LeaseLost
    run.lease_expires_at = now() + timedelta(seconds=lease.seconds)
    return run


@contextmanager
def renewing(lease: Lease, engine: Engine) -> Iterator[None]:
    """Keep the lease alive while the caller works, however long it waits for the world outside.

    A thread of its own renews every third of the lease; a lost lease is found out at the next `hold`.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.seconds / 3):
            with engine.begin() as connection:
                connection.execute(
                    update(Run)
                    .where(Run.id == lease.run_id, Run.lease_token == lease.token, Run.state == RunState.RUNNING)
                    .values(lease_expires_at=now() + timedelta(seconds=lease.seconds))
                )

    thread = threading.Thread(target=renew, name=f"lease-{lease.run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
