"""Deciding on cards: who may, how often, and what happens when many do at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.approvals.deadlines import take_steps
from app.approvals.errors import AlreadyDecided, AlreadyVoted, CardChanged, NotYourCard, OwnRequest, TooLate
from app.approvals.inbox import inbox
from app.approvals.models import Approval, Vote
from app.approvals.services import Decision, decide, undo
from app.audit.models import AuditEntry
from app.db import db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.runs.models import Run
from app.workspaces.models import Membership, Role
from tests.approvals.deciding import reviewer, say
from tests.factories import an_approval
from tests.factories.rules import a_rule, in_force


@pytest.fixture
def card(app) -> Approval:
    made = an_approval()
    db.session.commit()
    return made


def test_one_approval_is_enough_where_one_is_asked_for(card):
    say(card, Decision.APPROVE, reviewer(card))

    assert card.state == "approved"
    assert db.session.get_one(Run, card.run_id).wake_at <= now()


def test_the_same_click_twice_is_one_decision(card):
    ada = reviewer(card)
    say(card, Decision.APPROVE, ada)

    say(card, Decision.APPROVE, ada, version=1)

    assert db.session.scalar(select(func.count(Vote.id))) == 1


def test_a_second_decision_is_refused_with_who_was_faster(card):
    say(card, Decision.REJECT, reviewer(card, name="Amira Haddad"), reason="wrong")

    with pytest.raises(AlreadyDecided, match="Amira Haddad declined this first"):
        say(card, Decision.APPROVE, reviewer(card), key="k2")


def test_two_people_are_two_people(card):
    card.quorum = [{"role": None, "count": 2}]
    ada, ben = reviewer(card), reviewer(card)
    say(card, Decision.APPROVE, ada)
    with pytest.raises(AlreadyVoted):
        say(card, Decision.APPROVE, ada, key="again")
    db.session.rollback()
    assert card.state == "pending"

    say(card, Decision.APPROVE, ben)

    assert card.state == "approved"


@pytest.mark.parametrize("change", [{"ended_at": True}, {"role": "auditor"}, {"teams": ["finance"]}])
def test_who_may_no_longer_decide_counts_no_more(card, change):
    card.quorum = [{"role": None, "count": 2}]
    ada, ben, cem = reviewer(card), reviewer(card), reviewer(card)
    say(card, Decision.APPROVE, ada)
    for field, value in change.items():
        setattr(ada, field, now() if field == "ended_at" else value)
    db.session.commit()

    say(card, Decision.APPROVE, ben)
    assert card.state == "pending"

    say(card, Decision.APPROVE, cem)
    assert card.state == "approved"


REFUND = {"party": "Hartwell Ltd", "amount": "184.00", "reference": "20418", "reason": "charged twice"}


@pytest.fixture
def refund(card) -> Approval:
    """A card whose arguments can be edited."""
    card.tool, card.args, card.original_args = "book_refund", REFUND, REFUND
    db.session.commit()
    return card


def test_a_key_sent_again_for_something_else_is_refused(refund):
    card = refund
    card.quorum = [{"role": None, "count": 2}]
    ada, ben = reviewer(card), reviewer(card)
    say(card, Decision.APPROVE, ada, key="same")
    with pytest.raises(AlreadyVoted):
        say(card, Decision.REJECT, ada, key="same", reason="wrong")
    db.session.rollback()
    say(card, Decision.EDIT, ben, args={"amount": "90.00"})

    with pytest.raises(CardChanged):
        say(card, Decision.REJECT, ada, key="same", reason="wrong")


def test_a_change_that_asks_for_somebody_else_is_no_approval(refund, rule_for_the_owner):
    card, ada = refund, reviewer(refund)

    say(card, Decision.EDIT, ada, args={"amount": "999.00"})

    assert (card.state, card.version, card.votes) == ("pending", 2, [])
    say(card, Decision.APPROVE, reviewer(card, Role.OWNER))
    assert card.state == "approved"


@pytest.fixture
def rule_for_the_owner(refund):
    """Large refunds need the owner."""
    large = {"field": "amount", "op": ">", "value": 50_000}
    in_force(refund.workspace_id, a_rule("ask", large, tool="book_refund", quorum=({"role": "owner", "count": 1},)))


def test_a_named_role_must_be_among_them(card):
    card.quorum = [{"role": "admin", "count": 1}, {"role": None, "count": 1}]
    say(card, Decision.APPROVE, reviewer(card))
    say(card, Decision.APPROVE, reviewer(card))
    assert card.state == "pending"

    say(card, Decision.APPROVE, reviewer(card, Role.ADMIN))

    assert card.state == "approved"


def test_nobody_approves_their_own_request(card):
    own = reviewer(card, Role.OWNER)
    card.requester_id = own.user_id
    db.session.commit()

    with pytest.raises(OwnRequest):
        say(card, Decision.APPROVE, own)


@pytest.mark.parametrize("role", [Role.BUILDER, Role.AUDITOR, Role.BILLING])
def test_other_roles_do_not_decide(card, role):
    with pytest.raises(NotYourCard):
        say(card, Decision.APPROVE, reviewer(card, role))


def test_a_reviewer_limited_to_another_team_does_not_decide(card):
    with pytest.raises(NotYourCard):
        say(card, Decision.APPROVE, reviewer(card, teams=["marketing"]))


def test_a_stale_version_is_refused(card):
    with pytest.raises(CardChanged):
        say(card, Decision.APPROVE, reviewer(card), version=7)


def test_a_decline_needs_a_reason_and_changes_need_words(card):
    ada = reviewer(card)
    with pytest.raises(Invalid):
        say(card, Decision.REJECT, ada)
    db.session.rollback()
    with pytest.raises(Invalid):
        say(card, Decision.CHANGES, ada, note="  ")


def test_an_expired_card_denies_and_says_so(card):
    card.deadline_at = now() - timedelta(seconds=1)
    db.session.commit()

    assert take_steps() == 1
    db.session.commit()

    assert card.state == "expired"
    with pytest.raises(TooLate):
        say(card, Decision.APPROVE, reviewer(card))


def test_deciding_after_the_deadline_expires_the_card_before_the_clock_does(card):
    card.deadline_at = now() - timedelta(seconds=1)
    db.session.commit()

    with pytest.raises(TooLate):
        decide(card, Decision.APPROVE, by=reviewer(card), version=1, key="k")
    db.session.commit()

    assert card.state == "expired"


def test_an_approval_can_be_taken_back_while_it_is_held(card):
    ada = reviewer(card)
    say(card, Decision.APPROVE, ada)
    card.hold_until = now() + timedelta(seconds=30)
    db.session.commit()

    undo(card, by=ada)
    db.session.commit()

    assert (card.state, card.version) == ("pending", 2)
    say(card, Decision.APPROVE, ada, key="again")
    assert card.state == "approved"


@pytest.mark.parametrize("who", ["the starter", "another team", "an auditor"])
def test_only_who_may_decide_can_take_an_approval_back(card, who):
    say(card, Decision.APPROVE, reviewer(card))
    card.hold_until = now() + timedelta(seconds=30)
    starter = reviewer(card, Role.OWNER)
    if who == "the starter":
        card.requester_id = starter.user_id
    db.session.commit()
    others = {"another team": {"teams": ["finance"]}, "an auditor": {"role": Role.AUDITOR}}
    by = starter if who == "the starter" else reviewer(card, **others[who])

    with pytest.raises(NotAllowed):
        undo(card, by=by)


def test_it_is_too_late_to_undo_what_was_consumed(card):
    ada = reviewer(card)
    say(card, Decision.APPROVE, ada)
    card.hold_until, card.consumed_at = now() + timedelta(seconds=30), now()
    db.session.commit()

    with pytest.raises(Conflict):
        undo(card, by=ada)


def test_the_audit_log_tells_who_allowed_what(card):
    say(card, Decision.APPROVE, reviewer(card, name="Amira Haddad"), note="Matches the bank line.")

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member:approval:approved")).one()
    assert entry.actor == "Amira Haddad"
    assert entry.after["digest"] == card.digest
    assert entry.after["note"] == "Matches the bank line."


def test_the_inbox_tells_mine_from_others(card):
    own, other = reviewer(card), reviewer(card, Role.AUDITOR)

    assert [c.id for c in inbox(own, "waiting").cards] == [card.id]
    assert [c.id for c in inbox(other, "others").cards] == [card.id]
    assert inbox(other, "waiting").cards == []


def test_of_24_approvers_at_once_one_wins(app, card):
    members = [reviewer(card).id for _ in range(24)]
    card_id, won, lost = card.id, [], []
    db.session.rollback()  # lets go of the write lock
    start = threading.Barrier(24)

    def approve(member_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                found = db.session.get_one(Approval, card_id)
                by = db.session.get_one(Membership, member_id)
                decide(found, Decision.APPROVE, by=by, version=1, key="k")
                db.session.commit()
                won.append(member_id)
            except Conflict:
                lost.append(member_id)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=approve, args=(m,)) for m in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, 23)
    assert db.session.scalar(select(func.count(Vote.id)).where(Vote.approval_id == card_id)) == 1
