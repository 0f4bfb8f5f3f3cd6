"""Claiming a card: the others leave it alone for a while, and nobody is kept out for good."""

from datetime import timedelta

import pytest

from app.approvals.claims import LEASE, claim, give_back
from app.approvals.errors import Claimed, NotYourCard, OwnRequest
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.db import db, now
from app.workspaces.models import Role
from tests.approvals.deciding import reviewer, say
from tests.factories import an_approval


@pytest.fixture
def card(app) -> Approval:
    return an_approval()


def claimed(card, by):
    claim(card, by=by)
    db.session.commit()
    return card


def test_who_claimed_it_decides_and_the_others_wait(card):
    ada, ben = reviewer(card, name="Ada Lovelace"), reviewer(card)
    claimed(card, ada)

    with pytest.raises(Claimed, match="Ada Lovelace is deciding this, for 5 more minutes"):
        say(card, Decision.APPROVE, ben)
    db.session.rollback()

    assert say(card, Decision.APPROVE, ada).state == "approved"


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.CHANGES])
def test_a_claim_holds_for_every_decision(card, decision):
    claimed(card, reviewer(card))

    with pytest.raises(Claimed):
        say(card, decision, reviewer(card), reason="wrong", note="smaller")


def test_a_claim_lapses_by_itself(card):
    claimed(card, reviewer(card))
    card.claimed_until = now() - timedelta(seconds=1)
    db.session.commit()

    assert say(card, Decision.APPROVE, reviewer(card)).state == "approved"


def test_claiming_again_makes_it_longer(card):
    ada = reviewer(card)
    claimed(card, ada).claimed_until = now() + timedelta(seconds=5)
    db.session.commit()

    claimed(card, ada)

    assert card.claimed_until > now() + LEASE - timedelta(seconds=5)


def test_an_owner_is_never_kept_out(card):
    claimed(card, reviewer(card))

    assert say(card, Decision.APPROVE, reviewer(card, Role.OWNER)).state == "approved"


def test_what_is_given_back_is_for_everybody_again(card):
    ada, ben = reviewer(card), reviewer(card)
    claimed(card, ada)

    give_back(card, by=ben)
    assert card.claimed_by == ada.user_id
    give_back(card, by=ada)
    db.session.commit()

    assert say(card, Decision.APPROVE, ben).state == "approved"


def test_a_second_claim_is_refused(card):
    claimed(card, reviewer(card))

    with pytest.raises(Claimed):
        claim(card, by=reviewer(card))


def test_only_who_may_decide_can_claim(card):
    starter = reviewer(card, Role.OWNER)
    card.requester_id = starter.user_id
    db.session.commit()

    with pytest.raises(OwnRequest):
        claim(card, by=starter)
    db.session.rollback()
    with pytest.raises(NotYourCard):
        claim(card, by=reviewer(card, teams=["marketing"]))
