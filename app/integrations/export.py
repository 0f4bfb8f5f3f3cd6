"""The ledger as CSV, for a spreadsheet."""

import csv
import io

from app.formats import DECIMALS
from app.integrations import queries
from app.integrations.models import LedgerEntry
from app.spreadsheets import safe

COLUMNS = ("booked", "kind", "party", "amount", "currency", "reference", "reason", "due", "reversed", "entry", "run")
BATCH = 1_000


def ledger_csv(workspace_id: int) -> str:
    """Every entry of this workspace, newest first, with a header line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    before: int | None = None
    while rows := queries.ledger(workspace_id, before=before, limit=BATCH)[:BATCH]:
        writer.writerows([safe(cell) for cell in _cells(entry)] for entry in rows)
        before = rows[-1].id
    return out.getvalue()


def _cells(entry: LedgerEntry) -> tuple[str, ...]:
    return (
        entry.created_at.isoformat(timespec="seconds"),
        entry.kind,
        entry.party,
        _decimal(entry.amount, entry.currency),
        entry.currency,
        entry.reference,
        entry.reason,
        entry.due_on.isoformat() if entry.due_on else "",
        entry.reversed_at.isoformat(timespec="seconds") if entry.reversed_at else "",
        entry.public_id,
        entry.run_ref,
    )


def _decimal(amount: int, currency: str) -> str:
    digits = DECIMALS.get(currency, 2)
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)
