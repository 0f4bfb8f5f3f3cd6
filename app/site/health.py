"""Whether what LeenOps stands on answers now. Each is asked in a thread of its own, so that one that hangs
costs the caller READY_SECONDS and not more."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import begin_mode, db

READY_SECONDS = 2.0
BELIEVED_SECONDS = 1.0
_askers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ready")
"""Few, so that a database that hangs cannot collect threads; who finds none free hears "not answering"."""


def answering(app: Flask) -> dict[str, bool]:
    """For the database and Redis: whether it answered in time."""
    asked = {"database": _askers.submit(_database, app), "redis": _askers.submit(_redis, app)}
    wait(asked.values(), timeout=READY_SECONDS - 0.1)
    return {name: _answered(future) for name, future in asked.items()}


def database_answers(app: Flask) -> bool:
    """Whether the database answered in time, whatever Redis does. Believes for a second that it still does, so that
    a crowd on the status page does not take the few threads from /readyz."""
    if time.monotonic() - app.extensions.get("database_answered", -BELIEVED_SECONDS) < BELIEVED_SECONDS:
        return True
    future = _askers.submit(_database, app)
    wait([future], timeout=READY_SECONDS - 0.1)
    if answered := _answered(future):
        app.extensions["database_answered"] = time.monotonic()
    return answered


def _answered(future: Future[bool]) -> bool:
    future.cancel()  # not begun yet: nobody waits for it any more
    return future.done() and not future.cancelled() and future.result()


def _database(app: Flask) -> bool:
    def select_one() -> None:
        begin_mode.set("DEFERRED")  # a reader does not wait for a writer
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    return _works(app, select_one, SQLAlchemyError)


def _redis(app: Flask) -> bool:
    return _works(app, app.extensions["redis"].ping, RedisError)


def _works(app: Flask, ask: Callable[[], object], failure: type[Exception]) -> bool:
    with app.app_context():
        try:
            ask()
        except failure:
            return False
    return True
