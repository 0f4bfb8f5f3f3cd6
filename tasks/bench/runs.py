"""Start to card, approval to end, and whole runs per second: ours and raw RQ, in turns, seen with the same eyes."""

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from app.agents.templates import TEMPLATES
from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results
from tasks.bench.stacks import Stack

LOOK_SECONDS = 0.001
PATIENCE_SECONDS = 60
TEMPLATE = TEMPLATES["vendor_onboarding"]
INPUTS = dict(TEMPLATE.sample_input)
READER = "vendor-onboarding"
"""An agent of the demo: looks three times into the knowledge, then asks to send one mail outside."""
ASKER = "Ask at once"
"""The same agent without knowledge: its first step asks. As much work as raw RQ's job: something, then wait."""


class Watcher:
    """Looks into one system's table every millisecond and tells who waits for a key to reach a state."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._lock = stack, threading.Lock()
        self._wanted: dict[str, tuple[str, threading.Event]] = {}
        self.seen: dict[tuple[str, str], float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def when(self, key: str, state: str) -> float:
        """Wait until `key` is in `state`; the moment it was seen."""
        event = threading.Event()
        with self._lock:
            self._wanted[key] = (state, event)
        if not event.wait(PATIENCE_SECONDS):
            raise RuntimeError(f"{self._stack.table} {key} did not become {state} in {PATIENCE_SECONDS} s")
        return self.seen.pop((key, state))

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        reader = self._stack.connect()
        while not self._stopped.wait(LOOK_SECONDS):
            with self._lock:
                wanted = dict(self._wanted)
            if wanted:
                self._tell(reader, wanted)
        reader.close()

    def _tell(self, reader: sqlite3.Connection, wanted: dict[str, tuple[str, threading.Event]]) -> None:
        table, key = self._stack.table, self._stack.key
        marks = ",".join("?" * len(wanted))
        found = reader.execute(f"SELECT {key}, state FROM {table} WHERE {key} IN ({marks})", list(wanted)).fetchall()
        moment = time.monotonic()
        for name, state in found:
            if wanted[name][0] == state:
                with self._lock:
                    del self._wanted[name]
                self.seen[name, state] = moment
                wanted[name][1].set()


@dataclass
class Timings:
    """Milliseconds, one entry a round; and how long all rounds took together."""

    to_card: list[float] = field(default_factory=list)
    to_end: list[float] = field(default_factory=list)
    seconds: float = 0
    processor_seconds: float = 0

    @property
    def processor_ms(self) -> float:
        """Of all processes, for one whole run: says what a run costs even on a busy machine."""
        return self.processor_seconds / len(self.to_end) * 1000

    @property
    def per_second(self) -> float:
        return len(self.to_end) / self.seconds

    def extend(self, other: "Timings") -> None:
        self.to_card += other.to_card
        self.to_end += other.to_end
        self.seconds += other.seconds
        self.processor_seconds += other.processor_seconds


Round = Callable[[], tuple[float, float]]
"""One whole run; milliseconds to the card and from the approval to the end."""


def make_asker(owner: Visitor) -> str:
    """Set up ASKER as a person would: from the template, a version that may only send mail, made live. Its slug."""
    made = owner.post(f"{WORKSPACE}/agents", template=TEMPLATE.key, name=ASKER).location
    words = {"name": ASKER, "purpose": "Asks at once", "instructions": "Ask at once.", "tools": "send_mail"}
    changed = owner.post(f"{made}/edit", max_steps="20", note="Only mail", **words)
    live = owner.post(f"{made}/versions/2/live")
    if (changed.status, live.status) != (303, 303):
        raise RuntimeError(f"{ASKER} could not be set up: {changed.status}, {live.status}")
    return made.rpartition("/")[2]


@contextmanager
def our_rounds(stack: Stack, agent: str = "") -> Iterator[Callable[[], Round]]:
    """Makes clients of LeenOps: the owner starts ASKER, or the `agent` with this slug; the reviewer approves."""
    watcher, numbers = Watcher(stack), itertools.count()
    owner, reviewer = signed_in(stack.port, "owner"), signed_in(stack.port, "reviewer")
    slug = agent or make_asker(owner)

    def client() -> Round:
        starter, approver, reader = owner.twin(), reviewer.twin(), stack.connect()

        def one() -> tuple[float, float]:
            began = time.monotonic()
            started = starter.post(
                f"{WORKSPACE}/agents/{slug}/runs", start_key=f"bench-{slug}-{next(numbers)}", **INPUTS
            )
            run = _run_of(started.status, started.location)
            waiting = watcher.when(run, "awaiting_approval")
            card, version = reader.execute(
                "SELECT a.public_id, a.version FROM approvals a JOIN runs r ON r.id = a.run_id WHERE r.public_id = ?",
                (run,),
            ).fetchone()
            return (waiting - began) * 1000, _decided(approver, watcher, run, card, version)

        return one

    try:
        yield client
    finally:
        watcher.stop()


def _run_of(status: int, location: str) -> str:
    if status != 303 or "/runs/" not in location:
        raise RuntimeError(f"the run did not start: {status} {location}")
    return location.rpartition("/")[2]


def _decided(approver: Visitor, watcher: Watcher, run: str, card: str, version: int) -> float:
    began = time.monotonic()
    answer = approver.post(
        f"{WORKSPACE}/approvals/{card}/decisions", decision="approve", version=str(version), idempotency_key=f"b-{card}"
    )
    if answer.status != 303:
        raise RuntimeError(f"the approval was refused: {answer.status}")
    return (watcher.when(run, "succeeded") - began) * 1000


@contextmanager
def raw_rounds(stack: Stack) -> Iterator[Callable[[], Round]]:
    """Makes clients of raw RQ."""
    watcher, numbers = Watcher(stack), itertools.count()

    def client() -> Round:
        visitor = Visitor(stack.port)

        def one() -> tuple[float, float]:
            key = f"{time.time_ns()}-{next(numbers)}"
            began = time.monotonic()
            visitor.post("/start", key=key)
            waiting = watcher.when(key, "waiting")
            again = time.monotonic()
            visitor.post("/approve", key=key)
            return (waiting - began) * 1000, (watcher.when(key, "done") - again) * 1000

        return one

    try:
        yield client
    finally:
        watcher.stop()


def take(stack: Stack, rounds: Callable[[], Round], *, clients: int, count: int) -> Timings:
    """`count` runs by so many clients, each starting its next run when its last has ended."""
    timings, left, lock = Timings(), itertools.count(), threading.Lock()
    makers = [rounds() for _ in range(clients)]
    failed: list[BaseException] = []

    def work(one: Round) -> None:
        while next(left) < count:
            try:
                to_card, to_end = one()
            except BaseException as error:
                failed.append(error)
                return
            with lock:
                timings.to_card.append(to_card)
                timings.to_end.append(to_end)

    threads = [threading.Thread(target=work, args=(one,)) for one in makers]
    began, used = time.monotonic(), stack.processor_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timings.seconds = time.monotonic() - began
    timings.processor_seconds = stack.processor_seconds() - used
    if failed:
        raise failed[0]
    return timings


def measure(mine: Stack, raw: Stack, results: Results, *, quick: bool) -> None:
    """Ours and raw RQ in turns, so that a busy moment of the machine hits both."""
    turns, alone, together = (2, 8, 24) if quick else (4, 15, 80)
    with our_rounds(mine) as ours, our_rounds(mine, READER) as reading, raw_rounds(raw) as theirs:
        take(mine, ours, clients=2, count=6)  # warm both
        take(raw, theirs, clients=2, count=6)
        for clients, count in ((1, alone), (8, together)):
            own, other = Timings(), Timings()
            for _ in range(turns):
                own.extend(take(mine, ours, clients=clients, count=count))
                other.extend(take(raw, theirs, clients=clients, count=count))
            results.add(_figures(own, other, clients))
            for name, timings in (("leenops", own), ("raw_rq", other)):
                results.samples[f"{name}_to_card_{clients}"] = timings.to_card
                results.samples[f"{name}_to_end_{clients}"] = timings.to_end
        with_reading = take(mine, reading, clients=1, count=alone)
        results.add(_reading_figures(with_reading))
        results.samples["reading_to_card_1"] = with_reading.to_card


def _reading_figures(timings: Timings) -> Iterator[Figure]:
    """What an agent that reads before it asks takes; raw RQ has nothing like it."""
    yield Figure("start to card after three searches, p50", median(timings.to_card), "ms")


def _figures(own: Timings, other: Timings, clients: int) -> Iterator[Figure]:
    at = f"p50, {clients} at once"
    for words, mine, theirs in (
        ("start to card", own.to_card, other.to_card),
        ("approval to end", own.to_end, other.to_end),
    ):
        compared = f"{median(mine):.1f} ms; raw RQ {median(theirs):.1f} ms"
        yield Figure(f"{words}, {at}", median(mine) / median(theirs), "x", 1.0, compared=compared)
    if clients > 1:
        compared = f"{own.per_second:.1f} a second; raw RQ {other.per_second:.1f}"
        ratio = own.processor_ms / other.processor_ms
        busy = f"{own.processor_ms:.0f} ms; raw RQ {other.processor_ms:.0f} ms"
        yield Figure(f"processor time of a run, {clients} at once", ratio, "x", compared=busy)
        ratio = own.per_second / other.per_second
        yield Figure(f"whole runs, {clients} at once", ratio, "x", 1.5, higher_is_better=True, compared=compared)
