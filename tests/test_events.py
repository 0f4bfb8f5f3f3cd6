"""The stream a browser reads: what happened before it connected is told too, and doubt is said."""

import itertools
import time

import pytest

from app import events


@pytest.fixture
def hub(app):
    return app.extensions["hub"]


def read(hub, redis, number, *, since, workspace_id=1):
    """The first `number` frames as (event, id)."""
    frames = events.frames(
        hub, redis, workspace_id, since=since, allowed=lambda: True, heartbeat_seconds=60, stream_seconds=0.5
    )
    told = [dict(line.split(": ", 1) for line in one.strip().splitlines()) for one in itertools.islice(frames, number)]
    frames.close()
    return [(one["event"], one["id"]) for one in told]


def test_what_happened_between_the_page_and_its_stream_is_told(hub, redis):
    events.send(redis, 1, "before")
    shown = events.position(redis)
    events.send(redis, 1, "run-1", "runs")
    events.send(redis, 2, "of another workspace")

    told = read(hub, redis, 3, since=shown)

    assert [name for name, _ in told] == ["connected", "run-1", "runs"]


def test_the_first_frame_says_where_to_go_on_from(hub, redis):
    events.send(redis, 1, "before")
    shown = events.position(redis)

    assert read(hub, redis, 1, since=shown) == [("connected", shown)]


@pytest.mark.parametrize("since", [None, "", "0-0", "1-1", "nonsense", "(5", "99999999999999-0"])
def test_who_does_not_know_where_they_stand_is_told_to_fetch_again(hub, redis, since):
    events.send(redis, 1, "run-1")

    assert read(hub, redis, 1, since=since) == [("stale", events.position(redis))]


def test_too_much_missed_is_said_instead_of_sent(hub, redis, monkeypatch):
    monkeypatch.setattr(events, "REPLAYED", 3)
    events.send(redis, 1, "before")
    shown = events.position(redis)
    events.send(redis, 1, "a", "b")

    assert read(hub, redis, 1, since=shown)[0][0] == "stale"


def test_a_name_said_while_connecting_is_told_once(hub, redis, monkeypatch):
    events.send(redis, 1, "before")
    shown, ask = events.position(redis), events.missed

    def while_asking(*args):
        events.send(redis, 1, "run-1")  # reaches the queue and the replay
        return ask(*args)

    monkeypatch.setattr(events, "missed", while_asking)
    names = []
    frames = events.frames(hub, redis, 1, since=shown, allowed=lambda: True, heartbeat_seconds=60, stream_seconds=0.5)
    names = [line.split(": ")[1] for one in frames for line in one.splitlines() if line.startswith("event")]

    assert names == ["connected", "run-1"]


def test_after_redis_was_away_every_open_page_fetches_again(hub, redis):
    events.send(redis, 1, "before")
    frames = events.frames(
        hub, redis, 1, since=events.position(redis), allowed=lambda: True, heartbeat_seconds=60, stream_seconds=40
    )
    assert "connected" in next(frames)
    for _ in range(500):
        if any("b" in client["flags"] for client in redis.client_list()):  # the hub waits for news
            break
        time.sleep(0.01)

    redis.client_kill_filter(_type="normal", skipme=True)

    assert "event: stale" in next(frames)
    frames.close()
