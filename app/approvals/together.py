"""Several cards decided in one go: each on its own, exactly as it was seen, and only what belongs together."""

from collections.abc import Sequence

from app.approvals.models import Approval, CardKind
from app.approvals.verdicts import GUARD
from app.errors import Invalid
from app.integrations.tools.base import Risk


def refuse_unless_alike(cards: Sequence[Approval]) -> None:
    """Raise Invalid for cards that are neither of one run, nor of one agent for the same tool."""
    if not cards:
        raise Invalid("Choose at least one card.", field="card")
    runs, likes = {card.run_id for card in cards}, {(card.agent_id, card.tool) for card in cards}
    if len(runs) > 1 and len(likes) > 1:
        raise Invalid("Only cards of one run, or of one agent for the same tool, are decided together.")


def alone_because(card: Approval, *, is_run: bool) -> str:
    """Why this card is approved by itself, as a clause; '' where it can be approved with others.

    Who floods a reviewer with cards wants them waved through: what the guard stopped is always looked at by
    itself, and what is of high risk is waved through at most with the rest of its own run.
    """
    if card.kind not in (CardKind.TOOL_CALL, CardKind.FINAL_OUTPUT):
        return "it asks something else"
    if card.areas:
        return "it needs a reason and a source of yours"
    if card.reasons or card.rule_key == GUARD:
        return "the data-flow guard stopped it"
    if card.risk == Risk.HIGH and not is_run:
        return "its risk is high"
    return ""
