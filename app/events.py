"""Live updates: names of what changed, never content. The only user of the event stream in Redis.

One capped stream carries `workspace name` pairs. Each web process reads it with one thread (`Hub`) and
fans out to its open browsers; a slow browser is dropped and comes back by itself. The browser fetches
what changed from its own address, so one template and one permission check serve page and update.
"""

import json
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.db import after_commit, db
from app.extensions import connect_redis

log = structlog.get_logger()
STREAM = "leenops:events"
KEPT = 10_000
BACKLOG = 200
REPLAYED = 1_000
BLOCK_MS = 5_000


def publish(workspace_id: int, *names: str) -> None:
    """Tell the open browsers of this workspace that `names` changed, once committed.

    A name is the id of a fragment ("approval-3f…", "run-81…") or a list ("approvals", "runs").
    May be lost when Redis is away; pages are right again on their next load. What one transaction says
    several times is sent once.
    """
    session = db.session()
    for action in session.info.get("after_commit", ()):
        if isinstance(action, Signals) and action.workspace_id == workspace_id:
            action.names += names
            return
    redis: Redis = current_app.extensions["redis"]
    after_commit(Signals(redis, workspace_id, list(names)), session)


@dataclass
class Signals:
    """What a transaction will say to one workspace once it is committed."""

    redis: Redis
    workspace_id: int
    names: list[str]

    def __call__(self) -> None:
        send(self.redis, self.workspace_id, *self.names)


def send(redis: Redis, workspace_id: int, *names: str) -> None:
    """Publish now, outside any transaction."""
    try:
        pipe = redis.pipeline(transaction=False)
        for name in dict.fromkeys(names):
            pipe.xadd(STREAM, {"w": workspace_id, "n": name}, maxlen=KEPT, approximate=True)
        pipe.execute()
    except RedisError as error:
        log.warning("events.lost", error=type(error).__name__)


class Hub:
    """One reader of the stream per process, many listeners."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._lock = threading.Lock()
        self._listeners: dict[int, set[queue.Queue[tuple[str, str] | None]]] = {}
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    def listen(self, workspace_id: int) -> "queue.Queue[tuple[str, str] | None]":
        """A queue of (id, name) from now on. None in it means: you were too slow, reconnect."""
        box: queue.Queue[tuple[str, str] | None] = queue.Queue(BACKLOG)
        with self._lock:
            self._listeners.setdefault(workspace_id, set()).add(box)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._read, name="events-hub", daemon=True)
                self._thread.start()
        self._ready.wait(2)
        return box

    def leave(self, workspace_id: int, box: "queue.Queue[tuple[str, str] | None]") -> None:
        with self._lock:
            self._listeners.get(workspace_id, set()).discard(box)

    @property
    def listening(self) -> int:
        return sum(len(boxes) for boxes in self._listeners.values())

    def _read(self) -> None:
        last, was_lost = None, False
        while True:
            try:
                redis = connect_redis(self._url, socket_timeout=BLOCK_MS / 1000 + 5)
                if last is None:
                    newest = redis.xrevrange(STREAM, count=1)
                    last = newest[0][0] if newest else b"0"
                self._ready.set()
                if was_lost:  # what was said meanwhile is lost
                    redis.ping()
                    self._deliver_to_all("stale")
                    was_lost = False
                while True:
                    for _, entries in redis.xread({STREAM: last}, block=BLOCK_MS, count=500) or []:
                        for last, fields in entries:
                            self._deliver(last.decode(), int(fields[b"w"]), fields[b"n"].decode())
            except Exception as error:  # whatever it was, this thread must live: every open page hangs on it
                log.warning("events.hub_lost", error=type(error).__name__)
                was_lost = True
                self._ready.set()
                time.sleep(1)

    def _deliver_to_all(self, name: str) -> None:
        for workspace_id in list(self._listeners):
            self._deliver("", workspace_id, name)

    def _deliver(self, entry: str, workspace_id: int, name: str) -> None:
        with self._lock:
            boxes = list(self._listeners.get(workspace_id, ()))
        for box in boxes:
            try:
                box.put_nowait((entry, name))
            except queue.Full:
                self.leave(workspace_id, box)
                while not box.empty():
                    box.get_nowait()
                box.put_nowait(None)


def position(redis: Redis) -> str | None:
    """Where the stream stands now, None when Redis is away.

    Ask before the page reads anything: its stream then begins here, so that what happens between the reading
    and the connecting is told too.
    """
    try:
        newest = redis.xrevrange(STREAM, count=1)
    except RedisError:
        return None
    return newest[0][0].decode() if newest else "0-0"


def missed(redis: Redis, workspace_id: int, since: str) -> list[tuple[str, str]] | None:
    """What was published for this workspace after the entry `since`, oldest first, as (id, name).

    None when that cannot be told: the entry is no longer kept, too much happened, or Redis is away.
    """
    try:
        entries = redis.xrange(STREAM, min=since, count=REPLAYED)
    except RedisError:
        return None
    if not entries or entries[0][0].decode() != since or len(entries) == REPLAYED:
        return None
    return [
        (entry.decode(), fields[b"n"].decode()) for entry, fields in entries[1:] if int(fields[b"w"]) == workspace_id
    ]


def frames(
    hub: Hub,
    redis: Redis,
    workspace_id: int,
    *,
    since: str | None,
    allowed: Callable[[], bool],
    heartbeat_seconds: float,
    stream_seconds: float,
    recheck_seconds: float = 30.0,
) -> Iterator[str]:
    """Yield SSE frames for one browser until its time is up or `allowed()` says no.

    What happened after `since`, an entry's id, comes first. When nobody can tell what did, the first frame
    says "stale", for which everything live on a page listens: it fetches itself again. The first frame
    carries an id, for the next connection's `since`.
    Whatever ends someone's access publishes "access", which asks `allowed` at once. It is also asked every
    `recheck_seconds` or so, in case that signal was lost with Redis; it costs 3 ms and a database session.
    """
    box = hub.listen(workspace_id)
    checked = beat = time.monotonic()
    end = checked + stream_seconds
    recheck_seconds *= random.uniform(0.7, 1.3)  # streams that opened together do not all ask together
    try:
        news = missed(redis, workspace_id, since) if since else None
        sent = (since if news is not None else position(redis)) or ""
        yield frame("stale" if news is None else "connected", sent)
        for sent, name in news or []:
            yield frame(name, sent)
        while (clock := time.monotonic()) < end:
            try:
                due = min(end, checked + recheck_seconds, beat + heartbeat_seconds)
                got: Any = box.get(timeout=max(0.01, due - clock))
            except queue.Empty:
                got = ()
            if got is None:
                return
            clock = time.monotonic()
            if clock - checked >= recheck_seconds or (got and got[1] == "access"):
                checked = clock
                if not allowed():
                    yield "event: closed\ndata: {}\n\n"
                    return
            if got and (not got[0] or _order(got[0]) > _order(sent)):
                yield frame(got[1], got[0] or sent)
                beat = clock
            elif clock - beat >= heartbeat_seconds:
                beat = clock
                yield ": still here\n\n"
    finally:
        hub.leave(workspace_id, box)


def frame(name: str, entry: str) -> str:
    """One named SSE message. htmx turns it into a DOM event on the connecting element."""
    return f"id: {entry}\nevent: {name}\ndata: {json.dumps({'name': name})}\n\n"


def _order(entry: str) -> tuple[int, int]:
    left, _, right = entry.partition("-")
    return (int(left or 0), int(right or 0))
