"""A card in somebody's hands: held with its run until the commit, as it is now, and open to this person."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from app.approvals.cards import decided_words, expire
from app.approvals.errors import AlreadyDecided, CardChanged, Claimed, NotYourCard, OwnRequest, TooLate
from app.approvals.models import Approval, ApprovalState
from app.approvals.quorum import may_decide
from app.db import db, now
from app.runs.lease import FRESH
from app.runs.models import Run
from app.workspaces.models import Membership, Role

_RUN = select(Run).where(Run.id == bindparam("run")).with_for_update(of=Run).execution_options(**FRESH)
_CARD = (
    select(Approval)
    .where(Approval.id == bindparam("card"))
    .options(selectinload(Approval.votes))
    .with_for_update(of=Approval)
    .execution_options(**FRESH)
)


def held(card: Approval) -> Approval:
    """The card as it is now with its run, both held until the commit (SQLite has locked everything already).

    The run comes first, as it does in the engine: who locks in one order never waits for each other.
    """
    if card.run_id is not None:
        db.session.scalars(_RUN, {"run": card.run_id}).one()
    return db.session.scalars(_CARD, {"card": card.id}).unique().one()


def as_now(by: Membership) -> Membership:
    """The member as they are in this transaction. Raises NotYourCard when they have left since they asked."""
    member = db.session.get_one(Membership, by.id, populate_existing=True)
    if member.ended_at is not None:
        raise NotYourCard()
    return member


def refuse_unless_open(card: Approval, by: Membership, version: int) -> None:
    """Raise what stands between this person and a decision on exactly this version of a held card."""
    if card.state == ApprovalState.EXPIRED:
        raise TooLate(card=card)
    if not card.is_pending:
        raise AlreadyDecided(decided_words(card), card=card)
    if card.deadline_at <= now():
        expire(card)
        raise TooLate(card=card, keep=True)
    if card.version != version:
        raise CardChanged(card=card)
    if card.requester_id == by.user_id:
        raise OwnRequest(card=card)
    if not may_decide(card, by):
        raise NotYourCard(card=card)
    if by.role != Role.OWNER and card.is_claimed_by_another(by.user_id, now()):
        raise Claimed(claimed_words(card), card=card)


def claimed_words(card: Approval) -> str:
    """Who has a claimed card, and for how long."""
    assert card.claimer and card.claimed_until
    minutes = max(1, round((card.claimed_until - now()).total_seconds() / 60))
    return f"{card.claimer.name} is deciding this, for {minutes} more {'minute' if minutes == 1 else 'minutes'}."
