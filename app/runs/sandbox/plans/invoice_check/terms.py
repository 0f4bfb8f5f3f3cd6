"""Within how many days an invoice is paid."""

import re

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.plans.invoice_check.purchase_order import entry_of
from app.runs.sandbox.reading.dates import find_periods
from app.runs.sandbox.reading.sentences import split

_GENERAL = re.compile(
    r"payment terms?|pay(?:ment)? (?:is |are )?(?:due |within)|invoices? (?:is|are) (?:due|paid) (?:with)?in",
    re.IGNORECASE,
)
_OWN = re.compile(r"payment|payable|zahlbar|betaling|net\b|terms", re.IGNORECASE)
_NET = re.compile(r"\bnet[ -]?(\d{1,3})\b", re.IGNORECASE)


def payment_terms(i: Invoice, notes: Notebook) -> tuple[int, str] | None:
    """(days, where it stands): the order's own terms, the supplier's, then the general ones."""
    key = next(iter(re.findall(r"\w{4,}", i.supplier.lower())), "")
    rows = [r.strip() for r in notes.knowledge.splitlines()] if key else []
    listed = [
        entry_of(i.order, notes.knowledge) if i.order else "",
        *(r for r in rows if key in r.lower()),
        *(s for s in split(notes.knowledge) if _GENERAL.search(s)),
    ]
    return next(((periods[-1][0], r) for r in listed if (periods := find_periods(r))), None)


def own_terms(text: str) -> int | None:
    """The days that the invoice itself names."""
    named = (days for s in split(text) if _OWN.search(s) for days, _ in find_periods(s))
    net = _NET.search(text)
    return next(named, None) or (int(net[1]) if net else None)
