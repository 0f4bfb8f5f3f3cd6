"""A signed-in visitor over plain HTTP: keeps its connection, its cookie and its CSRF token."""

import re
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

from app.config import load

WORKSPACE = "/w/fennel-rye"
KEPT_SECONDS = 10
"""A connection that was idle for longer may have been closed by the server."""
_TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: bytes


@dataclass
class Visitor:
    """One person's browser. Not for several threads: give each its own with `twin`."""

    port: int
    cookie: str = ""
    token: str = ""
    _connection: HTTPConnection | None = field(default=None, repr=False)
    _used: float = field(default=0, repr=False)

    def twin(self) -> "Visitor":
        """The same sign-in on a connection of its own."""
        return Visitor(self.port, self.cookie, self.token)

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, None, headers)

    def post(self, path: str, **fields: str) -> Answer:
        body = urlencode(fields | ({"csrf_token": self.token} if self.token else {}))
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        if self._connection is None or time.monotonic() - self._used > KEPT_SECONDS:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {"Cookie": self.cookie} if self.cookie else {}
        self._connection.request(method, path, body, headers | given)
        response = self._connection.getresponse()
        self._remember(response)
        answer = Answer(response.status, response.headers.get("Location", ""), response.read())
        self._used = time.monotonic()
        return answer

    def _remember(self, response: HTTPResponse) -> None:
        for value in response.headers.get_all("Set-Cookie") or ():
            self.cookie = value.partition(";")[0]


def signed_in(port: int, person: str) -> Visitor:
    """Someone of the demo workspace, for example `owner`."""
    visitor = Visitor(port)
    visitor.token = _token(visitor.get("/login").body)
    password = load().demo_password
    answer = visitor.post("/login", email=f"{person}@fennelrye.example", password=password)
    if answer.status != 303:
        raise RuntimeError(f"{person} could not sign in: {answer.status}")
    visitor.token = _token(visitor.get(f"{WORKSPACE}/agents").body) or _token(visitor.get("/account").body)
    return visitor


def _token(page: bytes) -> str:
    found = _TOKEN.search(page)
    return found[1].decode() if found else ""
