"""Redis only delivers: emptied or killed, it costs time and no run."""

import os
import signal

from app import redis_server
from app.config import Settings
from tests.faults.crew import Crew, until
from tests.faults.provider import Fault, Provider, call
from tests.faults.world import World, ended, refunds, state_of

RUNS = 10


def _start_many(world: World, provider: Provider) -> list[int]:
    provider.turns = [[call("book_refund", party="Ada", amount="20.00", reference="4711")], "Refunded."]
    provider.always = Fault(seconds=0.2)
    return [world.start() for _ in range(RUNS)]


def _all_end(crew: Crew, runs: list[int]) -> None:
    """They end; workers that fell with Redis are started again, as the supervisor does."""

    def going() -> bool:
        crew.muster()
        return all(state_of(run) == "succeeded" for run in runs)

    until(going, seconds=45, what="every run to succeed")
    assert [refunds(run) for run in runs] == [1] * RUNS


def test_runs_queued_in_a_redis_that_is_emptied_all_finish(crew: Crew, world: World, provider: Provider) -> None:
    runs = _start_many(world, provider)

    crew.redis.flushall()

    _all_end(crew, runs)


def test_runs_queued_in_a_redis_that_is_killed_all_finish_once_it_is_back(
    crew: Crew, world: World, provider: Provider, settings: Settings
) -> None:
    runs = _start_many(world, provider)
    server = int(crew.redis.info("server")["process_id"])

    os.kill(server, signal.SIGKILL)
    late = world.start()
    redis_server.ensure(settings.data)

    _all_end(crew, runs)
    assert ended(late) == ["succeeded"]
    assert int(crew.redis.info("server")["process_id"]) != server
