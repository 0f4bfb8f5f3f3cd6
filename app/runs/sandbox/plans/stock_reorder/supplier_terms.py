"""What the knowledge says of a supplier's terms, and whether an order comes to their minimum."""

import re
from collections.abc import Iterable
from decimal import Decimal

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.stock_reorder.order import Order
from app.runs.sandbox.reading.amounts import find_amounts, said
from app.runs.sandbox.wording import line

_MINIMUM = re.compile(r"minim\w*", re.IGNORECASE)


def terms_of(orders: Iterable[Order], notes: Notebook) -> list[str]:
    """What is said of each supplier."""
    found = ((o.supplier, row) for o in orders if (row := _row_about(o.supplier, notes)))
    return [f"{supplier}: “{line(row.strip('| '), 200)}” {notes.cite_sentence(row.strip())}" for supplier, row in found]


def below_minimum(order: Order, notes: Notebook) -> str:
    """That the order is below the supplier's minimum; empty when it is not, or cannot be told."""
    row = _row_about(order.supplier, notes)
    minimum = _minimum(row, notes.knowledge) if row and order.priced else None
    if minimum is None or order.value >= minimum:
        return ""
    return f"{order.supplier}: the order comes to {said(order.value)}, below the minimum of {said(minimum)}."


def _row_about(supplier: str, notes: Notebook) -> str:
    """The line or table row in the knowledge that names the supplier, one with an amount first."""
    key = " ".join(supplier.split()[:2]).lower()
    rows = [row for row in notes.knowledge.split("\n") if key in row.lower()]
    return next((row for row in rows if find_amounts(row)), rows[0] if rows else "")


def _minimum(row: str, knowledge: str) -> Decimal | None:
    found = find_amounts(_cell(row, knowledge), bare=True) if "|" in row else find_amounts(_after_minimum(row))
    return found[0].value if found else None


def _cell(row: str, knowledge: str) -> str:
    """The cell of a table row under the heading that speaks of a minimum."""
    heading = next((r for r in knowledge.splitlines() if "|" in r and "minim" in r.lower()), "")
    heads, cells = (r.strip("| ").split("|") for r in (heading, row))
    place = next((i for i, head in enumerate(heads) if "minim" in head.lower()), len(cells))
    return cells[place] if place < len(cells) else ""


def _after_minimum(sentence: str) -> str:
    """A sentence from shortly before the word: "EUR 90 minimum" as well as "a minimum of EUR 90"."""
    at = _MINIMUM.search(sentence)
    return sentence[max(0, at.start() - 40) :] if at else ""
