"""A decision in one browser, and how soon the streams of all the others say so."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results, percentile
from tasks.bench.runs import INPUTS, READER, Watcher
from tasks.bench.stacks import Stack

CONNECT_SECONDS = 60
DECISION_SECONDS = 10


class Audience:
    """Many open event streams, read by one thread, which notes when each says a name."""

    def __init__(self, port: int, cookie: str, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = [self._open(port, cookie) for _ in range(count)]
        self._texts = {socket_.fileno(): b"" for socket_ in self._sockets}
        self._name, self.heard = b"event: ", dict[int, float]()
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def all_heard(self, seconds: float, wanted: int | None = None) -> int:
        """Wait until all (or so many) have heard the name; how many have."""
        end = time.monotonic() + seconds
        while len(self.heard) < (wanted or len(self._sockets)) and time.monotonic() < end:
            time.sleep(0.005)
        return len(self.heard)

    def await_name(self, name: str) -> None:
        """Forget what was heard; from now on listen for this name."""
        with self._lock:
            self._name, self.heard = f"event: {name}\n".encode(), {}
            self._texts = dict.fromkeys(self._texts, b"")

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        for socket_ in self._sockets:
            socket_.close()

    def _open(self, port: int, cookie: str) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), timeout=CONNECT_SECONDS)
        asked = f"GET {WORKSPACE}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        made.sendall((asked + "Accept: text/event-stream\r\n\r\n").encode())
        made.setblocking(False)
        self._selector.register(made, selectors.EVENT_READ)
        return made

    def _listen(self) -> None:
        while not self._stopped.is_set():
            for key, _ in self._selector.select(0.1):
                self._read(key.fileobj)  # type: ignore[arg-type]

    def _read(self, from_: socket.socket) -> None:
        try:
            got = from_.recv(65536)
        except BlockingIOError:
            return
        moment = time.monotonic()
        if not got:
            self._selector.unregister(from_)
            return
        number = from_.fileno()
        with self._lock:
            self._texts[number] = (self._texts[number] + got)[-4096:]
            if self._name in self._texts[number]:
                self.heard.setdefault(number, moment)


@dataclass(frozen=True)
class Card:
    public_id: str
    version: int


@contextmanager
def audience(port: int, cookie: str, count: int) -> Iterator[tuple[Audience, int]]:
    """Open so many streams; also how many are connected."""
    made = Audience(port, cookie, count)
    try:
        yield made, made.all_heard(CONNECT_SECONDS)
    finally:
        made.close()


def cards(stack: Stack, owner: Visitor, count: int) -> list[Card]:
    """Start so many runs and wait for their cards."""
    watcher = Watcher(stack)
    try:
        runs = []
        for n in range(count):
            answer = owner.post(f"{WORKSPACE}/agents/{READER}/runs", start_key=f"s-{time.time_ns()}-{n}", **INPUTS)
            runs.append(answer.location.rpartition("/")[2])
        for run in runs:
            watcher.when(run, "awaiting_approval")
    finally:
        watcher.stop()
    marks = ",".join("?" * count)
    query = (
        f"SELECT a.public_id, a.version FROM approvals a JOIN runs r ON r.id = a.run_id WHERE r.public_id IN ({marks})"
    )
    with stack.connect() as reader:
        return [Card(*row) for row in reader.execute(query, runs).fetchall()]


def decide_before(listeners: Audience, reviewer: Visitor, waiting: list[Card]) -> tuple[list[float], int]:
    """Decline each card; milliseconds until each stream heard, and how many never did."""
    delays, deaf = [], 0
    for card in waiting:
        listeners.await_name(f"approval-{card.public_id}")
        began = time.monotonic()
        reviewer.post(
            f"{WORKSPACE}/approvals/{card.public_id}/decisions",
            decision="reject", reason="other", version=str(card.version), idempotency_key=f"s-{card.public_id}",
        )  # fmt: skip
        deaf += len(listeners._sockets) - listeners.all_heard(DECISION_SECONDS)
        delays += [(moment - began) * 1000 for moment in listeners.heard.values()]
        time.sleep(0.3)  # let the run end, so that its own events are not measured with the next
    return delays, deaf


def measure(stack: Stack, results: Results, *, quick: bool) -> None:
    owner, reviewer = signed_in(stack.port, "owner"), signed_in(stack.port, "reviewer")
    waiting = cards(stack, owner, 8 if quick else 20)
    with audience(stack.port, reviewer.cookie, 200) as (listeners, connected):
        delays, deaf = decide_before(listeners, reviewer, waiting)
    compared = f"{connected} connected, {len(delays)} signals, {deaf} lost; median {percentile(delays, 50):.0f} ms"
    results.add([Figure("decision seen by 200 streams, p95", percentile(delays, 95), "ms", 250, compared=compared)])
    results.samples["decision_to_200_streams"] = delays
    waiting = cards(stack, owner, 3)
    with audience(stack.port, reviewer.cookie, 1000) as (listeners, connected):
        delays, deaf = decide_before(listeners, reviewer, waiting)
    compared = f"{deaf} signals lost; p95 of a decision {percentile(delays, 95):.0f} ms"
    results.add(
        [Figure("streams held by one web process", connected, "", 1000, higher_is_better=True, compared=compared)]
    )
    results.samples["decision_to_1000_streams"] = delays
