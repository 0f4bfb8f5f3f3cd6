"""Who may decide a card, whose approvals count, and when there are enough."""

from typing import Any

from app.approvals.models import Approval, Vote
from app.workspaces.models import Membership, Role

APPROVE = "approve"


def may_decide(card: Approval, member: Membership) -> bool:
    """Whether this member's role and teams let them decide this card (leaving aside whose run it is)."""
    return may_decide_on(member, team=card.agent.team, quorum=card.quorum)


def may_decide_on(member: Membership, *, team: str, quorum: list[Any]) -> bool:
    """Whether this member may decide cards of this team with this quorum."""
    if member.role not in (Role.OWNER, Role.ADMIN, Role.REVIEWER):
        return False
    if member.teams and team not in member.teams:
        return False
    roles = {need["role"] for need in quorum}
    return None in roles or member.role in roles or member.role == Role.OWNER


def approvals_on(card: Approval) -> list[Vote]:
    """The approvals that count: of exactly what the card says now, not undone, by people who may decide it today."""
    return [vote for vote in card.votes if _counts(vote, card)]


def _counts(vote: Vote, card: Approval) -> bool:
    if vote.decision != APPROVE or vote.undone_at or (vote.digest, vote.version) != (card.digest, card.version):
        return False
    return vote.membership is not None and may_decide(card, vote.membership)


def needed(card: Approval) -> int:
    """How many people must agree in all."""
    return sum(need["count"] for need in card.quorum)


def is_met(card: Approval, votes: list[Vote]) -> bool:
    """Every part of the quorum is filled, each by a different person; named roles are filled first."""
    free = list(votes)
    for need in sorted(card.quorum, key=lambda n: n["role"] is None):
        fitting = [v for v in free if need["role"] is None or _role(v) in (need["role"], Role.OWNER)]
        if len(fitting) < need["count"]:
            return False
        for vote in fitting[: need["count"]]:
            free.remove(vote)
    return True


def _role(vote: Vote) -> str:
    """The voter's role today."""
    return vote.membership.role if vote.membership else ""
