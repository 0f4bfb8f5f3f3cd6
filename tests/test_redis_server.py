"""The embedded Redis: one server whoever asks, kept data, nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from app import redis_server
from app.config import ROOT
from app.errors import Misconfigured

pytestmark = pytest.mark.fault
ENSURE = "import sys; from pathlib import Path; from app import redis_server as r; print(r.ensure(Path(sys.argv[1])))"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("REDIS_URL", raising=False)
    made = Path(tempfile.mkdtemp(prefix="leenops redis "))
    yield made
    redis_server.stop(made)
    shutil.rmtree(made, ignore_errors=True)


def _pid(url: str) -> int:
    return int(Redis.from_url(url).info("server")["process_id"])


def test_many_who_start_it_at_once_get_one_server(folder: Path) -> None:
    asking = [
        subprocess.Popen([sys.executable, "-c", ENSURE, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(4)
    ]
    urls = {process.communicate(timeout=60)[0].strip() for process in asking}

    servers = [p for p in psutil.process_iter(["name", "cwd"]) if p.info["cwd"] == str(folder)]
    assert urls == {redis_server.address(folder)} and len(servers) == 1


def test_it_keeps_what_it_was_given_when_it_is_killed(folder: Path) -> None:
    url = redis_server.ensure(folder)
    Redis.from_url(url).set("kept", "yes")

    os.kill(_pid(url), signal.SIGKILL)
    url = redis_server.ensure(folder)

    assert Redis.from_url(url).get("kept") == b"yes"


def test_a_folder_with_a_space_in_its_path_serves_workers_too(folder: Path) -> None:
    url = redis_server.ensure(folder)

    assert " " in str(folder)
    assert Redis.from_url(url).client_info()["id"]  # workers ask for this; a space in the socket's name broke it


def test_a_folder_with_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("a-rather-long-name-" * 8)

    url = redis_server.ensure(deep)

    assert len(os.fsencode(redis_server.socket_path(deep))) < redis_server.LONGEST_PATH
    assert Redis.from_url(url).ping()
    redis_server.stop(deep)


def test_a_server_that_hangs_is_not_joined_by_a_second_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "START_SECONDS", 0.5)
    pid = _pid(redis_server.ensure(folder))
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(Misconfigured, match="does not answer"):
        redis_server.ensure(folder)

    os.kill(pid, signal.SIGCONT)
    assert _pid(redis_server.ensure(folder)) == pid


def test_stopped_it_is_gone(folder: Path) -> None:
    pid = _pid(redis_server.ensure(folder))

    redis_server.stop(folder)

    assert not psutil.pid_exists(pid)
    redis_server.stop(folder)  # nothing there: nothing happens


def test_a_redis_of_ones_own_is_used_and_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = redis_server.ensure(folder)
    monkeypatch.setenv("REDIS_URL", url)

    assert redis_server.ensure(folder / "elsewhere") == url
    redis_server.stop(folder)

    assert Redis.from_url(url).ping()
    monkeypatch.delenv("REDIS_URL")
