"""Who may work on a run. A claim raises the fencing token; every write of a step is conditional on it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload

from app.db import Base, db, now
from app.runs.models import Run, RunState

log = structlog.get_logger()
LOOK_SECONDS = 0.25
IDLE_SECONDS = 10
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
    .options(joinedload(Run.workspace, innerjoin=True))
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
    """The run as it is now, with its agent and workspace, held in the present transaction.

    Until its commit nobody else changes the run's row: PostgreSQL locks it, SQLite the whole file.
    Renews the lease. Raises LeaseLost.
    """
    run = db.session.scalar(_MINE, {"run": lease.run_id, "token": lease.token})
    if run is None:
        db.session.rollback()
        raise LeaseLost
    run.lease_expires_at = now() + timedelta(seconds=lease.seconds)
    return run


class Keeper:
    """Keeps this process's leases alive while their holders wait for the world outside, however long that takes.

    One thread renews each lease every third of its time and ends when there has been none for a while; a
    lease that was lost is found out at the next `hold`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[Lease, tuple[Engine, float]] = {}
        """When each lease is renewed next, on the monotonic clock."""
        self._thread: threading.Thread | None = None

    @contextmanager
    def renewing(self, lease: Lease, engine: Engine) -> Iterator[None]:
        """Inside, the lease does not run out."""
        with self._lock:
            self._due[lease] = engine, time.monotonic() + lease.seconds / 3
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="lease-keeper", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(lease, None)

    def _work(self) -> None:
        idle_since = time.monotonic()
        while True:
            time.sleep(LOOK_SECONDS)
            clock = time.monotonic()
            with self._lock:
                due = [(lease, engine) for lease, (engine, at) in self._due.items() if at <= clock]
                self._due |= {lease: (engine, clock + lease.seconds / 3) for lease, engine in due}
                idle_since = clock if self._due else idle_since
                if clock - idle_since > IDLE_SECONDS:
                    self._thread = None
                    return
            for lease, engine in due:
                _renew(lease, engine)


def _renew(lease: Lease, engine: Engine) -> None:
    mine = (RUNS.c.id == lease.run_id, RUNS.c.lease_token == lease.token, RUNS.c.state == RunState.RUNNING)
    until = now() + timedelta(seconds=lease.seconds)
    try:
        with engine.begin() as connection:
            connection.execute(update(RUNS).where(*mine).values(lease_expires_at=until))
    except SQLAlchemyError as error:
        log.warning("lease.not_renewed", run=lease.run_id, error=type(error).__name__)


keeper = Keeper()
