"""The supervisor, with real processes: it restarts, enforces time limits, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.config import ROOT

pytestmark = pytest.mark.fault

SCRIPT = """
import subprocess, sys, time
from pathlib import Path
from tasks.supervisor import Child, Supervisor

def note(name):
    (Path(sys.argv[1]) / name).write_text(str(__import__("os").getpid()))

def steady():
    note("steady"); time.sleep(600)

def stubborn():
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("stubborn"); time.sleep(600)

def parent():
    left = subprocess.Popen(["sleep", "600"])
    (Path(sys.argv[1]) / "grandchild").write_text(str(left.pid))
    note("parent"); time.sleep(600)

def broken():
    note("broken"); raise RuntimeError("broken on purpose")

known = {f.__name__: f for f in (steady, stubborn, parent, broken)}
children = [Child(name, known[name]) for name in sys.argv[2:]]
Supervisor(children, Path(sys.argv[1])).run(lambda: 0.1)
print("stopped")
"""


class Running:
    """A supervisor in its own process, with the children named."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), *names],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def pid_of(self, name: str, *, other_than: int = 0) -> int:
        """The process id a child wrote down; waits for one that is not `other_than`."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            text = (self.folder / name).read_text() if (self.folder / name).exists() else ""
            if text and int(text) != other_than:
                return int(text)
            time.sleep(0.02)
        raise AssertionError(f"{name} did not start: {self.process.poll()}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _is_gone(pid: int, seconds: float = 8) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*names: str) -> Running:
        started.append(Running(tmp_path, *names))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_a_child_that_is_killed_comes_back(running: Callable[..., Running]) -> None:
    it = running("steady")
    first = it.pid_of("steady")

    os.kill(first, signal.SIGKILL)

    assert it.pid_of("steady", other_than=first)


def test_a_child_that_cannot_start_is_tried_with_growing_pauses(running: Callable[..., Running]) -> None:
    it = running("broken", "steady")
    it.pid_of("steady")
    time.sleep(3)

    it.process.send_signal(signal.SIGTERM)
    _, said = it.process.communicate(timeout=10)

    assert 2 <= said.count("broken on purpose") <= 6


def test_a_job_past_its_limit_is_killed_and_the_worker_comes_back(running: Callable[..., Running]) -> None:
    it = running("stubborn")
    first = it.pid_of("stubborn")

    (it.folder / str(first)).write_text(str(time.time() - 1))

    assert it.pid_of("stubborn", other_than=first)
    assert not (it.folder / str(first)).exists()


def test_a_job_within_its_limit_is_left_alone(running: Callable[..., Running]) -> None:
    it = running("steady")
    first = it.pid_of("steady")

    (it.folder / str(first)).write_text(str(time.time() + 60))
    time.sleep(1)

    assert it.pid_of("steady") == first and psutil.pid_exists(first)


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_leaves_nothing(running: Callable[..., Running], order: signal.Signals) -> None:
    it = running("steady", "parent")
    pids = [it.pid_of("steady"), it.pid_of("parent"), it.pid_of("grandchild")]

    it.process.send_signal(order)
    said, _ = it.process.communicate(timeout=5)

    assert said == "stopped\n" and it.process.returncode == 0
    assert all(_is_gone(pid, 1) for pid in pids)


def test_a_child_that_ignores_the_order_is_killed_within_five_seconds(running: Callable[..., Running]) -> None:
    it = running("stubborn")
    pid = it.pid_of("stubborn")
    began = time.monotonic()

    it.process.send_signal(signal.SIGTERM)
    it.process.wait(timeout=8)

    assert time.monotonic() - began < 5
    assert _is_gone(pid, 1)


def test_told_twice_it_does_not_wait(running: Callable[..., Running]) -> None:
    it = running("stubborn")
    it.pid_of("stubborn")
    began = time.monotonic()

    it.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    it.process.send_signal(signal.SIGINT)
    it.process.wait(timeout=8)

    assert time.monotonic() - began < 2


def test_children_do_not_outlive_a_supervisor_that_was_killed(running: Callable[..., Running]) -> None:
    it = running("steady", "parent")
    pids = [it.pid_of("steady"), it.pid_of("parent")]

    it.process.kill()

    assert all(_is_gone(pid) for pid in pids)
