"""The ledger: refunds booked and payments scheduled, reversed by people and never changed."""

from datetime import date
from typing import Any

from sqlalchemy import update

from app import events
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict
from app.formats import money
from app.integrations import queries
from app.integrations.models import LedgerEntry
from app.integrations.tools.base import ToolContext


def book(
    ctx: ToolContext, *, kind: str, party: str, amount: int, reference: str, reason: str, due_on: date | None = None
) -> dict[str, Any]:
    """Write one entry; `amount` in minor units. The same effect key never books twice. Flushes."""
    entry = LedgerEntry(
        workspace_id=ctx.workspace_id,
        kind=kind,
        party=party,
        amount=amount,
        currency=ctx.currency,
        reference=reference,
        reason=reason,
        due_on=due_on,
        run_id=ctx.run_id,
        run_ref=ctx.run_public_id,
        effect_key=ctx.effect_key,
    )
    db.session.add(entry)
    db.session.flush()
    events.publish(ctx.workspace_id, "ledger")
    return _result(entry)


def settled(ctx: ToolContext) -> dict[str, Any] | None:
    """The entry this call left, if it happened."""
    entry = queries.find_effect(LedgerEntry, ctx.workspace_id, ctx.effect_key)
    return _result(entry) if entry else None


def reverse(entry: LedgerEntry, *, by: Any) -> None:
    """Take `entry` back. It stays on the ledger, marked. Raises Conflict when it already is. Flushes."""
    done = changed(
        update(LedgerEntry)
        .where(LedgerEntry.id == entry.id, LedgerEntry.reversed_at.is_(None))
        .values(reversed_at=now(), reversed_by=by.name)
    )
    if done != 1:
        raise Conflict("This entry has already been reversed.")
    record(
        "member:ledger_entry:reversed",
        f"Reversed the {entry.kind} of {money(entry.amount, entry.currency)} to {entry.party}",
        workspace_id=entry.workspace_id,
        actor=by,
        subject=f"ledger_entry:{entry.public_id}",
    )
    events.publish(entry.workspace_id, "ledger")


def _result(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "entry": entry.public_id,
        "kind": entry.kind,
        "amount": entry.amount,
        "currency": entry.currency,
        "amount_words": money(entry.amount, entry.currency),
        "party": entry.party,
        "reference": entry.reference,
    }
