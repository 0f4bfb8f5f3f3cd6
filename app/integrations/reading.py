"""Asking the reading process (reader.py) for what a file holds, and waiting no longer than it may take."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO

from app.errors import Unavailable
from app.integrations.reader import REQUEST

WAIT_SECONDS = 30
"""How long nothing may come while we wait: more than the processor time it may use, as others work too."""
AT_ONCE = 2
"""Files read at a time for one process of ours: each takes a processor and up to the reader's MEMORY."""
QUEUE_SECONDS = 40
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class Unread(Exception):
    """The reader gave up; `why` is locked | pages <n> | large | slow | broken."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Reader:
    """One reading process, started when it is needed first and again when it has gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def lines(self, job: str, file: BinaryIO) -> Generator[Any, None, None]:
        """What `job` finds in `file`, line by line. Raises Unread, or Unavailable when too many wait."""
        if not self._turns.acquire(timeout=QUEUE_SECONDS):
            raise Unavailable("Many files are being read at this moment. Try again in a minute.")
        try:
            with self._asked(job, file) as pipe:
                yield from _heard(pipe)
        finally:
            self._turns.release()

    @contextlib.contextmanager
    def _asked(self, job: str, file: BinaryIO) -> Generator["_Pipe", None, None]:
        """The open pipe of a child that has begun. A reader that went away just now is started again, once."""
        for attempt in (1, 2):
            pipe = self._send(job, file)
            try:
                if pipe.line() == "started":
                    yield pipe
                    return
            finally:
                pipe.close()
            if attempt == 1:
                self._forget()
        raise Unavailable("Files cannot be read at this moment. Try again in a minute.")

    def _send(self, job: str, file: BinaryIO) -> "_Pipe":
        ours, theirs = os.pipe()
        try:
            with self._lock, contextlib.suppress(OSError):  # told by the pipe, which ends at once
                socket.send_fds(self._open(), [job.ljust(REQUEST).encode()], [file.fileno(), theirs])
        finally:
            os.close(theirs)
        return _Pipe(ours)

    def _open(self) -> socket.socket:
        if self._socket is None or self._owner != os.getpid():  # after a fork it is our parent's
            ours, theirs = socket.socketpair()
            command = [sys.executable, "-I", str(Path(__file__).with_name("reader.py"))]
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
            self._socket, self._owner = ours, os.getpid()
        return self._socket

    def _forget(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            if self._process is not None and self._owner == os.getpid():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(5)
            self._socket = self._process = None


class _Pipe:
    """What a child says: lines of JSON, None when it says no more."""

    def __init__(self, pipe: int) -> None:
        self._pipe, self._begun, self._rest = pipe, b"", list[bytes]()

    def line(self) -> Any:
        while True:
            while self._rest:
                with contextlib.suppress(ValueError):  # half a line of a child that was ended
                    if text := self._rest.pop(0).strip():
                        return json.loads(text)
            if not self._fill():
                return None

    def _fill(self) -> bool:
        if not select.select([self._pipe], [], [], WAIT_SECONDS)[0]:
            raise Unread("slow")
        got = os.read(self._pipe, 1 << 16)
        *self._rest, self._begun = (self._begun + got).split(b"\n")
        return bool(got)

    def close(self) -> None:
        os.close(self._pipe)


def _heard(pipe: _Pipe) -> Generator[Any, None, None]:
    while (said := pipe.line()) is not None:
        if "line" in said:
            yield said["line"]
        elif "refused" in said:
            raise Unread(said["refused"])
        else:
            return
    raise Unread("slow")


_reader = Reader()


def lines(job: str, path: Path) -> Generator[Any, None, None]:
    """What `job` of reader.JOBS finds in the file at `path`. Raises Unread."""
    with path.open("rb") as file:
        yield from _reader.lines(job, file)


def pages(file: BinaryIO) -> int:
    """How many pages a PDF has. Raises Unread."""
    [count] = _reader.lines("check pdf", file)
    return int(count)
