"""Both systems as running processes on folders of their own, each started as its users start it."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psutil

from app import redis_server
from app.config import ROOT
from tasks.bench import raw

WORKERS = 2


@dataclass
class Stack:
    """One running system: where it listens, and the table in which its work becomes visible."""

    port: int
    database: Path
    table: str
    key: str
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def connect(self) -> sqlite3.Connection:
        """A reader of its database."""
        return sqlite3.connect(self.database, timeout=10, isolation_level=None, check_same_thread=False)

    def processor_seconds(self) -> float:
        """What all its processes, Redis aside, have used of the processors so far, forked children included."""
        parents = [psutil.Process(process.pid) for process in self.processes]
        family = parents + [child for parent in parents for child in parent.children(recursive=True)]
        used = 0.0
        for process in family:
            with suppress(psutil.NoSuchProcess):
                used += 0 if "server" in process.name() else sum(process.cpu_times()[:4])
        return used

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                process.kill()
                process.wait()


def environment(data: Path, port: int) -> dict[str, str]:
    """What LeenOps is started with: its defaults, no hold window, data and port of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SMTP_URL")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "LEENOPS_DATA": str(data),
        "PORT": str(port),
        "LEENOPS_WORKERS": str(WORKERS),
        "LEENOPS_HOLD_SECONDS": "0",
    }


def start_ours(data: Path) -> tuple[Stack, float]:
    """bin/run on `data`; also the seconds until its home page answered."""
    port = free_port()
    stack = Stack(port, data / "leenops.db", "runs", "public_id")
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "bench.log", "ab") as log:
        began = time.monotonic()
        process = subprocess.Popen([ROOT / "bin" / "run"], env=environment(data, port), stdout=log, stderr=log)
    stack.processes.append(process)
    until_healthy(port, "/", process)
    return stack, time.monotonic() - began


@contextmanager
def ours(data: Path) -> Iterator[Stack]:
    """LeenOps with its demo, once the demo's own runs have come to rest."""
    stack, _ = start_ours(data)
    try:
        _until_quiet(stack)
        yield stack
    finally:
        stack.stop()


@contextmanager
def plain(data: Path) -> Iterator[Stack]:
    """Raw RQ."""
    data.mkdir(parents=True)
    port = free_port()
    stack = Stack(port, data / "raw.db", "jobs", "key")
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "RAW_DATA": str(data)}
    given = os.environ.pop("REDIS_URL", None)
    surroundings["REDIS_URL"] = redis_server.ensure(data)
    os.environ["RAW_DATA"] = str(data)
    with raw.database() as connection:
        connection.execute(raw.SCHEMA)
    try:
        with open(data / "bench.log", "ab") as log:
            for role in (("web", port), *(("worker", n) for n in range(WORKERS))):
                command = [sys.executable, "-P", "-m", "tasks.bench.raw", *map(str, role)]
                stack.processes.append(subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=log, stderr=log))
        until_healthy(port, "/start", stack.processes[0])
        yield stack
    finally:
        stack.stop()
        redis_server.stop(data)
        if given:
            os.environ["REDIS_URL"] = given


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def until_healthy(port: int, path: str, process: "subprocess.Popen[bytes]", seconds: float = 90) -> None:
    """Wait for an answer below 500. Raises RuntimeError when the process ends or the time does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError):
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        connection.close()
        time.sleep(0.01)
    raise RuntimeError(f"nothing answers on port {port}; bench.log in its data folder says why")


def _until_quiet(stack: Stack, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    with stack.connect() as reader:
        while reader.execute("SELECT count(*) FROM runs WHERE state IN ('queued', 'running')").fetchone()[0]:
            if time.monotonic() > end:
                raise RuntimeError("the demo's runs do not come to rest")
            time.sleep(0.1)
