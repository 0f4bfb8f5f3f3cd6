"""The figures on an invoice: its lines, subtotal, tax and total."""

import re
from datetime import date
from decimal import Decimal

from app.runs.sandbox.plans.invoice_check.invoice import Row, Vat
from app.runs.sandbox.reading.amounts import NUMBER, parse_number
from app.runs.sandbox.reading.dates import find_dates
from app.runs.sandbox.reading.identity import find_ibans, find_vat_numbers
from app.runs.sandbox.wording import line

_NUMBER = rf"-?{NUMBER}"
_SUB = r"sub[- ]?total|net(?:to)?(?: amount| total|betrag)?|zwischensumme|subtotaal|total (?:excl|net|ht|excluding)[^\n\d]*|amount excl[^\n\d]*|base imponible|sous-total|imponibile"
_TAX = r"vat|btw|mwst|ust|u?st\.?|tva|iva|moms|gst|tax|sales tax|mehrwertsteuer"
_SUM = r"(?:grand |invoice )?total(?: (?:due|amount|incl|payable|ttc|to pay)[^\n\d]*)?|amount due|balance due|totaal(?: te betalen)?|gesamt(?:betrag|summe)?|rechnungsbetrag|montant (?:total|ttc)|importe total|totale|te betalen|zu zahlen|to pay"
_SUBTOTAL = re.compile(rf"(?:{_SUB})(?![a-z])", re.IGNORECASE)
_TOTAL = re.compile(rf"(?:{_SUM})(?![a-z])", re.IGNORECASE)
_BEFORE_TOTAL = re.compile(rf"(?:{_SUB}|total (?:{_TAX}))\b", re.IGNORECASE)
_TERMS = re.compile(r"net\W*\d{1,3}(?: days)?\W*", re.IGNORECASE)
_VAT = re.compile(
    rf"(?:\d+(?:[.,]\d)?\s?% )?(?:total )?(?:{_TAX})\b(?!\s*(?:no|nr|number|id|nummer|reg))", re.IGNORECASE
)
_REGISTERED = re.compile(rf"(?i:{_TAX})\W*(?:CHE|[A-Z]{{2}})(?![A-Z])[ .-]?(?=[\dA-Z])")
"""A registration number: its country comes first, where an amount has three letters for its currency or none."""
_LABEL = re.compile(rf"^(?:total )?(?:{_TAX})\b", re.IGNORECASE)
_AMOUNT_SHAPE = re.compile(r"[.,]\d{2}$|[€$£]|\b[A-Z]{3}\b")
_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_BASE = re.compile(rf"(?:on|of|op|auf|von|over|sur|de)\s*(?:[€$£]|[A-Z]{{3}})?\s*({_NUMBER})\s*(?:[:;|=)]|\s{{2}})")
_MONEY_END = re.compile(rf"(?<![\d.,/-])(?P<n>{_NUMBER})\s*(?:[€$£]|[A-Z]{{3}})?\s*[;|]?\s*$")
_ROW = re.compile(
    r"^(?P<what>.*?[^\W\d_].*?)[\s;|,\t]+(?P<q>\d[\d.,]*)\s*(?:x|pcs|pc|st|stk|units?|hrs?|hours?|h|kg)?\.?[\s;|\t@]+(?:[€$£]|[A-Z]{3})?\s*(?P<p>\d{1,3}(?:[ \u00a0\u202f]\d{3})+[.,]\d\d|\d[\d.,'’]*)\s*(?:[€$£]|[A-Z]{3})?[\s;|\t=]+(?:\d{1,2}\s?%[\s;|\t]+)?(?:[€$£]|[A-Z]{3})?\s*(?P<a>\d{1,3}(?:[ \u00a0\u202f]\d{3})+[.,]\d\d|\d[\d.,'’]*)\s*(?:[€$£]|[A-Z]{3})?\s*$"
)
_DEDUCTION = re.compile(
    r"(?:less\b|discount|rebate|deposit|prepaid|prepayment|advance|rabatt|anzahlung|remise|acompte|korting|voorschot|aanbetaling|descuento|sconto)",
    re.IGNORECASE,
)
_SUMMED_UP = re.compile(rf"(?:{_SUB}|{_SUM}|{_TAX})\b", re.IGNORECASE)


def read_subtotal(text: str, mark: str) -> Decimal | None:
    """The number that ends the last line called a subtotal."""
    return _last(text, mark, _SUBTOTAL)


def read_total(text: str, mark: str) -> Decimal | None:
    """The number that ends the last line called a total; a subtotal is none."""
    return _last(text, mark, _TOTAL, but_not=_BEFORE_TOTAL)


def _last(text: str, mark: str, label: re.Pattern[str], but_not: re.Pattern[str] | None = None) -> Decimal | None:
    for row in reversed(text.splitlines()):
        head = _head(row)
        if not label.match(head) or (but_not and but_not.match(head)) or _TERMS.fullmatch(head):
            continue
        number = _end_number(row, mark)
        if number is not None and not _ends_in_a_day(row):
            return number
    return None


def read_deducted(text: str, mark: str) -> Decimal:
    """What the lines called a discount or a deposit come to."""
    rows = [row for row in text.splitlines() if _DEDUCTION.match(_head(row)) and not _ends_in_a_day(row)]
    numbers = [_end_number(row, mark) for row in rows if _AMOUNT_SHAPE.search(row.rstrip(" .;|"))]
    return sum((abs(n) for n in numbers if n is not None), Decimal(0))


def _ends_in_a_day(row: str) -> bool:
    """Whether the number at its end is the year of "due by 26 December 2026"."""
    days = find_dates(row, today=date.min)
    return bool(days) and days[-1].end >= len(row.rstrip(" .;|"))


def _head(row: str) -> str:
    return row.strip(" \t;|*")


def _end_number(row: str, mark: str) -> Decimal | None:
    found = _MONEY_END.search(row.rstrip(" .;|"))
    return parse_number(found["n"].strip(), mark) if found else None


def read_vat(text: str, mark: str) -> list[Vat]:
    """The lines with tax."""
    heads = ((row, _head(row)) for row in text.splitlines())
    taxed = ((row, head) for row, head in heads if _VAT.match(head) and not _is_registration(head))
    return [vat for row, head in taxed if (vat := _vat(row, head, mark))]


def _is_registration(head: str) -> bool:
    return bool(_REGISTERED.match(head) or find_vat_numbers(head))


def _vat(row: str, head: str, mark: str) -> Vat | None:
    """None for a line that ends in its rate, in no number, or in one that without a rate is no amount."""
    amount, rate = _end_number(row, mark), _RATE.search(head)
    if amount is None:
        return None
    if rate is None:
        return Vat(None, None, amount) if _AMOUNT_SHAPE.search(_LABEL.sub("", head).rstrip(" .;|")) else None
    rest = head[rate.end() :]
    if not rest.strip(" ):;|"):
        return None
    base = _BASE.search(rest)
    percent = parse_number(rate[1], "," if "," in rate[1] else ".")
    return Vat(percent, parse_number(base[1], mark) if base else None, amount)


def read_rows(text: str, mark: str) -> list[Row]:
    """The lines with a quantity, a price and an amount."""
    rows = []
    for raw in text.splitlines():
        found = _ROW.match(raw.strip(" |"))
        if not found or _SUMMED_UP.match(raw.strip()) or find_ibans(raw):
            continue
        quantity, price, amount = (parse_number(found[k].rstrip(".,"), mark) for k in "qpa")
        if quantity is not None and price is not None and amount is not None:
            rows.append(Row(line(found["what"].strip(" ;|,"), 80), quantity, price, amount))
    return rows
