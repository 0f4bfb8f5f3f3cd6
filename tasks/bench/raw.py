"""The yardstick: the least that RQ users write for "work, wait for a person, go on".

A plain job stores the state `waiting`, and approving enqueues a second job that stores `done`. No lease, log,
journal, rules, audit or sign-in. The same database settings, web server and number of workers as ours.
"""

import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, request
from redis import Redis
from rq import Queue, Worker

from tasks.serve import BACKLOG, Web

SCHEMA = "CREATE TABLE IF NOT EXISTS jobs (key TEXT PRIMARY KEY, state TEXT NOT NULL)"


def database() -> sqlite3.Connection:
    """A connection as ours has it: write-ahead log, every commit synced to disk."""
    connection = sqlite3.connect(Path(os.environ["RAW_DATA"]) / "raw.db", timeout=10, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def work(key: str) -> None:
    """The first job: store that a person is needed."""
    with database() as connection:
        connection.execute("INSERT INTO jobs VALUES (?, 'waiting')", (key,))


def go_on(key: str) -> None:
    """The second job, after the approval."""
    with database() as connection:
        connection.execute("UPDATE jobs SET state = 'done' WHERE key = ?", (key,))


def front() -> Flask:
    """The web in front of it: two addresses that enqueue, and one that does nothing."""
    app = Flask(__name__)
    queue = Queue("raw", connection=Redis.from_url(os.environ["REDIS_URL"]))

    @app.get("/hello")
    def hello() -> str:
        return "Hello"

    @app.post("/start")
    def start() -> tuple[str, int]:
        queue.enqueue(work, request.form["key"])
        return "", 202

    @app.post("/approve")
    def approve() -> tuple[str, int]:
        queue.enqueue(go_on, request.form["key"])
        return "", 202

    return app


def main(role: str, number: str) -> None:
    """Be the web process on a port, or one of the forking workers."""
    if role == "web":
        settings: Any = SimpleNamespace(web_threads=int(os.environ.get("LEENOPS_WEB_THREADS", "1200")))
        Web(front(), settings, socket.create_server(("127.0.0.1", int(number)), backlog=BACKLOG)).run()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Worker(["raw"], connection=Redis.from_url(os.environ["REDIS_URL"]), name=f"raw-{number}").work(
        logging_level="WARNING"
    )


if __name__ == "__main__":
    from tasks.bench import raw  # so that jobs are named by this module and not by __main__

    raw.main(*sys.argv[1:])
