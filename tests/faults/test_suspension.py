"""Suspending a workspace while its run works: it halts before its next effect, and lifting lets it end."""

from tests.faults.crew import Crew, until
from tests.faults.provider import Fault, Provider, call
from tests.faults.world import World, ended, refunds, state_of

REFUND = call("book_refund", party="Ada", amount="20.00", reference="4711")


def test_a_run_halts_before_its_next_effect_and_goes_on_when_the_suspension_is_lifted(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns = [[REFUND], "Refunded."]
    provider.always = Fault(seconds=1.2)
    runs = [world.start() for _ in range(4)]  # two workers: two are in their model call, two are queued
    assert provider.called.wait(10)

    measure = world.suspend()
    until(lambda: {state_of(run) for run in runs} == {"halted"}, seconds=10, what="all runs to halt")
    assert sum(map(refunds, runs)) == 0

    provider.always = Fault()
    world.lift(measure)
    assert ended(*runs) == ["succeeded"] * 4
    assert [refunds(run) for run in runs] == [1] * 4
