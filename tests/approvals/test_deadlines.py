"""What the clock does about a card that nobody decides."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.approvals.deadlines import planned, take_steps
from app.approvals.inbox import inbox
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.audit.models import AuditEntry
from app.db import db, now
from app.workspaces.deadlines import DeadlineSteps
from app.workspaces.hours import BusinessHours, Span
from app.workspaces.models import Absence, Membership, Role, Workspace
from app.workspaces.queries import today
from tests.approvals.deciding import reviewer, say
from tests.factories import a_run, a_workspace, an_agent, an_approval

HOUR = timedelta(hours=1)


@pytest.fixture
def card(app) -> Approval:
    """Asked just now, with the usual steps: 4, 8, 16 and 24 hours."""
    workspace = a_workspace()
    run = a_run(an_agent(workspace), state="awaiting_approval", wake_at=None)
    return an_approval(run, **planned(workspace, now()))


def after(card: Approval, hours: float) -> None:
    """Let so much time pass, as the card sees it, and the clock look at it."""
    by = timedelta(hours=hours)
    card.steps = [[step, (datetime.fromisoformat(at) - by).isoformat()] for step, at in card.steps]
    card.next_step_at, card.deadline_at = (at and at - by for at in (card.next_step_at, card.deadline_at))
    db.session.commit()
    take_steps()
    db.session.commit()


def away(member: Membership, stand_in: Membership | None) -> None:
    day = today(member.workspace)
    absence = Absence(workspace_id=member.workspace_id, membership=member, stand_in=stand_in, note="")
    absence.first_day, absence.last_day, absence.created_by = day, day + timedelta(days=3), member.user_id
    db.session.add(absence)
    db.session.commit()


def done(card: Approval) -> list[str]:
    query = select(AuditEntry.kind).where(AuditEntry.subject == f"approval:{card.public_id}").order_by(AuditEntry.id)
    return [kind.rpartition(":")[2] for kind in db.session.scalars(query)]


def test_a_card_is_reminded_of_escalated_and_expires_in_this_order(card):
    for hours in (0, 4.1, 4, 8, 8):
        after(card, hours)

    assert done(card) == ["reminded", "escalated", "expired"]
    assert card.state == "expired"


def test_nothing_happens_before_its_time_nor_twice(card):
    for hours in (0, 3, 0, 1.1, 0, 0):
        after(card, hours)

    assert done(card) == ["reminded"]


def test_after_an_outage_only_the_last_step_that_is_due_is_taken(card):
    after(card, 17)

    assert done(card) == ["escalated"]


def test_a_decided_card_is_left_alone(card):
    say(card, Decision.APPROVE, reviewer(card))

    after(card, 30)

    assert card.state == "approved"


def test_who_stands_in_gets_the_card_at_once_and_who_is_away_keeps_it_too(card):
    ada, ben = reviewer(card, name="Ada Lovelace"), reviewer(card, name="Grace Hopper")
    away(ada, ben)

    after(card, 0)

    assert [(one.from_id, one.to_id, one.is_cover) for one in card.delegations] == [(ada.user_id, ben.user_id, True)]
    assert done(card) == ["covered"]
    assert [[c.id for c in inbox(one, "waiting").cards] for one in (ada, ben)] == [[card.id], [card.id]]


def test_who_falls_away_later_is_covered_at_the_delegate_step_and_only_once(card):
    ada, ben = reviewer(card), reviewer(card)
    after(card, 0)
    away(ada, ben)

    after(card, 8.1)
    after(card, 0)

    assert [(one.from_id, one.to_id) for one in card.delegations] == [(ada.user_id, ben.user_id)]


@pytest.mark.parametrize("why", ["another team", "a limit", "who started it"])
def test_a_stand_in_who_may_not_decide_it_is_passed_over(card, why):
    ada, ben = reviewer(card), reviewer(card)
    match why:
        case "another team":
            ben.teams = ["marketing"]
        case "a limit":
            ben.approves_up_to = 1
        case "who started it":
            card.requester_id = ben.user_id
    away(ada, ben)

    after(card, 0)

    assert card.delegations == []


def test_business_hours_are_counted_where_the_workspace_says_so(app):
    workspace = a_workspace(timezone="UTC")
    week = tuple((Span.read("09:00-17:00"),) if day < 5 else () for day in range(7))
    workspace.business_hours = BusinessHours("UTC", week).kept()
    workspace.deadline_steps = DeadlineSteps(2, 4, 6, 8, in_business_hours=True).kept()
    workspace.card_hours = 8
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)

    fields = planned(workspace, friday)

    assert fields["deadline_at"] == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert fields["steps"][1] == ["remind", "2026-11-23T10:00:00+00:00"]


def test_a_card_without_steps_still_expires(card):
    card.steps, card.next_step_at = [], None
    db.session.commit()

    after(card, 25)

    assert card.state == "expired"


def test_two_clocks_at_once_do_each_step_once(app, card):
    after(card, 0)
    card.steps = [["remind", (now() - HOUR).isoformat()]]
    card.next_step_at = now() - HOUR
    db.session.commit()
    db.session.rollback()
    barrier = threading.Barrier(6)

    def tick() -> None:
        with app.app_context():
            barrier.wait()
            take_steps()
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=tick) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done(card) == ["reminded"]


def test_an_owner_is_among_those_who_cover_and_are_covered(card):
    owner, admin = reviewer(card, Role.OWNER), reviewer(card, Role.ADMIN)
    away(owner, admin)

    after(card, 0)

    assert len(card.delegations) == 1
    assert db.session.get_one(Workspace, card.workspace_id).steps.remind == 4
