"""What waits for whom: the inbox of one member, and what they can decide together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import selectinload

from app.agents.models import Agent
from app.approvals.models import Approval, ApprovalState, Delegation, Question, Vote
from app.approvals.quorum import may_decide, may_decide_on, within_limit
from app.db import db
from app.workspaces.models import Membership

PAGE = 25
SCANNED = 1_000
"""Of the cards that wait in a workspace, how many are looked at to fill a page and to count."""
DECIDED = ("approved", "rejected", "changed", "done", "failed", "unknown", "voided")
TABS = {
    "waiting": (ApprovalState.PENDING,),
    "others": (ApprovalState.PENDING,),
    "asked": (ApprovalState.PENDING,),
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
    asked: int
    """Cards on which a colleague waits for this member's answer."""
    together: Sequence["Together"] = ()
    """What of these cards can be decided together with others."""


class Together(NamedTuple):
    """Some cards that wait for the same member, and belong together."""

    card: Approval
    """One of them."""
    size: int
    is_run: bool
    """They are of one run; else of one agent for the same tool."""


class Pending(NamedTuple):
    """A card that waits for people, and whether it waits for the member who asks."""

    id: int
    is_mine: bool
    run_id: int | None
    like: tuple[int | None, str]
    """Agent and tool: what can be decided together."""


def inbox(member: Membership, tab: str, *, before: int | None = None) -> Inbox:
    """Cards for `member`: waiting for them, with others, decided or expired; newest first, paged by id."""
    pending, asked = _pending(member), _asked_of(member)
    waiting, others = sum(card.is_mine for card in pending), sum(not card.is_mine for card in pending)
    if tab in ("waiting", "others"):
        rows = _pending(member, before=before) if before else pending
        ids = [card.id for card in rows if card.is_mine is (tab == "waiting")]
        more = ids[PAGE - 1] if len(ids) > PAGE else rows[-1].id if len(rows) == SCANNED else None
        cards = _cards(Approval.id.in_(ids[:PAGE]))
        shown = sorted(cards, key=lambda c: (-("low", "medium", "high").index(c.risk), c.deadline_at))
        mine = [card for card in pending if card.is_mine] if tab == "waiting" else []
        return Inbox(shown, more, waiting, others, len(asked), _together_with(shown, mine))
    here = [Approval.workspace_id == member.workspace_id, Approval.state.in_(TABS[tab])]
    here += [Approval.id < before] if before else []
    here += [Approval.id.in_(asked)] if tab == "asked" else []
    cards = _cards(*here)
    return Inbox(cards[:PAGE], cards[PAGE - 1].id if len(cards) > PAGE else None, waiting, others, len(asked))


def _together_with(shown: Sequence[Approval], mine: Sequence[Pending]) -> list[Together]:
    """For the cards shown, each group of more than one that they belong to, once."""
    runs, likes = Counter(card.run_id for card in mine), Counter(card.like for card in mine)
    of_runs = {card.run_id: Together(card, runs[card.run_id], is_run=True) for card in shown if card.run_id}
    of_tools = {_like(card): Together(card, likes[_like(card)], is_run=False) for card in shown}
    groups = [group for group in (*of_runs.values(), *of_tools.values()) if group.size > 1]
    same = {(_like(group.card), group.size) for group in groups if group.is_run}
    return [group for group in groups if group.is_run or (_like(group.card), group.size) not in same]


def _like(card: Approval) -> tuple[int | None, str]:
    return card.agent_id, card.tool


def _asked_of(member: Membership) -> Sequence[int]:
    """The pending cards on which somebody waits for this member's answer; at most SCANNED."""
    query = select(Question.approval_id).distinct().join(Approval, Approval.id == Question.approval_id)
    query = query.where(Question.workspace_id == member.workspace_id, Question.asked_of == member.user_id)
    query = query.where(Question.answered_at.is_(None), Approval.state == ApprovalState.PENDING)
    return db.session.scalars(query.limit(SCANNED)).all()


def _cards(*conditions: ColumnElement[bool]) -> Sequence[Approval]:
    """A page of cards and one more, newest first, with what people said on them."""
    around = (Approval.votes, Approval.questions, Approval.delegations)
    query = select(Approval).where(*conditions).options(*map(selectinload, around))
    return db.session.scalars(query.order_by(Approval.id.desc()).limit(PAGE + 1)).unique().all()


def _pending(member: Membership, *, before: int | None = None) -> list[Pending]:
    """The workspace's newest SCANNED pending cards, newest first. Reads no more of a card than this needs."""
    voted = exists().where(
        Vote.approval_id == Approval.id,
        Vote.user_id == member.user_id,
        Vote.version == Approval.version,
        Vote.undone_at.is_(None),
    )
    left = exists().where(
        Delegation.approval_id == Approval.id,
        Delegation.from_id == member.user_id,
        Delegation.ended_at.is_(None),
        Delegation.is_cover.is_(False),
    )
    has_done_theirs = or_(voted, left)
    what = (Approval.id, Approval.run_id, Approval.agent_id, Approval.tool, Approval.requester_id, Approval.quorum)
    query = select(*what, Approval.amount, Agent.team, has_done_theirs.label("is_done")).outerjoin(Approval.agent)
    query = query.where(Approval.workspace_id == member.workspace_id, Approval.state == ApprovalState.PENDING)
    if before:
        query = query.where(Approval.id < before)
    rows = db.session.execute(query.order_by(Approval.id.desc()).limit(SCANNED))
    return [Pending(row.id, _is_mine(row, member), row.run_id, (row.agent_id, row.tool)) for row in rows]


def _is_mine(row: Any, member: Membership) -> bool:
    """The same as `waits_for`, of a row of `_pending`."""
    if row.is_done or row.requester_id == member.user_id or not within_limit(row.amount, member):
        return False
    return may_decide_on(member, team=row.team or "", quorum=row.quorum)


def waits_for(card: Approval, member: Membership) -> bool:
    """Whether this pending card waits for this member: may approve it, has not, and has left it to nobody."""
    if card.requester_id == member.user_id or not may_decide(card, member) or not within_limit(card.amount, member):
        return False
    if any(one.from_id == member.user_id and not one.is_cover and one.ended_at is None for one in card.delegations):
        return False
    return not any(v.user_id == member.user_id and v.version == card.version and not v.undone_at for v in card.votes)


ALIKE = 25
"""Cards decided together at most."""


def together_with(card: Approval, member: Membership) -> Sequence[Approval]:
    """Pending cards of the same agent for the same tool that wait for this member, `card` first, then the newest."""
    same = (Approval.tool == card.tool, Approval.kind == card.kind, Approval.agent_id == card.agent_id)
    return _waiting(member, *same, first=card)


def together_in_run(run_id: int, member: Membership) -> Sequence[Approval]:
    """The pending cards of one run that wait for this member, the newest first."""
    return _waiting(member, Approval.run_id == run_id)


def _waiting(member: Membership, *which: ColumnElement[bool], first: Approval | None = None) -> Sequence[Approval]:
    here = (Approval.workspace_id == member.workspace_id, Approval.state == ApprovalState.PENDING)
    query = select(Approval).where(*here, *which)
    query = query.options(selectinload(Approval.votes), selectinload(Approval.delegations))
    found = db.session.scalars(query.order_by(Approval.id.desc()).limit(4 * ALIKE)).unique()
    mine = [card for card in found if waits_for(card, member)]
    return sorted(mine, key=lambda card: card is not first)[:ALIKE]


def waiting_count(member: Membership) -> int:
    """How many cards wait for this member, for the side bar."""
    return sum(card.is_mine for card in _pending(member))
