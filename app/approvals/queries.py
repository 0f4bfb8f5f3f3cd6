"""Reading cards and rules, always within one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import selectinload

from app.agents.models import Agent
from app.approvals.models import Approval, ApprovalState, Vote
from app.approvals.quorum import may_decide, may_decide_on
from app.db import db, hold, now
from app.errors import NotFound
from app.integrations.models import LedgerEntry, party_key
from app.runs.models import Effect, Run
from app.workspaces.models import Membership

PAGE = 25
SCANNED = 1_000
"""Of the cards that wait in a workspace, how many are looked at to fill a page and to count."""
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


_CARD = select(Approval).where(Approval.public_id == bindparam("card"), Approval.workspace_id == bindparam("workspace"))


def get_approval(public_id: str, *, workspace_id: int) -> Approval:
    """The card, if it is this workspace's. Raises NotFound."""
    card = db.session.scalar(_CARD, {"card": public_id, "workspace": workspace_id})
    if card is None:
        raise NotFound()
    return card


def inbox(member: Membership, tab: str, *, before: int | None = None) -> Inbox:
    """Cards for `member`: waiting for them, with others, decided or expired; newest first, paged by id."""
    pending = _pending(member)
    waiting, others = sum(card.is_mine for card in pending), sum(not card.is_mine for card in pending)
    if tab in ("waiting", "others"):
        rows = _pending(member, before=before) if before else pending
        ids = [card.id for card in rows if card.is_mine is (tab == "waiting")]
        more = ids[PAGE - 1] if len(ids) > PAGE else rows[-1].id if len(rows) == SCANNED else None
        cards = _cards(Approval.id.in_(ids[:PAGE]))
        shown = sorted(cards, key=lambda c: (-("low", "medium", "high").index(c.risk), c.deadline_at))
        return Inbox(shown, more, waiting, others)
    here = Approval.workspace_id == member.workspace_id
    cards = _cards(here, Approval.state.in_(TABS[tab]), *([Approval.id < before] if before else []))
    return Inbox(cards[:PAGE], cards[PAGE - 1].id if len(cards) > PAGE else None, waiting, others)


def _cards(*conditions: ColumnElement[bool]) -> Sequence[Approval]:
    """A page of cards and one more, newest first, with what people said on them."""
    query = select(Approval).where(*conditions).options(selectinload(Approval.votes))
    return db.session.scalars(query.order_by(Approval.id.desc()).limit(PAGE + 1)).unique().all()


class Pending(NamedTuple):
    """A card that waits for people, and whether it waits for the member who asks."""

    id: int
    is_mine: bool


def _pending(member: Membership, *, before: int | None = None) -> list[Pending]:
    """The workspace's newest SCANNED pending cards, newest first. Reads no more of a card than this needs."""
    voted = exists().where(
        Vote.approval_id == Approval.id,
        Vote.user_id == member.user_id,
        Vote.version == Approval.version,
        Vote.undone_at.is_(None),
    )
    query = select(Approval.id, Approval.requester_id, Approval.quorum, Agent.team, voted).join(Approval.agent)
    query = query.where(Approval.workspace_id == member.workspace_id, Approval.state == ApprovalState.PENDING)
    if before:
        query = query.where(Approval.id < before)
    return [
        Pending(id, not has_voted and requester != member.user_id and may_decide_on(member, team=team, quorum=quorum))
        for id, requester, quorum, team, has_voted in db.session.execute(
            query.order_by(Approval.id.desc()).limit(SCANNED)
        )
    ]


def waits_for(card: Approval, member: Membership) -> bool:
    """Whether this pending card waits for this member: may decide, did not start it, has not approved it yet."""
    if card.requester_id == member.user_id or not may_decide(card, member):
        return False
    return not any(v.user_id == member.user_id and v.version == card.version and not v.undone_at for v in card.votes)


def waiting_count(member: Membership) -> int:
    """How many cards wait for this member, for the side bar."""
    return sum(card.is_mine for card in _pending(member))


def cards_of(run_id: int) -> Sequence[Approval]:
    """The cards of a run, oldest first."""
    return db.session.scalars(select(Approval).where(Approval.run_id == run_id).order_by(Approval.id)).unique().all()


@dataclass(frozen=True)
class Moved:
    """Money moved before, in minor units, what was reversed included: reversing does not make room for more."""

    by_run: int = 0
    by_agent_today: int = 0
    to_party: int = 0


DAY, MONTH = timedelta(hours=24), timedelta(days=30)


def moved_before(run: Run, party: str) -> Moved:
    """What was moved before this action of `run`. Runs that ask at the same time take turns until they commit."""
    hold("moved", run.workspace_id)
    db.session.flush()  # the engine writes late, and what it has just done counts
    here = LedgerEntry.workspace_id == run.workspace_id
    by_agent = select(Run.id).where(Run.agent_id == run.agent_id)
    today = (here, LedgerEntry.run_id.in_(by_agent), LedgerEntry.created_at > now() - DAY)
    same = (here, LedgerEntry.party_key == party_key(party), LedgerEntry.created_at > now() - MONTH)
    return Moved(_sum_of(LedgerEntry.run_id == run.id), _sum_of(*today), _sum_of(*same) if party else 0)


def calls_before(run: Run, tool: str, call_key: str) -> int:
    """How often the run has used this tool, this call aside."""
    db.session.flush()  # the engine writes late, and what it has just done counts
    others = select(func.count()).where(Effect.run_id == run.id, Effect.tool == tool, Effect.key != call_key)
    return int(db.session.scalar(others) or 0)


def _sum_of(*conditions: ColumnElement[bool]) -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(*conditions)) or 0)
