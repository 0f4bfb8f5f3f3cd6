"""Many people and the clock at one card: one of them wins, and what was allowed happens at most once."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import User
from app.approvals.deadlines import take_steps
from app.approvals.models import Approval, Vote
from app.approvals.services import Decision, close_for, decide
from app.db import db, now
from app.errors import DomainError
from app.runs.models import Run
from app.runs.services import cancel
from app.workspaces.models import Membership
from tests.faults.crew import Crew, acting, until
from tests.faults.provider import Provider, call
from tests.faults.world import World, card_of, ended, refunds, waiting

PROCESSES, EACH = 3, 8
ROUNDS = 50
REFUND = call("book_refund", party="Ada", amount="20.00", reference="4711")


def test_of_24_simultaneous_approvers_one_wins_and_one_refund_is_booked(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns = [[REFUND], "Refunded."]
    world.rule("ask")
    run = world.start()
    card = waiting(run)
    people = [world.reviewer() for _ in range(PROCESSES * EACH)]

    said = _approve_from_processes(crew, card.id, people)

    assert said == {"won": 1, "AlreadyDecided": PROCESSES * EACH - 1}
    assert ended(run) == ["succeeded"]
    assert refunds(run) == 1
    assert len(db.session.scalars(select(Vote.id)).all()) == 1


def _approve_from_processes(crew: Crew, card_id: int, people: list[int]) -> Counter[str]:
    """What each of `people` was told, all of them approving at one moment from several processes."""
    files = [crew.data / f"told-{n}.json" for n in range(PROCESSES)]
    at = time.time() + 1
    for n, file in enumerate(files):
        crew.order("approvers", file, at, card_id, *people[n::PROCESSES])
    until(lambda: all(file.exists() for file in files), what="everyone to be told")
    return Counter(word for file in files for word in json.loads(file.read_text()))


def test_approve_reject_expire_cancel_and_suspend_racing_leave_one_final_state(
    app: Flask, crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns = [[REFUND], "Over."]
    world.rule("ask")
    runs = [world.start() for _ in range(ROUNDS)]
    reviewers = world.reviewer(), world.reviewer()
    cards = {run: waiting(run, seconds=60).id for run in runs}

    for run, card in cards.items():
        _race(app, world, run, card, reviewers)

    ended(*runs, seconds=30)
    finals = Counter(_final(run) for run in runs)
    assert sum(finals.values()) == ROUNDS
    assert len(finals) > 1, f"the race has one winner every time, so it is no race: {finals}"


def _race(app: Flask, world: World, run_id: int, card_id: int, reviewers: tuple[int, int]) -> None:
    """Five parties at one card, started together; the deadline passes while they are at it."""
    soon = now() + timedelta(milliseconds=25)
    with acting():
        db.session.execute(update(Approval).where(Approval.id == card_id).values(deadline_at=soon))
    gate, measures = threading.Barrier(5), list[int]()

    def party(act: Callable[[], Any], pause: float = 0) -> threading.Thread:
        def work() -> None:
            with app.app_context():
                gate.wait(10)
                time.sleep(pause)
                try:
                    act()
                    db.session.commit()
                except DomainError as error:
                    db.session.commit() if error.context.get("keep") else db.session.rollback()

        return threading.Thread(target=work)

    def say(decision: Decision, reviewer: int) -> None:
        card, member = db.session.get_one(Approval, card_id), db.session.get_one(Membership, reviewer)
        decide(card, decision, by=member, version=1, key="race", reason="wrong")

    def stop() -> None:
        cancel(db.session.get_one(Run, run_id), by=db.session.get_one(User, world.owner_id))
        close_for(run_id, "The run was stopped")

    def suspend() -> None:
        measures.append(world.suspend())

    shift = (run_id % 4) * 0.008  # so that each has its turn at being first
    threads = [
        party(lambda: say(Decision.APPROVE, reviewers[0]), shift % 0.032),
        party(lambda: say(Decision.REJECT, reviewers[1]), (shift + 0.008) % 0.032),
        party(take_steps, 0.026),
        party(stop, (shift + 0.016) % 0.032),
        party(suspend, (shift + 0.02) % 0.032),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for measure in measures:
        world.lift(measure)


def _final(run_id: int) -> str:
    """The card's one final state, after checking that everything else agrees with it."""
    card = card_of(run_id)
    assert card is not None
    votes = db.session.scalars(select(Vote.decision).where(Vote.approval_id == card.id)).all()
    assert card.state in {"done", "rejected", "expired", "voided"}, card.state
    assert refunds(run_id) == (1 if card.state == "done" else 0)
    assert len(votes) <= 1, "only the winner's word counts"
    assert {"done": "approve", "rejected": "reject"}.get(card.state) in (None, *votes)
    return card.state
