"""A provider that is slow, busy, broken or silent. Nothing is executed from what cannot be read."""

import pytest

from tests.faults.crew import Crew
from tests.faults.provider import Fault, Provider, broken_call, call
from tests.faults.world import World, ended, refunds, run_row

REFUND = call("book_refund", party="Ada", amount="20.00", reference="4711")
PASSING = {
    "too many requests": Fault(status=429, headers=(("Retry-After", "1"),)),
    "an error of its own": Fault(status=500),
    "a page instead of an answer": Fault(body="<html>Bad gateway</html>"),
    "an answer without choices": Fault(body='{"id": "x", "object": "chat.completion", "choices": []}'),
    "half an answer": Fault(body='{"id": "x", "choices": [{"index": 0, "mess'),
    "one answer too late": Fault(seconds=2.5),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_after_trouble_that_passes_the_run_goes_on_and_acts_once(
    crew: Crew, world: World, provider: Provider, trouble: str
) -> None:
    provider.turns = [[REFUND], "Refunded."]
    provider.faults.append(PASSING[trouble])

    run = world.start()

    assert ended(run) == ["succeeded"]
    assert (provider.asked, refunds(run)) == (3, 1)


@pytest.mark.parametrize("arguments", ['{"party": "Ada", "amount": "20', '["Ada", "20.00"]', '{"party": "Ada"}'])
def test_a_call_whose_arguments_do_not_fit_is_told_and_never_executed(
    crew: Crew, world: World, provider: Provider, arguments: str
) -> None:
    provider.turns = [[broken_call("book_refund", arguments)], "I could not."]

    run = world.start()

    assert ended(run) == ["succeeded"]
    assert (provider.asked, refunds(run)) == (2, 0)


def test_a_provider_that_never_answers_fails_the_run_by_name_within_the_deadline(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns, provider.always = [[REFUND], "Refunded."], Fault(seconds=4)
    run = world.start()

    assert ended(run) == ["failed"]
    failed = run_row(run)
    assert (failed.error, refunds(run)) == ("provider_timeout", 0)
    assert failed.started_at and failed.finished_at
    assert (failed.finished_at - failed.started_at).total_seconds() < 8

    provider.always = Fault()
    world.retry(run)
    assert ended(run) == ["succeeded"]
    assert refunds(run) == 1


def test_a_provider_that_refuses_fails_at_once_and_is_not_asked_again(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.always = Fault(status=401)

    run = world.start()

    assert ended(run) == ["failed"]
    assert (run_row(run).error, provider.asked) == ("provider_refused", 1)
