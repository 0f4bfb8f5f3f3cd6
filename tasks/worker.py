"""A worker: one queue, no fork. Premise: every job may run twice or die half-way, and the database knows.

RQ's forking worker protects against jobs that leak or hang, at 9 ms and more per job. Here a run is
fenced by its lease and journal, so a worker's death is harmless: it stays warm, is recycled after
RECYCLE jobs, and the supervisor kills it when a job passes its wall-clock limit (see `deadline`).
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job as RqJob
from rq.utils import now as rq_now
from rq.worker import SimpleWorker, WorkerStatus
from sqlalchemy import delete, or_, update

from app import create_app
from app.db import changed, db, now
from app.extensions import connect_redis
from app.jobs import TABLE, QueuedJob

log = structlog.get_logger()
RECYCLE = 2_000
HEARTBEAT = timedelta(seconds=10)
"""RQ forgets a worker that was silent for worker_ttl and a minute."""
BACKOFF_SECONDS = (2, 10, 60, 300, 900)
_app: Flask | None = None


def the_app() -> Flask:
    """This process's application, made once."""
    global _app
    if _app is None:
        _app = create_app()
    return _app


def adopt(app: Flask) -> None:
    """Use an application made before the fork."""
    global _app
    _app = app


class AppWorker(SimpleWorker):
    """A warm worker that takes a job out of Redis before it begins: what must not be lost is a row.

    RQ's own bookkeeping of started and finished jobs costs 6 ms a job, and nothing here reads it.
    """

    def execute_job(self, job: RqJob, queue: Queue) -> None:
        """Do the job in an application context, with its wall-clock deadline written down for the supervisor."""
        with suppress(RedisError), self.connection.pipeline(transaction=False) as pipe:
            self.set_state(WorkerStatus.BUSY, pipeline=pipe)  # a signal to stop now waits for the job's end
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            pipe.delete(job.key)
            pipe.execute()
        with the_app().app_context():
            try:
                with deadline(float(job.timeout or 300)):
                    job.func(*job.args)
            except Exception:
                log.exception("job.raised", job=job.description, entry=job.id)
            finally:
                db.session.remove()

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say that this worker lives, now and then instead of three times a job."""
        last = self.last_heartbeat
        if pipeline is not None or last is None or rq_now() - last > HEARTBEAT:
            super().heartbeat(timeout, pipeline)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Tell the supervisor until when the job in progress may take (it kills this process after that)."""
    path = _mark()
    path.write_text(str(time.time() + seconds))
    try:
        yield
    finally:
        path.write_text("")


def _mark() -> Path:
    folder: Path = current_app.config["SETTINGS"].data / "workers"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / str(os.getpid())


def perform(row_id: int) -> None:
    """Do a durable job once: take its row, call its function, delete the row with the function's own changes.

    When the function raises, the row stays, to be tried again with growing pauses; after the job's last
    attempt it is kept as failed for people to see.
    """
    row = _take(row_id)
    if row is None:
        return
    job = TABLE[row.name]
    try:
        job.resolve()(*row.args)
        db.session.execute(delete(QueuedJob).where(QueuedJob.id == row_id))
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        log.exception("job.failed", job=job.name, row=row_id)
        _give_back(row_id, job.attempts, f"{type(error).__name__}: {error}"[:500])


def _take(row_id: int) -> QueuedJob | None:
    """The row, leased to us; None when there is nothing to do. Commits."""
    moment = now()
    row = db.session.get(QueuedJob, row_id)
    job = TABLE.get(row.name) if row else None
    if row is None or job is None:
        db.session.rollback()
        return None
    free = update(QueuedJob).where(
        QueuedJob.id == row_id,
        QueuedJob.failed_at.is_(None),
        QueuedJob.due_at <= moment,
        or_(QueuedJob.leased_until.is_(None), QueuedJob.leased_until < moment),
    )
    if row.attempts >= job.attempts:
        changed(free.values(failed_at=moment, error=row.error or "Its worker was killed each time."))
        db.session.commit()
        return None
    until = moment + timedelta(seconds=job.timeout_seconds + 10)
    taken = changed(free.values(leased_until=until, attempts=QueuedJob.attempts + 1))
    db.session.commit()
    return row if taken == 1 else None


def _give_back(row_id: int, attempts: int, error: str) -> None:
    row = db.session.get(QueuedJob, row_id)
    if row is None:
        return
    row.error, row.leased_until = error, None
    row.due_at = now() + timedelta(seconds=BACKOFF_SECONDS[min(row.attempts, len(BACKOFF_SECONDS)) - 1])
    row.failed_at = now() if row.attempts >= attempts else None
    db.session.commit()


def main(queue: str, app: Flask | None = None) -> None:
    """Work on `queue` until told to stop, or until it is time for a fresh process."""
    adopt(app or create_app())
    preload()
    connection = connect_redis(the_app().config["SETTINGS"].redis_url, socket_timeout=30)
    name = f"{queue}-{os.getpid()}-{int(time.time() * 1000)}"
    worker = AppWorker(
        [Queue(queue, connection=connection, serializer="json")],
        name=name,
        connection=connection,
        serializer="json",
        worker_ttl=60,
        maintenance_interval=30,
        log_job_description=False,
    )
    worker.work(max_jobs=RECYCLE, logging_level="WARNING")


def preload() -> None:
    """Import what jobs need once, before the first of them."""
    import tasks.knowledge
    import tasks.mail
    import tasks.runs  # noqa: F401


if __name__ == "__main__":
    import sys

    main(sys.argv[1])
