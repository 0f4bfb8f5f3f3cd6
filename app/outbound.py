"""The one guarded HTTP client for addresses that customers give.

What is checked is what is connected to: the name is resolved once, every address it resolves to must be
public, and the socket opens to that very address (app/egress.py). Redirects go through the same door.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urljoin

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from app.egress import OutboundRefused, Resolver, Target, addresses, check, pinned_address, resolve

__all__ = ["Answer", "OutboundFailed", "OutboundRefused", "check", "pinned_address", "request"]

MAX_REDIRECTS = 3
AGENT = "LeenOps/1"
TRAVELS = frozenset({"accept", "content-type", "user-agent"})
"""The only headers that follow a redirect to another origin: no credential and no signature does."""
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})


class OutboundFailed(Exception):
    """The call did not complete. `sent` says whether any of it may have arrived."""

    def __init__(self, sentence: str, *, sent: bool) -> None:
        super().__init__(sentence)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    """What came back, cut at the caller's `max_bytes`."""

    status: int
    headers: dict[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    is_cut: bool
    host: str


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_seconds: float = 10,
    max_bytes: int = 1_000_000,
    redirects: int = MAX_REDIRECTS,
    resolver: Resolver | None = None,
) -> Answer:
    """Call `url` and read at most `max_bytes` of its answer, all within `timeout_seconds`, redirects included.

    Raises OutboundRefused before anything is sent, or OutboundFailed.
    """
    deadline = time.monotonic() + timeout_seconds
    sending = {"user-agent": AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
    if clash := OURS & sending.keys():
        raise ValueError(f"headers set by the client itself: {sorted(clash)}")
    target = check(url)
    sent = False
    while True:
        answer = _exchange(target, method, sending, body, deadline, max_bytes, sent, resolver or resolve)
        location = answer.headers.get("location")
        if answer.status not in (301, 302, 303, 307, 308) or not location or not redirects:
            return answer
        sent, redirects = True, redirects - 1
        onward = check(urljoin(f"{target.scheme}://{target.authority}{target.path}", location))
        if answer.status in (301, 302, 303) and method not in ("GET", "HEAD"):
            method, body = "GET", None
            sending.pop("content-type", None)
        if onward.origin != target.origin:
            if (target.scheme, onward.scheme) == ("https", "http"):
                raise OutboundRefused("The address forwards to one without encryption.")
            sending = {name: value for name, value in sending.items() if name in TRAVELS}
        target = onward


def _exchange(
    target: Target,
    method: str,
    headers: dict[str, str],
    body: bytes | None,
    deadline: float,
    max_bytes: int,
    sent: bool,
    resolver: Resolver,
) -> Answer:
    """One request and its answer over one connection, ended by a watchdog at `deadline`."""
    pinned = _within(deadline, target, resolver, sent)
    connection = _open(target, pinned, deadline, sent)
    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, (connection.sock,))
    watchdog.daemon = True
    watchdog.start()  # per-read timeouts alone let a server drip for ever
    try:
        connection.request(
            method,
            target.path,
            body=body,
            headers={**headers, "Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        read = response.read(max_bytes + 1, decode_content=False) if method != "HEAD" else b""
        if time.monotonic() >= deadline:
            raise TimeoutError  # the watchdog's cut looks like the end of the body
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, read[:max_bytes], len(read) > max_bytes, target.host)
    except (OSError, HTTPError, http.client.HTTPException, ValueError, AttributeError) as error:
        late = time.monotonic() >= deadline
        words = "did not answer in time" if late else f"broke off the connection ({type(error).__name__})"
        raise OutboundFailed(f"{target.host} {words}.", sent=True) from error
    finally:
        watchdog.cancel()
        connection.close()


def _within(deadline: float, target: Target, resolver: Resolver, sent: bool) -> list[str]:
    """Resolve in a thread of its own: the system's resolver knows no deadline."""
    box: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            box.put(resolver(target.host, target.port))
        except Exception as error:
            box.put(error)

    threading.Thread(target=look_up, name="outbound-resolve", daemon=True).start()
    try:
        found = box.get(timeout=max(0.01, deadline - time.monotonic()))
    except Empty:
        raise OutboundFailed(f"{target.host} could not be looked up in time.", sent=sent) from None
    if isinstance(found, Exception):
        raise OutboundFailed(f"{target.host} could not be found.", sent=sent) from found
    return addresses(target, lambda host, port: found)


def _open(target: Target, pinned: list[str], deadline: float, sent: bool) -> HTTPConnection:
    """A connection to the first of the `pinned` addresses that takes it; name and certificate stay the host's."""
    problem: Exception | None = None
    for address in pinned:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = _connection(target, address, left)
        try:
            connection.connect()
            return connection
        except (OSError, HTTPError, ValueError) as error:
            connection.close()
            problem = error
    raise OutboundFailed(f"{target.host} did not take the connection.", sent=sent) from problem


def _connection(target: Target, address: str, timeout_seconds: float) -> HTTPConnection:
    timeout: Any = Timeout(total=timeout_seconds)
    settings: dict[str, Any] = {"port": target.port, "timeout": timeout.connect_timeout}
    if target.scheme == "http":
        return HTTPConnection(address, **settings)
    return HTTPSConnection(
        address, **settings, ssl_context=_tls(), server_hostname=target.host, assert_hostname=target.host
    )


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _cut(sock: socket.socket | None) -> None:
    """End a socket under its reader. The socket itself: the connection forgets it once the answer begins."""
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
