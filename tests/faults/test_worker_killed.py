"""kill -9 of a worker at each place where it hurts. Nothing is lost and nothing happens twice."""

from sqlalchemy import func, select

from app.approvals.services import Decision
from app.db import db
from app.integrations.models import WebhookDelivery
from app.jobs import ADVANCE_RUN, push
from app.runs.models import Effect
from tests.faults.crew import Crew, until
from tests.faults.provider import Fault, Provider, call
from tests.faults.servers import MailServer, Receiver
from tests.faults.world import World, card_of, ended, holder_of, refunds, run_row, state_of, waiting

REFUND = call("book_refund", party="Ada", amount="20.00", reference="4711")


def test_a_worker_killed_during_the_model_call_is_replaced_and_the_run_acts_once(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns = [[REFUND], "Refunded."]
    provider.faults.append(Fault(seconds=1.5))
    run = world.start()
    assert provider.called.wait(10)

    crew.kill(holder_of(run))

    assert ended(run) == ["succeeded"]
    assert refunds(run) == 1
    assert run_row(run).lease_token >= 2, "someone else took the run over"


def test_a_worker_killed_while_a_receiver_works_calls_again_with_the_same_key(
    crew: Crew, world: World, provider: Provider, receiver: Receiver
) -> None:
    provider.turns = [[call("send_webhook", url=receiver.url, payload={"order": 4711})], "Told them."]
    receiver.answering.clear()
    run = world.start()
    assert receiver.arrived.wait(10)

    crew.kill(holder_of(run))
    receiver.answering.set()

    assert ended(run) == ["succeeded"]
    assert receiver.effects == 1
    assert receiver.requests.total() >= 2, "the first call never came back, so it was made again"
    assert db.session.scalar(select(func.count(WebhookDelivery.id))) == 1


def test_mail_cut_off_in_the_middle_is_not_sent_again_but_asked_about(
    crew: Crew, world: World, provider: Provider, mail_server: MailServer
) -> None:
    provider.turns = [[call("send_mail", to=["ada@fennelrye.example"], subject="Order 4711", body="Hello.")], "Sent."]
    mail_server.seconds = 20
    run = world.start()
    assert mail_server.arrived.wait(10)
    crew.kill(holder_of(run))

    card = waiting(run)
    assert card.kind == "unknown_outcome"
    assert mail_server.subjects == ["Order 4711"]

    world.say(card, Decision.DONE)
    assert ended(run) == ["succeeded"]
    assert mail_server.subjects == ["Order 4711"]
    assert db.session.scalars(select(Effect.state)).all() == ["succeeded"]


def test_a_run_that_waits_for_a_person_outlives_every_worker(crew: Crew, world: World, provider: Provider) -> None:
    provider.turns = [[REFUND], "Refunded."]
    world.rule("ask")
    run = world.start()
    card = waiting(run)
    crew.kill_all_workers()

    world.say(card, Decision.APPROVE)
    assert (state_of(run), refunds(run)) == ("awaiting_approval", 0), "nobody is there to do it"
    crew.muster()

    assert ended(run) == ["succeeded"]
    assert refunds(run) == 1
    assert getattr(card_of(run), "state", "") == "done"


def test_a_run_enqueued_five_times_is_executed_once(crew: Crew, world: World, provider: Provider) -> None:
    provider.turns = [[REFUND], "Refunded."]
    provider.faults.extend([Fault(seconds=0.5), Fault(seconds=0.5)])
    run = world.start()

    for _ in range(5):
        push(crew.redis, ADVANCE_RUN, run)

    assert ended(run) == ["succeeded"]
    until(lambda: crew.redis.llen("rq:queue:runs") == 0, what="the queue to be empty")
    assert (provider.asked, refunds(run)) == (2, 1)
