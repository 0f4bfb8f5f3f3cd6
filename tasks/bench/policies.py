"""Policies: a page of one against a bare Flask "hello" under the same server, and the redline of two long versions."""

import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from app.legal import texts
from app.legal.redline import redline
from app.legal.texts import Policy
from tasks.bench.figures import Figure, Results
from tasks.bench.stacks import Stack

PAGE = "/legal/terms"
CONNECTIONS = 4
WORDS, CLAUSES = 10_000, 160


def measure(stack: Stack, raw: Stack, results: Results, *, quick: bool) -> None:
    """Both servers in turn, several rounds, so that what else the machine does meets both."""
    rounds, each = (3, 150) if quick else (7, 400)
    for port, path in ((raw.port, "/hello"), (stack.port, PAGE)):
        _rate(port, path, 50)  # warm
    pairs = [(_rate(raw.port, "/hello", each), _rate(stack.port, PAGE, each)) for _ in range(rounds)]
    results.samples["hello_per_second"] = [hello for hello, _ in pairs]
    results.samples["policy_per_second"] = [page for _, page in pairs]
    results.add(_figures(pairs))
    results.add(_redline(rounds))


def _figures(pairs: list[tuple[float, float]]) -> Iterator[Figure]:
    share = statistics.median(page / hello for hello, page in pairs)
    yield Figure("policy page, requests", share, "x", 0.6, higher_is_better=True, compared="bare Flask hello")
    yield Figure("policy page", statistics.median(page for _, page in pairs), "requests/s")


def _redline(rounds: int) -> Iterator[Figure]:
    spent, read = [], []
    for n in range(rounds):
        begun = time.perf_counter()
        old, new = _long(f"a{n}"), _long(f"b{n}")
        read.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        redline(old, new)
        spent.append(time.perf_counter() - begun)
    yield Figure("redline of two 10,000-word versions", statistics.median(spent) * 1000, "ms", 300)
    yield Figure("redline", statistics.median(spent) / statistics.median(read), "x", compared="reading both")
    begun = time.perf_counter()
    redline(old, new)
    yield Figure("the same redline again", (time.perf_counter() - begun) * 1000, "ms")


def _rate(port: int, path: str, each: int) -> float:
    """Requests a second over CONNECTIONS connections that are kept open."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        begun = time.perf_counter()
        list(pool.map(lambda _: _ask(port, path, each), range(CONNECTIONS)))
        return CONNECTIONS * each / (time.perf_counter() - begun)


def _ask(port: int, path: str, times: int) -> None:
    """A client that costs next to nothing. Raises RuntimeError for any answer but 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for _ in range(times):
            connection.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{path} answered {head[:60]!r}")
            left = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) - len(body)
            while left > 0:
                left -= len(connection.recv(65536))


def _long(word: str) -> Policy:
    """A version of WORDS words in CLAUSES clauses, a seventh of them its own."""
    per_clause = WORDS // CLAUSES
    body = "".join(
        f"## Section {{#s{n}}}\n\n" * (n % 10 == 0)
        + f"{n % 10 + 1}. "
        + " ".join(f"{word}{n}x{i}" if i % 7 == 0 else f"word{i % 23}" for i in range(per_clause))
        + f" {{#c{n}}}\n"
        for n in range(CLAUSES)
    )
    head = (
        f'---\nslug: long\ntitle: Long\nversion: "1.{len(word)}"\nchange_type: major\npublished_on: 2026-06-13\n'
        "effective_on: 2026-06-13\nacceptance: none\n---\n\n"
    )
    return texts.parse(head + body, name="long")
