"""Real processes: workers and the clock, started by one nursery, and ended by their own ids only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from app.config import ROOT
from app.db import begin_mode, db


@dataclass
class Crew:
    """The processes of one test session on one data folder."""

    environment: dict[str, str]
    data: Path
    redis: Redis
    nursery: "subprocess.Popen[str] | None" = None
    workers: list[int] = field(default_factory=list)
    """Process ids of the workers on runs."""
    others: dict[str, int] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What all of them say."""
        return self.data / "crew.log"

    def muster(self, workers: int = 2) -> None:
        """See to it that so many workers on runs, one on other work and the clock are up, as the supervisor does."""
        self.workers = [pid for pid in self.workers if _is_alive(pid)]
        fresh = [self.order("runs") for _ in range(workers - len(self.workers))]
        self.workers += fresh
        for name in ("work", "clock"):
            if not _is_alive(self.others.get(name, 0)):
                self.others[name] = self.order(name)
        for pid in fresh:
            until(lambda pid=pid: self._listens(pid), what="a worker to start")  # type: ignore[misc]

    def kill(self, pid: int) -> None:
        """kill -9 one worker of this crew. It gets no chance to say or finish anything."""
        self.workers.remove(pid)
        os.kill(pid, signal.SIGKILL)
        while _is_alive(pid):
            time.sleep(0.01)

    def kill_all_workers(self) -> None:
        for pid in list(self.workers):
            self.kill(pid)

    def stop(self) -> None:
        if self.nursery is not None:
            self.nursery.communicate(timeout=10)

    def order(self, name: str, *arguments: object) -> int:
        """Have the nursery start one more process; its id."""
        if self.nursery is None:
            self.nursery = self._nursery()
        assert self.nursery.stdin is not None and self.nursery.stdout is not None
        self.nursery.stdin.write(" ".join([name, *map(str, arguments)]) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def _nursery(self) -> "subprocess.Popen[str]":
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        with open(self.log, "a") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.faults.nursery"],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": path} | self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _listens(self, pid: int) -> bool:
        return any(f"-{pid}-".encode() in name for name in self.redis.smembers("rq:workers"))


def _is_alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(true: Callable[[], Any], *, seconds: float = 20, what: str) -> Any:
    """Look again and again, each time with fresh eyes on the database, until `true()`; its value."""
    end = time.monotonic() + seconds
    while True:
        db.session.rollback()
        try:
            found = true()
        except RedisError:
            found = None
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


@contextmanager
def acting() -> Iterator[None]:
    """Write as the application does, and commit. Elsewhere a test only reads, and takes no lock that workers need."""
    db.session.rollback()
    mode = begin_mode.set("IMMEDIATE")
    try:
        yield
        db.session.commit()
    finally:
        db.session.rollback()
        begin_mode.reset(mode)
