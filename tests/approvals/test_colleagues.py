"""Asking a colleague, and leaving a card to somebody: neither decides, and neither lets in who may not."""

import pytest
from sqlalchemy import select

from app.approvals.claims import claim
from app.approvals.colleagues import MOST_QUESTIONS, answer, ask, delegate
from app.approvals.errors import NotYourCard
from app.approvals.inbox import inbox, waits_for
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict, Invalid, NotAllowed
from app.workspaces.models import Role
from tests.approvals.deciding import reviewer, say
from tests.factories import an_approval


@pytest.fixture
def card(app) -> Approval:
    return an_approval()


def asked(card, by, colleague, text="Is this the right amount?"):
    question = ask(card, colleague, text, by=by)
    db.session.commit()
    return question


def left(card, by, to, note=""):
    delegate(card, to, by=by, note=note)
    db.session.commit()


def test_a_question_waits_for_who_was_asked_and_decides_nothing(card):
    ada, clerk = reviewer(card), reviewer(card, Role.AUDITOR)

    asked(card, ada, clerk)

    assert card.state == "pending"
    assert [c.id for c in inbox(clerk, "asked").cards] == [card.id]
    assert (inbox(clerk, "waiting").asked, inbox(ada, "waiting").asked) == (1, 0)


def test_an_answer_is_given_once_and_only_by_who_was_asked(card):
    ada, clerk = reviewer(card), reviewer(card, Role.AUDITOR)
    question = asked(card, ada, clerk)
    with pytest.raises(NotAllowed):
        answer(question, "Yes", by=ada)
    db.session.rollback()

    answer(question, "Yes, see the bank line.", by=clerk)
    db.session.commit()

    assert question.answer == "Yes, see the bank line."
    assert inbox(clerk, "asked").cards == []
    with pytest.raises(Conflict):
        answer(question, "No", by=clerk)


@pytest.mark.parametrize(("text", "who"), [("  ", "other"), ("Is it right?", "self")])
def test_a_question_needs_words_and_somebody_else(card, text, who):
    ada = reviewer(card)

    with pytest.raises(Invalid):
        ask(card, ada if who == "self" else reviewer(card), text, by=ada)


def test_a_card_takes_only_so_many_questions(card):
    ada, clerk = reviewer(card), reviewer(card)
    for _ in range(MOST_QUESTIONS):
        ask(card, clerk, "And now?", by=ada)

    with pytest.raises(Invalid, match="at most"):
        ask(card, clerk, "And now?", by=ada)


def test_who_may_not_decide_asks_nobody(card):
    with pytest.raises(NotYourCard):
        ask(card, reviewer(card), "Is it right?", by=reviewer(card, Role.AUDITOR))


def test_what_was_asked_and_answered_is_in_the_audit_log(card):
    clerk = reviewer(card, Role.AUDITOR)
    question = asked(card, reviewer(card), clerk)
    answer(question, "Yes", by=clerk)
    db.session.commit()

    kinds = db.session.scalars(select(AuditEntry.kind).order_by(AuditEntry.id)).all()

    assert kinds[-2:] == ["member:approval:question", "member:approval:answer"]


def test_a_card_that_is_left_to_somebody_waits_for_them(card):
    ada, ben = reviewer(card), reviewer(card)

    left(card, ada, ben, "I am away until Monday.")

    assert (waits_for(card, ada), waits_for(card, ben)) == (False, True)
    assert [c.id for c in inbox(ada, "others").cards] == [card.id]
    assert [c.id for c in inbox(ben, "waiting").cards] == [card.id]


def test_who_left_it_may_still_decide_it(card):
    ada = reviewer(card)
    left(card, ada, reviewer(card))

    assert say(card, Decision.APPROVE, ada).state == "approved"


def test_a_card_that_comes_back_waits_again(card):
    ada, ben = reviewer(card), reviewer(card)
    left(card, ada, ben)

    left(card, ben, ada)

    assert (waits_for(card, ada), waits_for(card, ben)) == (True, False)


@pytest.mark.parametrize(
    "who", ["yourself", "who started it", "another team", "an auditor", "who has a limit", "who approved"]
)
def test_nobody_gets_a_card_that_they_could_not_decide(card, who):
    card.quorum = [{"role": None, "count": 2}]
    ada, other = reviewer(card), reviewer(card)
    match who:
        case "yourself":
            other = ada
        case "who started it":
            card.requester_id = other.user_id
        case "another team":
            other.teams = ["marketing"]
        case "an auditor":
            other.role = Role.AUDITOR
        case "who has a limit":
            other.approves_up_to = 1
        case "who approved":
            say(card, Decision.APPROVE, other)
    db.session.commit()

    with pytest.raises(Invalid):
        delegate(card, other, by=ada)


def test_leaving_a_card_ends_ones_claim(card):
    ada, ben = reviewer(card), reviewer(card)
    claim(card, by=ada)

    left(card, ada, ben)

    assert say(card, Decision.APPROVE, ben).state == "approved"
