"""Booking a refund on the ledger."""

from typing import Any

from pydantic import Field

from app.dataflow.labels import MOVES
from app.formats import money
from app.integrations import ledger
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext
from app.integrations.tools.values import Amount, Arguments, Line, Note, minor_units


class Refund(Arguments):
    party: Line = Field(description="Who gets the money back.")
    amount: Amount = Field(description="In major units of the workspace's currency, like 1840.00.")
    reference: Line = Field(description="The order, invoice or ticket it belongs to.")
    reason: Note = Field(default="", description="Why, in a sentence.")


def run(args: Refund, ctx: ToolContext) -> dict[str, Any]:
    return ledger.book(
        ctx,
        kind="refund",
        party=args.party,
        amount=minor_units(args.amount, ctx.currency),
        reference=args.reference,
        reason=args.reason,
    )


def describe(args: Refund, ctx: ToolContext) -> Action:
    amount = minor_units(args.amount, ctx.currency)
    shown = money(amount, ctx.currency)
    facts = [("Amount", shown), ("Goes to", args.party), ("Reference", args.reference)]
    return Action(
        title=f"Refund {shown} to {args.party}",
        facts=tuple(facts + ([("Reason", args.reason)] if args.reason else [])),
        amount=amount,
        currency=ctx.currency,
        party=args.party,
        button=f"Approve {shown}",
    )


def phrase(args: Refund, result: dict[str, Any]) -> str:
    return f"Booked a refund of {money(result['amount'], result['currency'])} to {args.party}"


TOOL = Tool(
    name="book_refund",
    version=1,
    title="Book a refund",
    summary="Book a refund to a customer on the workspace's ledger. Moves money; use the amount the documents give.",
    arguments=Refund,
    risk=Risk.HIGH,
    effect=EffectClass.LOCAL,
    flow=MOVES,
    run=run,
    describe=describe,
    moves_money=True,
    undo="Yes. Reverse the entry on the ledger",
    settled=ledger.settled,
    phrase=phrase,
)
