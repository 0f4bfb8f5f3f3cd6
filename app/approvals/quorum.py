"""Who may decide a card, whose approvals count, and when there are enough."""

from typing import Any

from app.approvals.models import Approval, Vote
from app.formats import money
from app.workspaces.models import Membership, Role

APPROVE = "approve"


def may_decide(card: Approval, member: Membership) -> bool:
    """Whether this member's role and teams let them decide this card (leaving aside whose run it is)."""
    return may_decide_on(member, team=card.team, quorum=card.quorum)


def may_decide_on(member: Membership, *, team: str, quorum: list[Any]) -> bool:
    """Whether this member may decide cards of this team with this quorum."""
    if member.role not in (Role.OWNER, Role.ADMIN, Role.REVIEWER):
        return False
    if (
        team
        and member.teams
        and team not in member.teams
        and not any(need.get("team") in member.teams for need in quorum)
    ):
        return False
    return member.role == Role.OWNER or any(_fits(member, need) for need in quorum)


def within_limit(amount: int | None, member: Membership) -> bool:
    """Whether one approval of this member may move `amount` minor units. Owners have no limit."""
    most = None if member.role == Role.OWNER else member.approves_up_to
    return amount is None or most is None or amount <= most


def limit_words(card: Approval, member: Membership) -> str:
    """Up to which amount this member approves."""
    most = money(member.approves_up_to or 0, card.impact["currency"])
    return f"You may approve up to {most}. Somebody else has to approve more than that."


def _fits(member: Membership, need: dict[str, Any]) -> bool:
    """Whether this member can be one of those needed. An owner stands for any role and team."""
    if member.role == Role.OWNER:
        return True
    is_of_team = need.get("team") is None or not member.teams or need["team"] in member.teams
    return is_of_team and need["role"] in (None, member.role)


def approvals_on(card: Approval) -> list[Vote]:
    """The approvals that count: of exactly what the card says now, not undone, by people who may decide it today."""
    return [vote for vote in card.votes if _counts(vote, card)]


def _counts(vote: Vote, card: Approval) -> bool:
    if vote.decision != APPROVE or vote.undone_at or (vote.digest, vote.version) != (card.digest, card.version):
        return False
    member = vote.membership
    return member is not None and may_decide(card, member) and within_limit(card.amount, member)


def needed(card: Approval) -> int:
    """How many people must agree in all."""
    return sum(need["count"] for need in card.quorum)


def is_met(card: Approval, votes: list[Vote]) -> bool:
    """Whether every place of the quorum can be given to a different person of those who agreed."""
    places = [need for need in card.quorum for _ in range(need["count"])]
    members = [vote.membership for vote in votes if vote.membership]
    return _seated(places, members)


def _seated(places: list[Any], members: list[Membership]) -> bool:
    """Whether each place can have a member of its own: bipartite matching by augmenting paths."""
    sits: dict[int, int] = {}

    def seat(place: int, asked: set[int]) -> bool:
        for number, member in enumerate(members):
            if number in asked or not _fits(member, places[place]):
                continue
            asked.add(number)
            if number not in sits or seat(sits[number], asked):
                sits[number] = place
                return True
        return False

    return all(seat(place, set()) for place in range(len(places)))
