"""Durable jobs: done once or kept for another try, whatever Redis, a crash or a wrong function does to them."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from redis import Redis
from rq import Queue
from rq.job import Job as RqJob
from rq.worker import SimpleWorker
from sqlalchemy import select

import tasks.worker
from app.config import Settings
from app.db import after_commit, db, now
from app.extensions import connect_redis
from app.jobs import TABLE, Job, QueuedJob, enqueue, push
from app.workspaces.models import Workspace
from tasks.schedule import Passes, reconcile
from tasks.worker import BACKOFF_SECONDS, AppWorker, adopt, deadline, perform
from tests.factories import a_workspace

SEEN: list[Any] = []


def rename(workspace_id: int) -> None:
    """A job that changes one row, and does not commit."""
    SEEN.append("rename")
    db.session.get_one(Workspace, workspace_id).name = "Renamed"
    db.session.flush()
    after_commit(lambda: SEEN.append(_as_others_see_it(workspace_id)))


def rename_and_break(workspace_id: int) -> None:
    """A job that changes one row and then cannot go on."""
    rename(workspace_id)
    raise RuntimeError("the disk is full")


def be_killed(workspace_id: int) -> None:
    """A job whose process ends in the middle of it."""
    rename(workspace_id)
    raise _Killed


def stop_and_rename(workspace_id: int) -> None:
    """A job in the middle of which its worker is told to stop."""
    os.kill(os.getpid(), signal.SIGTERM)
    db.session.get_one(Workspace, workspace_id).name = "Stopped"
    db.session.commit()


def rename_and_commit(workspace_id: int) -> None:
    rename(workspace_id)
    db.session.commit()


def look_around(workspace_id: int) -> None:
    """A job that notes what it finds around it."""
    mark: Path = current_app.config["SETTINGS"].data / "workers" / str(os.getpid())
    name = db.session.get_one(Workspace, workspace_id).name
    SEEN.append({"app": current_app.name, "name": name, "until": float(mark.read_text())})


class _Killed(BaseException):
    pass


def perform_and_die(app: Flask, row_id: int) -> None:
    """Perform it in a process that is killed meanwhile: its session is gone, its row is as it was committed."""
    db.session.commit()
    with app.app_context(), suppress(_Killed):
        perform(row_id)


def _as_others_see_it(workspace_id: int) -> dict[str, Any]:
    """What stands in the database, read on a connection of its own."""
    with db.engine.connect() as other:
        name = other.scalar(select(Workspace.name).where(Workspace.id == workspace_id))
        return {"name": name, "rows": len(other.execute(select(QueuedJob.id)).all())}


@pytest.fixture(autouse=True)
def _own(app: Flask) -> Iterator[None]:
    adopt(app)
    yield
    SEEN.clear()


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """`job(function)`: a kind of durable work, listed in the table as the real ones are."""

    def make(function: Callable[..., None], **fields: Any) -> Job:
        made = Job(function.__name__, f"{__name__}.{function.__name__}", "work", 60, **{"attempts": 3, **fields})
        monkeypatch.setitem(TABLE, made.name, made)
        return made

    return make


def queued(kind: Job, workspace_id: int, *, due_at: datetime | None = None) -> int:
    """Queue it and commit; the row's id."""
    enqueue(kind, workspace_id, due_at=due_at)
    row_id = max(db.session.scalars(select(QueuedJob.id)))
    db.session.commit()
    return row_id


def row(row_id: int) -> QueuedJob | None:
    """The row as it is now, without a lock left behind."""
    db.session.rollback()
    found = db.session.get(QueuedJob, row_id, populate_existing=True)
    db.session.commit()
    return found


def kept(row_id: int) -> QueuedJob:
    found = row(row_id)
    assert found is not None
    return found


def set_row(row_id: int, **values: Any) -> None:
    found = kept(row_id)
    for name, value in values.items():
        setattr(found, name, value)
    db.session.commit()


def name_of(workspace_id: int) -> str:
    db.session.commit()
    return str(_as_others_see_it(workspace_id)["name"])


def waiting(redis: Redis) -> list[RqJob]:
    """What lies in Redis, on both queues."""
    return [found for name in ("runs", "work") for found in Queue(name, connection=redis, serializer="json").jobs]


# ---- doing a job ----


def test_a_job_is_done_and_its_row_goes_in_the_same_commit(job):
    workspace = a_workspace("Old name").id
    row_id = queued(job(rename), workspace)

    perform(row_id)

    assert SEEN == ["rename", {"name": "Renamed", "rows": 0}]
    assert row(row_id) is None


def test_a_job_pushed_twice_is_done_once(job):
    row_id = queued(job(rename), a_workspace().id)

    perform(row_id)
    perform(row_id)

    assert SEEN.count("rename") == 1


def test_a_row_that_is_not_there_is_no_work(app):
    perform(4711)

    assert SEEN == []


def test_a_job_that_raises_changes_nothing_and_stays_with_the_reason(job):
    workspace = a_workspace("Old name").id
    row_id = queued(job(rename_and_break), workspace)

    perform(row_id)

    found = kept(row_id)
    assert name_of(workspace) == "Old name"
    assert (found.attempts, found.leased_until, found.failed_at) == (1, None, None)
    assert found.error == "RuntimeError: the disk is full"


def test_each_failure_waits_longer_than_the_one_before(job):
    row_id = queued(job(rename_and_break, attempts=9), a_workspace().id)
    pauses = []

    for _ in range(6):
        set_row(row_id, due_at=now())
        perform(row_id)
        pauses.append(round((kept(row_id).due_at - now()).total_seconds()))

    assert pauses == [*BACKOFF_SECONDS, BACKOFF_SECONDS[-1]]
    assert sorted(set(pauses)) == list(BACKOFF_SECONDS)


def test_after_its_last_attempt_it_has_failed_and_is_not_taken_again(job, redis):
    row_id = queued(job(rename_and_break, attempts=2), a_workspace().id)
    for _ in range(4):
        set_row(row_id, due_at=now())
        perform(row_id)
    redis.flushdb()

    assert SEEN.count("rename") == 2
    assert kept(row_id).failed_at is not None
    assert reconcile()["jobs"] == 0 and waiting(redis) == []


def test_an_error_text_of_any_length_fits(job, monkeypatch):
    row_id = queued(job(rename_and_break), a_workspace().id)
    monkeypatch.setitem(TABLE, "rename_and_break", Job("rename_and_break", "no." + "x" * 2_000, "work", 60))

    perform(row_id)

    assert kept(row_id).error is not None and len(kept(row_id).error or "") <= 500


def test_a_job_leased_by_someone_else_is_left_to_them(job):
    row_id = queued(job(rename), a_workspace().id)
    set_row(row_id, leased_until=now() + timedelta(seconds=30), attempts=1)

    perform(row_id)

    assert SEEN == [] and kept(row_id).attempts == 1


def test_a_lease_that_ran_out_can_be_taken(job):
    row_id = queued(job(rename), a_workspace().id)
    set_row(row_id, leased_until=now() - timedelta(seconds=1), attempts=1)

    perform(row_id)

    assert SEEN[0] == "rename" and row(row_id) is None


def test_a_job_is_leased_for_longer_than_it_may_take(job, app):
    row_id = queued(job(be_killed), a_workspace().id)

    perform_and_die(app, row_id)

    left = kept(row_id).leased_until
    assert left is not None and left > now() + timedelta(seconds=TABLE["be_killed"].timeout_seconds)


def test_a_job_whose_worker_was_killed_keeps_its_row_and_changes_nothing(job, app, redis):
    workspace = a_workspace("Old name").id
    row_id = queued(job(be_killed), workspace)
    redis.flushdb()
    perform_and_die(app, row_id)
    assert name_of(workspace) == "Old name"
    assert reconcile()["jobs"] == 0

    set_row(row_id, leased_until=now() - timedelta(seconds=1))

    assert reconcile()["jobs"] == 1 and len(waiting(redis)) == 1


def test_a_job_that_kills_its_worker_each_time_is_given_up_too(job, app):
    row_id = queued(job(be_killed, attempts=2), a_workspace().id)

    for _ in range(4):
        set_row(row_id, leased_until=None)
        perform_and_die(app, row_id)

    assert SEEN.count("rename") == 2
    assert kept(row_id).failed_at is not None


def test_a_job_of_tomorrow_is_not_done_today(job):
    row_id = queued(job(rename), a_workspace().id, due_at=now() + timedelta(days=1))

    perform(row_id)

    assert SEEN == [] and kept(row_id).attempts == 0


# ---- Redis, the fast path ----


def test_a_committed_job_is_in_redis_with_its_row_id_alone(job, redis):
    workspace = a_workspace("Secret plans").id

    row_id = queued(job(rename), workspace)

    [pushed] = waiting(redis)
    assert (pushed.func_name, list(pushed.args), pushed.origin) == ("tasks.worker.perform", [row_id], "work")


def test_a_rollback_pushes_nothing_and_leaves_no_row(job, redis):
    enqueue(job(rename), a_workspace().id)
    db.session.rollback()
    db.session.commit()

    assert waiting(redis) == []
    assert db.session.scalars(select(QueuedJob)).all() == []


def test_before_the_commit_redis_knows_nothing(job, redis):
    enqueue(job(rename), a_workspace().id)

    assert waiting(redis) == []
    db.session.commit()
    assert len(waiting(redis)) == 1


def test_a_savepoint_is_no_commit(job, redis):
    kind, workspace = job(rename), a_workspace().id
    with db.session.begin_nested():
        enqueue(kind, workspace)

    assert waiting(redis) == []
    db.session.commit()
    assert len(waiting(redis)) == 1


def test_what_is_due_later_is_pushed_when_it_is_due(job, redis):
    row_id = queued(job(rename), a_workspace().id, due_at=now() + timedelta(hours=1))
    assert waiting(redis) == [] and reconcile()["jobs"] == 0

    set_row(row_id, due_at=now())

    assert reconcile()["jobs"] == 1
    assert [list(pushed.args) for pushed in waiting(redis)] == [[row_id]]


def test_with_redis_away_the_work_is_kept_and_pushed_when_it_is_back(job, app, redis, monkeypatch, tmp_path):
    workspace = a_workspace().id
    with monkeypatch.context() as away:
        away.setitem(app.extensions, "redis", connect_redis(f"unix://{tmp_path}/none.sock"))
        row_id = queued(job(rename), workspace)
        assert kept(row_id).failed_at is None
        assert reconcile()["jobs"] == 0

    assert reconcile()["jobs"] == 1
    assert [list(pushed.args) for pushed in waiting(redis)] == [[row_id]]


def test_what_redis_forgot_is_pushed_again(job, redis):
    row_id = queued(job(rename), a_workspace().id)
    redis.flushdb()

    assert reconcile()["jobs"] == 1
    perform(row_id)

    assert reconcile()["jobs"] == 0


def test_a_clock_that_ticks_fast_does_not_push_the_same_job_each_time(job, redis):
    queued(job(rename), a_workspace().id)
    redis.flushdb()
    passes = Passes()

    assert [reconcile(passes)["jobs"] for _ in range(3)] == [1, 0, 0]


def test_push_says_so_when_redis_is_away(job, tmp_path):
    assert push(connect_redis(f"unix://{tmp_path}/none.sock"), job(rename), 1) is False


def test_a_row_of_a_job_that_no_longer_exists_does_not_stop_the_clock(job, redis, monkeypatch):
    workspace = a_workspace().id
    lost = queued(job(rename_and_break), workspace)
    row_id = queued(job(rename), workspace)
    monkeypatch.delitem(TABLE, "rename_and_break")
    redis.flushdb()

    reconcile()

    assert [row_id] in [list(pushed.args) for pushed in waiting(redis)]
    assert kept(lost)


# ---- the worker process ----


@pytest.fixture
def work(redis: Redis) -> Iterator[Callable[[], None]]:
    """`work()`: a worker of both queues, until they are empty."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def until_empty() -> None:
        db.session.commit()  # the test holds no lock while jobs work
        queues = [Queue(name, connection=redis, serializer="json") for name in ("runs", "work")]
        AppWorker(queues, connection=redis, serializer="json").work(burst=True, logging_level="WARNING")

    yield until_empty
    for number, handler in before.items():
        signal.signal(number, handler)


def pushed(redis: Redis, function: Callable[..., None], *args: Any, timeout: int = 60) -> None:
    """An entry of RQ for this function alone, as work has that needs no row."""
    path = f"{function.__module__}.{function.__name__}"
    Queue("runs", connection=redis, serializer="json").enqueue_call(path, args=args, timeout=timeout, result_ttl=0)


def mark_of(settings: Settings) -> str:
    """What the supervisor reads about this process."""
    return (settings.data / "workers" / str(os.getpid())).read_text()


def test_what_we_override_of_rq_is_still_there():
    """Some of it is private: after an upgrade a method that RQ has renamed would silently never be called."""
    ours = [
        kind for kind in vars(tasks.worker).values() if isinstance(kind, type) and kind.__module__ == "tasks.worker"
    ]
    theirs = [(kind, base) for kind in ours for base in kind.__mro__ if base.__module__.startswith("rq.")]
    overridden = {(kind, name) for kind, _ in theirs for name, what in vars(kind).items() if isfunction(what)}

    assert issubclass(AppWorker, SimpleWorker) and overridden
    lost = [(k.__name__, name) for k, name in overridden if not any(name in vars(b) for o, b in theirs if o is k)]
    assert lost == [], "RQ no longer has these: look at tasks/worker.py"


def test_each_job_has_an_application_around_it_and_its_deadline_written_down(settings, redis, work):
    pushed(redis, look_around, a_workspace("Fennel & Rye").id, timeout=90)

    work()

    [seen] = SEEN
    left = seen["until"] - now().timestamp()
    assert seen["name"] == "Fennel & Rye" and 60 < left <= 90
    assert mark_of(settings) == ""


@pytest.mark.parametrize("function", [rename, rename_and_break])
def test_what_a_job_left_uncommitted_is_gone_and_holds_no_lock(redis, settings, work, function):
    workspace = a_workspace("Old name").id
    pushed(redis, function, workspace)

    work()

    other = a_workspace("Written at once").id
    assert SEEN[0] == "rename"
    assert (name_of(workspace), name_of(other)) == ("Old name", "Written at once")
    assert mark_of(settings) == "" and waiting(redis) == []


def test_one_job_that_raises_does_not_spoil_the_next(redis, work):
    workspace = a_workspace("Old name").id
    pushed(redis, rename_and_break, workspace)
    pushed(redis, look_around, workspace)

    work()

    assert SEEN[-1]["name"] == "Old name"


def test_the_deadline_is_cleared_when_the_job_raises(settings):
    with pytest.raises(RuntimeError), deadline(30):
        assert float(mark_of(settings)) > now().timestamp() + 20
        raise RuntimeError

    assert mark_of(settings) == ""


def test_from_the_commit_to_the_end_through_redis_and_a_worker(job, redis, work):
    workspace = a_workspace("Old name").id
    done, broken = queued(job(rename), workspace), queued(job(rename_and_break), workspace)

    work()

    assert name_of(workspace) == "Renamed"
    assert row(done) is None and kept(broken).attempts == 1
    assert waiting(redis) == []
