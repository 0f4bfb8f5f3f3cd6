"""The real thing for journeys and fault tests: `tasks.serve` in its own processes, on its own data folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from app import redis_server
from app.config import ROOT

DEMO_PASSWORD = "leenops-demo-2026"
DEMO_WORKSPACE = "fennel-rye"
OURS = ("LEENOPS_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "SMTP_URL", "EGRESS_ALLOW", "HOST", "PORT")
START_SECONDS = 90.0
STOP_SECONDS = 8.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A LeenOps with the demo in it. `environment` overrides its settings; it survives `stop` and `start`."""

    def __init__(self, **environment: str) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="leenops-site-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        defaults = {
            "PORT": str(self.port),
            "LEENOPS_DATA": str(self.data),
            "LEENOPS_HOLD_SECONDS": os.environ.get("LEENOPS_HOLD_SECONDS", "0"),
            "LEENOPS_DEMO_PASSWORD": DEMO_PASSWORD,
            "PYTHONPATH": str(ROOT),
        }
        self.environment = clean | defaults | environment
        self.log = self.data / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "start the site first"
        return self._process

    def start(self) -> "Site":
        """Start it and wait until /healthz answers. Fails with what it said."""
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tasks.serve"],
                env=self.environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self.is_healthy():
                return self
            time.sleep(0.05)
        said = self.said()
        self.kill()
        raise AssertionError(f"LeenOps did not start:\n{said}")

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def said(self) -> str:
        """The end of what it wrote to its output."""
        return self.log.read_text(errors="replace")[-8000:] if self.log.exists() else ""

    def children(self) -> list[psutil.Process]:
        """Its live processes below the supervisor, Redis not among them."""
        if self.process.poll() is not None:
            return []
        return psutil.Process(self.process.pid).children(recursive=True)

    def flask(self, *words: str) -> str:
        """Run a `flask` command on its data. Fails with what the command said."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py"), *words],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        """Stop it as Ctrl-C does; kill it when it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the supervisor; its children follow by themselves."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        """Stop it, and its data goes too."""
        self.stop()
        redis_server.stop(self.data)
        shutil.rmtree(self.data, ignore_errors=True)
