"""Scheduling a payment on the ledger."""

from datetime import date
from typing import Any

from pydantic import Field

from app.dataflow.labels import MOVES
from app.formats import money
from app.integrations import ledger
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext
from app.integrations.tools.values import Amount, Arguments, Line, Note, minor_units


class Payment(Arguments):
    party: Line = Field(description="Who is paid.")
    amount: Amount = Field(description="In major units of the workspace's currency, like 1840.00.")
    reference: Line = Field(description="The invoice number.")
    due_on: date = Field(description="The day it is due, like 2026-12-01.")
    reason: Note = Field(default="", description="What it is for, in a sentence.")


def run(args: Payment, ctx: ToolContext) -> dict[str, Any]:
    return ledger.book(
        ctx,
        kind="payment",
        party=args.party,
        amount=minor_units(args.amount, ctx.currency),
        reference=args.reference,
        reason=args.reason,
        due_on=args.due_on,
    )


def describe(args: Payment, ctx: ToolContext) -> Action:
    amount = minor_units(args.amount, ctx.currency)
    shown = money(amount, ctx.currency)
    due = f"{args.due_on.day} {args.due_on:%b %Y}"
    facts = [("Amount", shown), ("Goes to", args.party), ("Invoice", args.reference), ("Due", due)]
    return Action(
        title=f"Pay {shown} to {args.party} on {due}",
        facts=tuple(facts + ([("For", args.reason)] if args.reason else [])),
        amount=amount,
        currency=ctx.currency,
        party=args.party,
        button=f"Approve {shown}",
    )


def phrase(args: Payment, result: dict[str, Any]) -> str:
    return f"Scheduled a payment of {money(result['amount'], result['currency'])} to {args.party}"


TOOL = Tool(
    name="schedule_payment",
    version=1,
    title="Schedule a payment",
    summary="Schedule the payment of an invoice on the ledger. Moves money; copy amount and number exactly.",
    arguments=Payment,
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
