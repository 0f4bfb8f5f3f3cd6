"""`bin/run`: everything LeenOps needs in one command. Prepares, then watches over web, workers and clock.

Order matters: Redis first, then the schema, the policies and the demo, then the children. All heavy imports
happen here, before the fork; no connection made here survives it.
"""

import fcntl
import os
import shutil
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from gunicorn.app.base import BaseApplication
from pydantic_ai.messages import ModelMessagesTypeAdapter

from app import create_app, redis_server
from app.config import Settings, load
from app.db import db
from app.errors import Misconfigured
from tasks import STARTED, prepare, schedule, worker
from tasks.supervisor import Child, Supervisor

BACKLOG = 2048
PATIENCE_SECONDS = 60.0
WARM = ("app.runs.sandbox", "genai_prices.data")


class Web(BaseApplication):
    """Gunicorn: one process, a thread per connection, so that open streams cost little."""

    def __init__(self, app: Any, settings: Settings, listener: socket.socket) -> None:
        self.app, self.settings, self.listener = app, settings, listener
        super().__init__()

    def load_config(self) -> None:
        threads = self.settings.web_threads
        options: dict[str, Any] = {
            "bind": f"fd://{self.listener.detach()}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": threads,
            "worker_connections": threads * 2,
            "backlog": BACKLOG,
            "timeout": 60,
            "graceful_timeout": 2,
            "keepalive": 15,
            "loglevel": "warning",
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # which headers of a proxy are believed is decided in app/headers.py
            "proc_name": "leenops-web",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self.app


def main() -> int:
    """Run until told to stop. The exit status: 0 after a clean stop, 1 when it could not start."""
    try:
        settings = load()
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(settings.data / "serve.lock", "w") as lock:
            claim(lock, settings.data)
            return serve(settings, listen(settings))
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        where = f"LeenOps cannot keep its data: {error.strerror}: {error.filename}."
        print(f"{where} Set LEENOPS_DATA to a folder that you may write to.", file=sys.stderr)
        return 1


def claim(lock: IO[str], data: Path) -> None:
    """One LeenOps per data folder. The lock is released when this process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Misconfigured(
            f"LeenOps is already running with the data in {data}. Stop it first, or set LEENOPS_DATA and PORT."
        ) from None


def listen(settings: Settings) -> socket.socket:
    """The listening socket, held by this process: a restart of the web process refuses nobody."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        why = os.strerror(error.errno or 0) if isinstance(error, OSError) else "there is no such port"
        raise Misconfigured(
            f"LeenOps cannot listen on {settings.host}:{settings.port} ({why}). "
            "Set PORT to a free port, for example: PORT=8001 bin/run"
        ) from None


def serve(settings: Settings, listener: socket.socket) -> int:
    """Prepare, start all, and stop all again."""
    try:
        redis_server.ensure(settings.data)
        settings = load()  # now it knows where the embedded Redis listens
        app = create_app(settings)
        apart(lambda: prepare.everything(app))
        with app.app_context():
            greeting = Greeting(settings, prepare.sign_ins(settings))
        _let_go(app)
        limits = settings.data / "workers"
        shutil.rmtree(limits, ignore_errors=True)
        limits.mkdir(mode=0o700)
        Supervisor(_children(app, settings, listener), limits).run(greeting.each_round, warm_up=warm_up)
    finally:
        listener.close()
        redis_server.stop(settings.data)
    return 0


def apart(work: Callable[[], None]) -> None:
    """Do `work` in a process of its own: what it leaves in memory is not shared with everyone after it."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            work()
            code = 0
        except Misconfigured as error:
            print(error, file=sys.stderr)
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise Misconfigured("LeenOps did not start; the lines above say why.")


def warm_up() -> None:
    """Import and build what every run needs, once, while the web process already answers."""
    worker.preload()
    for name in WARM:
        import_module(name)
    ModelMessagesTypeAdapter.dump_python(ModelMessagesTypeAdapter.validate_python([]))  # builds its schema


def _children(app: Any, settings: Settings, listener: socket.socket) -> list[Child]:
    def on(queue: str) -> None:
        listener.close()
        worker.main(queue, app)

    def clock() -> None:
        listener.close()
        schedule.main(app)

    runs = [Child(f"runs-{n + 1}", lambda: on("runs")) for n in range(settings.workers)]
    return [
        Child("web", lambda: Web(app, settings, listener).run(), early=True),
        *runs,
        Child("work", lambda: on("work")),
        Child("clock", clock),
    ]


def _let_go(app: Any) -> None:
    """Close every connection: a child must not share one with us."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    app.extensions["redis"].close()


class Greeting:
    """Says where LeenOps is once it answers."""

    def __init__(self, settings: Settings, sign_ins: list[str]) -> None:
        self.settings, self.sign_ins = settings, sign_ins
        self.said = False

    def each_round(self) -> float:
        """Look whether it answers, until it does; then whether Redis does. Returns the seconds to the next look."""
        if self.said:
            with suppress(Misconfigured):  # a Redis that was killed comes back with what it had written
                redis_server.ensure(self.settings.data)
            return 1.0
        if self._answers():
            self.said = True
            print(self.words(), flush=True)
        elif time.monotonic() - STARTED > PATIENCE_SECONDS:
            self.said = True
            print("LeenOps has started but does not answer; the lines above may say why.", file=sys.stderr, flush=True)
        return 1.0 if self.said else 0.02

    def words(self) -> str:
        took = time.monotonic() - STARTED
        lines = [f"LeenOps is up at {self.settings.base_url}  ({took:.1f} s; Ctrl-C stops it)", *self.sign_ins]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)
        connection = HTTPConnection(host, self.settings.port, timeout=1)
        try:
            with suppress(OSError):
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        finally:
            connection.close()
        return False


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
