"""Whether an invoice agrees with itself, with what is known of it, and with the calendar."""

import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.currency import house_currency
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.plans.invoice_check.purchase_order import compare_with_order
from app.runs.sandbox.plans.invoice_check.terms import own_terms, payment_terms
from app.runs.sandbox.plans.invoice_check.warnings import warn
from app.runs.sandbox.reading.amounts import CENT, said, same_currency
from app.runs.sandbox.reading.dates import readable
from app.runs.sandbox.reading.identity import find_ibans, iban_problem
from app.runs.sandbox.reading.sentences import split

_ROUNDING = Decimal("0.02")
_HIGHEST_RATE = Decimal("0.30")
_PAID = re.compile(r"\b(?:paid|settled|booked|bezahlt|betaald)\b", re.IGNORECASE)


def check(invoice: Invoice, case: Case, notes: Notebook, earlier: list[Invoice]) -> None:
    """Write into the invoice what is right and what is wrong with it."""
    _lines(invoice)
    _vat(invoice)
    _total(invoice)
    _identity(invoice)
    _accounts(invoice)
    _paid_before(invoice, notes, earlier)
    _currency(invoice, house_currency(case, notes))
    warn(invoice, case)
    compare_with_order(invoice, notes, case)
    _dates(invoice, case, notes)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _added_up(i: Invoice) -> Decimal:
    return sum((r.amount for r in i.rows), Decimal(0))


def _before_tax(i: Invoice) -> Decimal | None:
    if i.subtotal is not None:
        return i.subtotal
    return _added_up(i) if i.rows else None


def _lines(i: Invoice) -> None:
    for r in i.rows:
        if abs(_cents(r.quantity * r.price) - r.amount) > CENT:
            product = f"{r.quantity.normalize():f} x {said(r.price)} is {said(r.quantity * r.price)}"
            i.wrong.append(f"{r.what}: {product}, the invoice says {said(r.amount)}.")
    if i.rows and i.subtotal is not None and not _makes_subtotal(i, i.deducted) and not _makes_subtotal(i):
        i.wrong.append(f"The lines add up to {said(_added_up(i))}, the subtotal is {said(i.subtotal)}.")


def _makes_subtotal(i: Invoice, less: Decimal = Decimal(0)) -> bool:
    """Whether the lines, less what is deducted from them, add up to the subtotal."""
    return i.subtotal is not None and abs(_added_up(i) - less - i.subtotal) <= CENT


def _vat(i: Invoice) -> None:
    for vat in i.vat:
        base = vat.base if vat.base is not None else _before_tax(i) if len(i.vat) == 1 else None
        if vat.rate is None and base is not None and vat.amount > base * _HIGHEST_RATE:
            i.wrong.append(f"VAT of {said(vat.amount)} on {said(base)} is more than any rate gives.")
        if vat.rate is None or base is None or abs(_cents(base * vat.rate / 100) - vat.amount) <= _ROUNDING:
            continue
        tax = f"VAT of {vat.rate.normalize():f}% on {said(base)} is {said(base * vat.rate / 100)}"
        i.wrong.append(f"{tax}, the invoice says {said(vat.amount)}.")


def _total(i: Invoice) -> None:
    base, tax = _before_tax(i), sum((v.amount for v in i.vat), Decimal(0))
    if i.total is None:
        i.wrong.append("No total could be read.")
    elif i.total <= 0:
        i.wrong.append(f"The total is {said(i.total)}; a credit note is not paid.")
    elif base is None:
        i.wrong.append("Neither lines nor a subtotal could be read, so the total was not recalculated.")
    elif abs(base + tax - i.total) > _ROUNDING:
        i.wrong.append(f"{said(base)} and VAT of {said(tax)} make {said(base + tax)}, the total is {said(i.total)}.")
    elif i.deducted and not (i.rows and _makes_subtotal(i, i.deducted)):
        i.wrong.append(f"The total does not take off the {said(i.deducted)} that the invoice deducts.")
    elif not i.wrong:
        i.right.append("Lines, VAT and total agree.")


def _identity(i: Invoice) -> None:
    if not i.number:
        i.wrong.append("No invoice number could be read.")
    if not i.supplier:
        i.wrong.append("The supplier's name could not be read.")


def _accounts(i: Invoice) -> None:
    for account in find_ibans(i.text.upper()):
        if problem := iban_problem(account):
            i.wrong.append(f"The bank account {account} {problem}.")
        else:
            i.right.append(f"The check digits of {account} hold.")


def _paid_before(i: Invoice, notes: Notebook, earlier: list[Invoice]) -> None:
    number = i.number.lower()
    if not number:
        return
    if twin := next((e for e in earlier if e.number.lower() == number and _same(e.supplier, i.supplier)), None):
        i.wrong.append(f"The same number is also in {twin.source}.")
    if paid := next((s for s in split(notes.knowledge) if number in s.lower() and _PAID.search(s)), ""):
        i.wrong.append(f"It was paid before: {notes.quoted(paid, 160)}".strip())


def _same(one: str, other: str) -> bool:
    a, b = (re.sub(r"\W", "", n.lower()) for n in (one, other))
    return bool(a and b) and (a.startswith(b[:8]) or b.startswith(a[:8]))


def _currency(i: Invoice, house: str) -> None:
    if not same_currency(i.currency, house):
        i.wrong.append(f"The invoice is in {i.currency}; payments are booked in {house}.")


def _dates(i: Invoice, case: Case, notes: Notebook) -> None:
    if i.on and i.on > case.today:
        i.wrong.append(f"The invoice is dated {readable(i.on)}, which is in the future.")
    if i.on and i.due and i.due < i.on:
        i.wrong.append(f"It is due on {readable(i.due)}, before its date {readable(i.on)}.")
    _due(i, notes)
    if i.due and i.due < case.today:
        i.right.append(f"It was due on {readable(i.due)} and is overdue.")


def _due(i: Invoice, notes: Notebook) -> None:
    """Work out a due date that is not named, and hold one that is against the terms."""
    terms = payment_terms(i, notes)
    days = terms[0] if terms else own_terms(i.text)
    if i.due is None and i.on and days is not None:
        i.due = i.on + timedelta(days=days)
        i.right.append(f"It names no due date; {days} days after its date is {readable(i.due)}.")
    elif i.due is None:
        i.wrong.append("No due date could be read or worked out.")
    elif terms and i.on and i.due < (fair := i.on + timedelta(days=terms[0])):
        given = f"the terms of {terms[0]} days give {readable(fair)} {notes.cite_sentence(terms[1])}"
        i.wrong.append(f"It is due on {readable(i.due)}; {given}".strip())
