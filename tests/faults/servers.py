"""The outside world on loopback: an HTTP server to build on, a webhook receiver and a mail server that count."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Exchange:
    """One request that has arrived whole, and the way to answer it."""

    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    send: Callable[..., None]


class Loopback:
    """An HTTP server in threads of this process. Subclasses write `answer`."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name=type(self).__name__, daemon=True).start()

    def answer(self, exchange: Exchange) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with suppress(OSError):  # who asked was killed meanwhile
                    owner.answer(Exchange(headers, content, self._send))

            def _send(self, status: int, text: str, *headers: tuple[str, str]) -> None:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


class Receiver(Loopback):
    """Another company's webhook endpoint: the effect has happened when the request is there, once per key."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.arrived = threading.Event()
        self.answering = threading.Event()
        """While this is not set, requests are taken and not answered."""
        self.answering.set()
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def effects(self) -> int:
        return len(self.requests)

    def reset(self) -> None:
        self.requests.clear()
        self.arrived.clear()
        self.answering.set()

    def answer(self, exchange: Exchange) -> None:
        self.requests[exchange.headers["idempotency-key"]] += 1
        self.arrived.set()
        self.answering.wait(30)
        exchange.send(200, '{"ok": true}')


class MailServer:
    """A real SMTP server that takes a message and then keeps its sender waiting for `seconds`."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.arrived = threading.Event()
        self.seconds = 0.0
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())
        self._controller.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._controller.port}"

    def reset(self) -> None:
        self.seconds = 0.0
        self.subjects.clear()
        self.arrived.clear()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        lines = envelope.content.decode().splitlines()
        self.subjects.append(next(line for line in lines if line.startswith("Subject:")).removeprefix("Subject: "))
        self.arrived.set()
        await asyncio.sleep(self.seconds)
        return "250 taken"

    def stop(self) -> None:
        self._controller.stop()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
