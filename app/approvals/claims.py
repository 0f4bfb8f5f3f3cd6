"""Claiming a card: for a few minutes the others leave the decision to one person.

A claim shows who is at it and keeps two people from doing the same work. It lapses by itself, and it never
keeps an owner out.
"""

from datetime import timedelta

from app.approvals.cards import signal
from app.approvals.held import as_now, held, refuse_unless_open
from app.approvals.models import Approval
from app.db import now
from app.workspaces.models import Membership

LEASE = timedelta(minutes=5)


def claim(card: Approval, *, by: Membership) -> Approval:
    """Let `by` decide undisturbed for five minutes from now. Raises Claimed and what else `decide` raises."""
    card, by = held(card), as_now(by)
    refuse_unless_open(card, by, card.version)
    card.claimed_by, card.claimed_until, card.claimer = by.user_id, now() + LEASE, by.user
    signal(card)
    return card


def give_back(card: Approval, *, by: Membership) -> Approval:
    """Let the others decide again. Does nothing when `by` has no claim on the card."""
    card, by = held(card), as_now(by)
    if card.is_pending and card.claimed_by == by.user_id:
        card.claimed_by = card.claimed_until = card.claimer = None
        signal(card)
    return card
