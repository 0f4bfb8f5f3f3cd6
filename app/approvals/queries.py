"""Reading cards and rules, always within one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.approvals.models import Approval, ApprovalState, Rule, Vote
from app.approvals.quorum import may_decide
from app.db import db
from app.errors import NotFound
from app.workspaces.models import Membership

PAGE = 25
DECIDED = ("approved", "rejected", "changed", "done", "failed", "unknown", "voided")
TABS = {
    "waiting": (ApprovalState.PENDING,),
    "others": (ApprovalState.PENDING,),
    "decided": DECIDED,
    "expired": (ApprovalState.EXPIRED,),
}


@dataclass(frozen=True)
class Inbox:
    """One page of cards for one member."""

    cards: Sequence[Approval]
    before: int | None
    waiting: int
    others: int


def get_approval(public_id: str, *, workspace_id: int) -> Approval:
    """The card, if it is this workspace's. Raises NotFound."""
    query = select(Approval).where(Approval.public_id == public_id, Approval.workspace_id == workspace_id)
    card = db.session.scalar(query)
    if card is None:
        raise NotFound()
    return card


def inbox(member: Membership, tab: str, *, before: int | None = None) -> Inbox:
    """Cards for `member`: waiting for them, with others, decided or expired; newest first, paged by id."""
    pending = _pending(member.workspace_id)
    mine = [card for card in pending if waits_for(card, member)]
    theirs = [card for card in pending if not waits_for(card, member)]
    if tab in ("waiting", "others"):
        cards = mine if tab == "waiting" else theirs
        cards = [c for c in cards if not before or c.id < before]
        shown = sorted(cards[:PAGE], key=lambda c: (-("low", "medium", "high").index(c.risk), c.deadline_at))
        return Inbox(shown, cards[PAGE - 1].id if len(cards) > PAGE else None, len(mine), len(theirs))
    query = select(Approval).where(Approval.workspace_id == member.workspace_id, Approval.state.in_(TABS[tab]))
    if before:
        query = query.where(Approval.id < before)
    rows = db.session.scalars(query.order_by(Approval.id.desc()).limit(PAGE + 1)).unique().all()
    return Inbox(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None, len(mine), len(theirs))


def _pending(workspace_id: int, limit: int = 300) -> Sequence[Approval]:
    query = select(Approval).where(Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING)
    return db.session.scalars(query.order_by(Approval.id.desc()).limit(limit)).unique().all()


def waits_for(card: Approval, member: Membership) -> bool:
    """Whether this pending card waits for this member: may decide, did not start it, has not approved it yet."""
    if card.requester_id == member.user_id or not may_decide(card, member):
        return False
    voted = select(Vote.id).where(
        Vote.approval_id == card.id,
        Vote.user_id == member.user_id,
        Vote.version == card.version,
        Vote.undone_at.is_(None),
    )
    return db.session.scalar(voted) is None


def waiting_count(workspace_id: int, member: Membership) -> int:
    """How many cards wait for this member, for the side bar."""
    return sum(waits_for(card, member) for card in _pending(workspace_id, limit=100))


def votes_on(card: Approval) -> Sequence[Vote]:
    """Everything people said on this card, oldest first."""
    return db.session.scalars(select(Vote).where(Vote.approval_id == card.id).order_by(Vote.id)).all()


def cards_of(run_id: int) -> Sequence[Approval]:
    """The cards of a run, oldest first."""
    return db.session.scalars(select(Approval).where(Approval.run_id == run_id).order_by(Approval.id)).unique().all()


def rules_of(workspace_id: int) -> Sequence[Rule]:
    """The workspace's rules in order."""
    return db.session.scalars(select(Rule).where(Rule.workspace_id == workspace_id).order_by(Rule.position)).all()


def pending_total(workspace_id: int) -> int:
    query = select(func.count(Approval.id)).where(
        Approval.workspace_id == workspace_id, Approval.state == ApprovalState.PENDING
    )
    return db.session.scalar(query) or 0
