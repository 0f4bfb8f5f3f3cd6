"""Keeps a set of child processes alive: starts, restarts, enforces time limits, stops.

The parent imports everything once and freezes it, so that the children share that memory. Each child leads
a process group of its own: Ctrl-C reaches the parent only, and a child is ended together with whatever it
started. A child ends by itself when the parent is gone, however that died: it watches a pipe that only the
parent holds open.
"""

import gc
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

log = structlog.get_logger()
STEADY_SECONDS = 30.0
"""A child that lived this long is restarted at once when it ends."""
LONGEST_PAUSE_SECONDS = 10.0
STOP_SECONDS = 4.0
ORDERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Child:
    """One process to keep alive. `work` runs in it and returns when it is told to stop, or is recycled.

    An `early` one starts before the parent has warmed up: it does not need what the others share.
    """

    name: str
    work: Callable[[], None]
    early: bool = False
    pid: int = 0
    started: float = 0.0
    falls: int = 0
    due: float = 0.0

    @property
    def is_up(self) -> bool:
        return self.pid > 0


@dataclass
class Supervisor:
    """Runs `children` until told to stop."""

    children: list[Child]
    limits: Path
    """A folder of files named by process id, each with the unix time when the job in progress must be over."""
    orders: int = 0
    """How often we were told to stop."""
    _wakeup: tuple[int, int] = field(default_factory=os.pipe)
    _lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def run(self, each_round: Callable[[], float], *, warm_up: Callable[[], None] = lambda: None) -> None:
        """Start all and watch over them until a signal says stop, then stop all.

        `each_round` is called between looks and returns the seconds until the next one.
        """
        self._listen()
        try:
            _share()
            self._start_due(early=True)
            warm_up()
            _share()
            while not self.orders:
                self._reap()
                self._start_due()
                self._enforce_limits()
                self._sleep(each_round())
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask all to stop; kill who has not after STOP_SECONDS, or at once when told a second time."""
        told = self.orders
        for child in filter(lambda c: c.is_up, self.children):
            _signal(child.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while self._up() and time.monotonic() < end and self.orders <= max(told, 1):
            self._sleep(0.05)
            self._reap()
        for child in self._up():
            log.warning("supervisor.killed", child=child.name, reason="did not stop in time")
            _kill_group(child.pid)
            os.waitpid(child.pid, 0)
            child.pid = 0

    def _up(self) -> list[Child]:
        return [child for child in self.children if child.is_up]

    def _listen(self) -> None:
        for end in self._wakeup:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        for number in ORDERS:
            signal.signal(number, self._told)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake up: the default would not

    def _told(self, number: int, frame: FrameType | None) -> None:
        self.orders += 1

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wakeup[0]], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(self._wakeup[0], 4096)

    def _start_due(self, *, early: bool = False) -> None:
        clock = time.monotonic()
        for child in self.children:
            if not child.is_up and child.due <= clock and not self.orders and (child.early or not early):
                child.started = clock
                child.pid = self._fork(child)

    def _fork(self, child: Child) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            with suppress(OSError):
                os.setpgid(pid, pid)  # here as well, so that it stands before any signal is sent
            return pid
        code = 1
        try:
            self._become_child()
            child.work()
            code = 0
        except SystemExit as wanted:
            code = wanted.code if isinstance(wanted.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _become_child(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (*ORDERS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        with suppress(OSError):
            os.setpgid(0, 0)
        for end in (*self._wakeup, self._lifeline[1]):
            os.close(end)
        threading.Thread(target=_follow, args=(self._lifeline[0],), name="lifeline", daemon=True).start()

    def _reap(self) -> None:
        for child in self._up():
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._fallen(child, os.waitstatus_to_exitcode(status))

    def _fallen(self, child: Child, code: int) -> None:
        _kill_group(child.pid)  # what it may have left behind
        (self.limits / str(child.pid)).unlink(missing_ok=True)
        child.pid = 0
        if self.orders:
            return
        lived = time.monotonic() - child.started
        child.falls = 0 if code == 0 or lived > STEADY_SECONDS else child.falls + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.1 * 2**child.falls) if child.falls else 0.0
        child.due = time.monotonic() + (pause if lived > 1 else max(pause, 0.5))
        if code:
            log.warning("supervisor.restarts", child=child.name, code=code, pause_seconds=pause)

    def _enforce_limits(self) -> None:
        for child in self._up():
            with suppress(OSError, ValueError):
                if time.time() > float((self.limits / str(child.pid)).read_text()):
                    log.warning("supervisor.killed", child=child.name, reason="its job took too long")
                    _kill_group(child.pid)


def _share() -> None:
    """Keep the collector away from all that is there now, so that its memory pages stay shared after a fork."""
    gc.collect()
    gc.freeze()


def _follow(lifeline: int) -> None:
    """Wait for the parent's end, then end too: kindly, then not."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        os.killpg(pid, signal.SIGKILL)
