"""What a card shows to one person: computed once per card, so that templates only print."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g

from app.agents.forms import read_number
from app.approvals.held import claimed_words
from app.approvals.models import Approval, ApprovalState, CardKind, Vote
from app.approvals.quorum import approvals_on, limit_words, may_decide, needed, within_limit
from app.db import now
from app.differences import Change, as_text, changes
from app.integrations.tools.registry import ACTIONS
from app.rules.sentences import Words, people
from app.workspaces.models import Membership, Role

LONG = 80


@dataclass(frozen=True)
class Input:
    """One argument in the edit form."""

    name: str
    label: str
    kind: str
    """text | long | list"""
    value: str


@dataclass(frozen=True)
class CardView:
    """A card as one member sees it."""

    card: Approval
    votes: list[Vote]
    """Approvals that count for what the card says now."""
    history: list[Vote]
    needed: int
    can_decide: bool
    blocked: str
    """Why this person may not decide, as a sentence; '' when they may."""
    can_undo: bool
    hold_left: int
    inputs: list[Input]
    tool_title: str
    is_outcome: bool
    changed: list[Change]
    """Where a person edited it: as asked, and as it is now."""
    again: list[Change]
    """What the agent changed since the card that this one follows was sent back."""
    over_limit: str
    """Why this person may decline it but not approve it; '' when they may."""
    claimed: str
    """Who else is deciding it now, as a sentence; '' for nobody."""
    is_claimed: bool
    """Whether this person has claimed it."""
    lapses_in: int
    """Seconds until somebody else's claim ends."""
    note: str = ""
    """A sentence above the card: what someone else just did, or what to correct."""
    typed: dict[str, str] | None = None
    typed_sources: Sequence[str] = ()
    """Which of the evidence they had ticked."""


def view_of(
    card: Approval,
    member: Membership,
    *,
    note: str = "",
    typed: dict[str, str] | None = None,
    typed_sources: Sequence[str] = (),
) -> CardView:
    """The card for this member; `typed` keeps what they had entered."""
    counted, moment = approvals_on(card), now()
    others = card.is_pending and card.is_claimed_by_another(member.user_id, moment)
    blocked = _blocked(card, member, counted) if card.is_pending else ""
    left = int((card.hold_until - moment).total_seconds()) if card.hold_until else 0
    holding = card.state == ApprovalState.APPROVED and card.consumed_at is None and left > 0
    tool = ACTIONS.get(card.tool)
    mine = bool(card.is_pending and card.claimed_by == member.user_id and (card.claimed_until or moment) > moment)
    return CardView(
        card=card,
        votes=counted,
        history=card.votes,
        needed=needed(card),
        can_decide=card.is_pending and not blocked and (not others or member.role == Role.OWNER),
        blocked=blocked,
        can_undo=holding and may_decide(card, member) and not g.get("declined"),
        hold_left=max(left, 0),
        inputs=_inputs(card, typed or {}),
        tool_title=tool.title if tool else card.tool,
        is_outcome=card.kind == CardKind.UNKNOWN_OUTCOME,
        changed=changes(card.original_args, card.args),
        again=changes(card.follows.args, card.original_args) if card.follows else [],
        over_limit="" if within_limit(card.amount, member) else limit_words(card, member),
        claimed=claimed_words(card) if others else "",
        is_claimed=mine,
        lapses_in=int((card.claimed_until - moment).total_seconds()) + 1 if others and card.claimed_until else 0,
        note=note,
        typed=typed,
        typed_sources=typed_sources,
    )


def _blocked(card: Approval, member: Membership, counted: list[Vote]) -> str:
    if declined := g.get("declined"):
        return f"You declined {declined.title} {declined.version}, so you decide nothing until you accept it."
    if card.requester_id == member.user_id:
        return "You started this run, so someone else decides."
    if any(vote.user_id == member.user_id for vote in counted):
        return "You have approved this. It waits for another person."
    if not may_decide(card, member):
        named = any(need["role"] or need.get("team") for need in card.quorum)
        return f"This needs {people(card.quorum, Words())}." if named else "Reviewers, admins and owners decide this."
    return ""


def _inputs(card: Approval, typed: dict[str, str]) -> list[Input]:
    tool = ACTIONS.get(card.tool)
    if tool is None or card.kind == CardKind.UNKNOWN_OUTCOME:
        return []
    properties = tool.arguments.model_json_schema()["properties"]
    return [_input(name, spec, card.args.get(name), typed) for name, spec in properties.items()]


def _input(name: str, spec: dict[str, Any], value: Any, typed: dict[str, str]) -> Input:
    text = as_text(value)
    kind = "list" if isinstance(value, list) else "long" if len(text) > LONG or "\n" in text else "text"
    return Input(name, name.replace("_", " ").capitalize(), kind, typed.get(f"arg_{name}", text))


def _amount(text: str) -> str:
    """An amount as people type it, 1,500.00 or 1.500,00, as the tools read it; what is none stays as typed."""
    try:
        return read_number(text)
    except (ValueError, ArithmeticError):
        return text.strip()


def typed_args(card: Approval, form: dict[str, str]) -> dict[str, Any]:
    """The edit form's fields as arguments: lists are one per line, an emptied optional is None."""
    args: dict[str, Any] = {}
    for name, before in card.args.items():
        text = form.get(f"arg_{name}")
        if text is None:
            continue
        if isinstance(before, list):
            args[name] = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
        elif isinstance(before, dict):
            continue
        elif name == "amount":
            args[name] = _amount(text)
        else:
            args[name] = text.replace("\r\n", "\n").strip() or None if before is None else text.replace("\r\n", "\n")
    return args
