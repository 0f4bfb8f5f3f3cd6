"""Holding an invoice against the purchase order that the knowledge has for it."""

import re
from decimal import Decimal

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.plans.invoice_check.layout import orders_in
from app.runs.sandbox.reading.amounts import find_amounts, said
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.wording import line

_ORDERS = re.compile(r"\bPO[-_/ ]?\d{2,}|\bpurchase order (?:no\.? )?\w*\d", re.IGNORECASE)
_INVOICE = re.compile(r"invoice", re.IGNORECASE)
_TOTAL = re.compile(r"\b(?:total|worth|amount|value)\b", re.IGNORECASE)
_INCLUDING_TAX = re.compile(r"\bincl", re.IGNORECASE)
_AT = re.compile(r"\b(?:at|à|zu|@|x)\s*$", re.IGNORECASE)
_DIFFERENCE = re.compile(r"\b(?:difference|toleran\w*|deviation)", re.IGNORECASE)
_ACCEPTED = re.compile(r"accept|allow|toleran|ignore", re.IGNORECASE)
_TELLING = 3
"""With fewer digits than this, a number alone does not name an order."""
_COMPANY_FORMS = {"ltd", "gmbh", "inc", "sarl", "the", "bv"}


def compare_with_order(i: Invoice, notes: Notebook, case: Case) -> None:
    """Write into the invoice how it agrees with its order."""
    given, on_paper = case.given("purchase_order"), orders_in(i.text)
    if given and on_paper and _key(on_paper[0]) != _key(given):
        i.wrong.append(f"The invoice names {on_paper[0]}, you gave {given}.")
    if not i.order:
        i.wrong.append("The invoice names no purchase order.")
        return
    if entry := entry_of(i.order, notes.knowledge):
        _compare(i, entry, notes)
        return
    unknown = f"{i.order} was not found in the knowledge, so it was not compared."
    (i.wrong if _ORDERS.search(notes.knowledge) else i.right).append(unknown)


def _key(reference: str) -> str:
    return re.sub(r"\D", "", reference).lstrip("0")


@remembered(256)
def entry_of(order: str, knowledge: str) -> str:
    """The line of the knowledge about this order, as it stands."""
    digits = _key(order)
    spaced = "[-_/. ]?".join(digits)
    few = len(digits) < _TELLING
    pattern = re.compile(re.escape(order) + r"(?!\d)" if few else rf"(?<!\d)0*{spaced}(?!\d)", re.IGNORECASE)
    rows = (row for row in knowledge.splitlines() if pattern.search(row) and not _INVOICE.match(row))
    return max((row.strip().lstrip("-*• ") for row in rows), key=_count_amounts, default="")


def _count_amounts(row: str) -> int:
    return len(find_amounts(row, bare=True))


def _compare(i: Invoice, entry: str, notes: Notebook) -> None:
    mark = notes.cite_sentence(entry)
    before = len(i.wrong)
    if i.supplier and not _same_supplier(i.supplier, entry):
        i.wrong.append(f"{i.order} is not for {i.supplier}: “{line(entry, 160)}” {mark}")
    _compare_total(i, entry, _tolerance(notes), mark)
    _compare_rows(i, entry, mark)
    if len(i.wrong) == before:
        i.right.append(f"It agrees with {i.order} {mark}.")


def _same_supplier(supplier: str, entry: str) -> bool:
    key = [w for w in re.findall(r"\w{3,}", supplier.lower()) if w not in _COMPANY_FORMS]
    return not key or any(w in entry.lower() for w in key[:2])


def _compare_total(i: Invoice, entry: str, slack: Decimal, mark: str) -> None:
    total = _total_of(entry)
    if total is None:
        i.right.append(f"{i.order} names no total to compare with {mark}.")
        return
    before_tax = i.subtotal is not None and abs(total - i.subtotal) <= slack and not _INCLUDING_TAX.search(entry)
    if i.total is not None and abs(total - i.total) > slack and not before_tax:
        i.wrong.append(f"{i.order} says {said(total)}, the invoice {said(i.total)} {mark}")


def _total_of(entry: str) -> Decimal | None:
    """The amount after the word for a total; the highest where there is none."""
    amounts, at = find_amounts(entry, bare=True), _TOTAL.search(entry)
    named = next((a.value for a in amounts if at and a.start >= at.start()), None)
    return named or max((a.value for a in amounts), default=None)


def _compare_rows(i: Invoice, entry: str, mark: str) -> None:
    prices = [a.value for a in find_amounts(entry, bare=True) if _AT.search(entry[: a.start])]
    for row in i.rows if prices else []:
        quantity = f"{row.quantity.normalize():f}"
        if row.price not in prices:
            ordered = ", ".join(map(said, prices))
            i.wrong.append(f"{row.what}: unit price {said(row.price)}; {i.order} has {ordered} {mark}")
        elif not re.search(rf"(?<![\d.,]){quantity}(?![\d])", entry.replace(",", "")):
            i.wrong.append(f"{row.what}: quantity {quantity} is not what {i.order} has {mark}")


def _tolerance(notes: Notebook) -> Decimal:
    """The difference that the rules accept."""
    rules = (s for s in split(notes.knowledge) if _DIFFERENCE.search(s) and _ACCEPTED.search(s))
    return next((amounts[0].value for s in rules if (amounts := find_amounts(s))), Decimal("0.02"))
