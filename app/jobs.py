"""The table of jobs and the only way to queue one. The only import of rq in app/.

A job is a row first and a Redis entry second: `enqueue` writes the row in the caller's transaction and,
once committed, pushes its id to Redis as the fast path. Redis may lose everything; the reconciler
pushes again what is due and not leased. Runs need no row of their own: the run row says what is due.
Arguments are ids, never content: they show in logs and in Redis.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy.orm import Mapped

from app.db import Base, after_commit, code, created, db, json_list, now, pk, utc

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """One kind of work: where its function lives, which queue carries it, how long it may take."""

    name: str
    path: str
    queue: str
    timeout_seconds: int
    attempts: int = 5
    durable: bool = True
    """Has a row in `queued_jobs`; False for what another row already remembers."""

    def resolve(self) -> Any:
        """The function. Raises ImportError or AttributeError when the path is wrong."""
        module, _, name = self.path.rpartition(".")
        return getattr(import_module(module), name)


class QueuedJob(Base):
    """A piece of work that must happen at least once; gone when it has."""

    __tablename__ = "queued_jobs"
    id: Mapped[pk]
    name: Mapped[code]
    args: Mapped[json_list]
    due_at: Mapped[utc]
    attempts: Mapped[int] = db.mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[created]


ADVANCE_RUN = Job("advance_run", "tasks.runs.advance", "runs", 900, durable=False)
PARSE_DOCUMENT = Job("parse_document", "tasks.knowledge.parse", "work", 300)
MAIL_RESET = Job("mail_reset", "tasks.accounts.mail_reset", "work", 60)
DELIVER_MAIL = Job("deliver_mail", "tasks.mail.deliver", "work", 60)
PARK_RUNS = Job("park_runs", "tasks.runs.park", "work", 300)
RESUME_RUNS = Job("resume_runs", "tasks.runs.resume", "work", 300)
SEND_NOTICE = Job("send_notice", "tasks.notices.send", "work", 300)

_ALL = (ADVANCE_RUN, PARSE_DOCUMENT, MAIL_RESET, DELIVER_MAIL, PARK_RUNS, RESUME_RUNS, SEND_NOTICE)
TABLE: dict[str, Job] = {j.name: j for j in _ALL}
QUEUES = ("runs", "work")


def enqueue(job: Job, *args: int | str, due_at: datetime | None = None) -> None:
    """Queue `job` with ids as arguments, in the caller's transaction.

    With `due_at` in the future nothing is pushed now; the clock pushes it when it is due.
    """
    due = due_at or now()
    row = None
    if job.durable:
        row = QueuedJob(name=job.name, args=list(args), due_at=due)
        db.session.add(row)
        db.session.flush()
    if due <= now():
        redis: Redis = current_app.extensions["redis"]
        pushed = (row.id,) if row is not None else args
        after_commit(lambda: push(redis, job, *pushed))


def push(redis: Redis, job: Job, *args: int | str) -> bool:
    """Hand a committed job to Redis. False when Redis is away: the reconciler does it later."""
    path = "tasks.worker.perform" if job.durable else job.path
    try:
        Queue(job.queue, connection=redis, serializer="json").enqueue_call(
            path, args=args, timeout=job.timeout_seconds, result_ttl=0, failure_ttl=3600, description=job.name
        )
    except RedisError as error:
        log.warning("jobs.push_failed", job=job.name, error=type(error).__name__)
        return False
    return True
