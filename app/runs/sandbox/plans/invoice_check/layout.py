"""Reading an invoice: its labels in the languages of Europe, and who sent it."""

import re
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.invoice_check.figures import read_rows, read_subtotal, read_total, read_vat
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.reading.amounts import decimal_mark_of, find_amounts
from app.runs.sandbox.reading.dates import find_dates, month_first
from app.runs.sandbox.reading.people import find_companies
from app.runs.sandbox.reading.references import find_references

_DUE = r"due(?: date| on| by)?|payment due|payable by|pay by|fällig(?: am)?|zahlbar bis|vervaldatum|(?:date d['’])?échéance|vencimiento|scadenza"
_ISSUED = r"invoice date|date of invoice|issue date|issued(?: on)?|rechnungsdatum|factuurdatum|date de (?:la )?facture|fecha(?: de factura)?|date|datum"
_CENTS = re.compile(r"(?<![\w./-])\d[\d.,]*[.,]\d\d(?![\w./-])")
_NUMBER = re.compile(
    r"\b(?:invoice|rechnung|facture|factuur|factura|fattura)[ \t]*(?:number|no\.?|nr\.?|nummer|n[°ºo]\.?|id|#)?[ \t]*[:;#]?[ \t]*(?P<n>(?=[\w/-]*\d)[A-Z0-9][\w/-]{2,30})",
    re.IGNORECASE,
)
_DATE_SHAPE = re.compile(r"\d{1,2}[-/]\d{1,2}[-/]\d{2,4}|\d{4}-\d\d-\d\d")
_BILLED_TO = re.compile(
    r"\b(?:bill(?:ed)? to|invoice to|customer|ship to|rechnung an|klant|facturé à|kunde|to:)\b", re.IGNORECASE
)
_SUPPLIER = r"supplier|vendor|from|seller|lieferant|leverancier|account holder"
_CURRENCY = r"currency|währung|valuta|devise"
_NO_NAME = re.compile(r"invoice|rechnung|factu|\d{3}|^\[", re.IGNORECASE)
_SIGNED_ORDER = re.compile(r"\bPO[-_/]?\d[\w/-]*")


def _on_a_line(label: str, rest: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:{label}){rest}", re.IGNORECASE | re.MULTILINE)


_VALUE = r"[ \t]*[:;][ \t]*([^\n;]{2,80})"
_SUPPLIER_LINE, _CURRENCY_LINE = _on_a_line(_SUPPLIER, _VALUE), _on_a_line(_CURRENCY, _VALUE)
_DAY_LINES = {label: _on_a_line(label, r"\b[^\n]*") for label in (_DUE, _ISSUED)}
_INLINE = {
    label: re.compile(rf"\b(?:{label})\b[ \t]*[:;]?[ \t]*([^\n]{{6,30}})", re.IGNORECASE) for label in (_DUE, _ISSUED)
}
_DUE_LINE = re.compile(rf"[ \t]*(?:{_DUE})", re.IGNORECASE)


def read_invoice(source: str, text: str, case: Case) -> Invoice:
    """The invoice that a text is; what could not be read stays empty."""
    mark, us = decimal_mark_of(_CENTS.findall(text)), month_first(text)
    return Invoice(
        source,
        text,
        number=_number(text),
        supplier=_supplier(text),
        order=case.given("purchase_order") or next(iter(orders_in(text)), ""),
        on=_day(text, _ISSUED, case.today, us),
        due=_day(text, _DUE, case.today, us),
        currency=_currency(text),
        rows=read_rows(text, mark),
        subtotal=read_subtotal(text, mark),
        vat=read_vat(text, mark),
        total=read_total(text, mark),
    )


def orders_in(text: str) -> list[str]:
    """Purchase orders named, those with their PO sign first."""
    return _SIGNED_ORDER.findall(text) or list(find_references(text, "purchase_order"))


def _number(text: str) -> str:
    labelled = _NUMBER.search(text)
    if labelled and not _DATE_SHAPE.fullmatch(labelled["n"]):
        return labelled["n"].strip("-/")
    return next(iter(find_references(text, "invoice")), "")


def _supplier(text: str) -> str:
    """Who is named as such, else the first company above the customer, else the first line that can be a name."""
    above = _BILLED_TO.split(text, maxsplit=1)[0]
    companies = find_companies(above) or find_companies(text)
    return _labelled(text, _SUPPLIER_LINE) or next(iter(companies), "") or _first_line(text)


def _labelled(text: str, label: re.Pattern[str]) -> str:
    found = label.search(text)
    return found[1].strip() if found else ""


def _first_line(text: str) -> str:
    rows = [r.strip() for r in text.splitlines() if r.strip()]
    return next((r for r in rows[:5] if not _NO_NAME.search(r) and len(r) < 60), "")


def _currency(text: str) -> str:
    named = next((a.currency for a in find_amounts(text) if a.currency), "")
    return named or _labelled(text, _CURRENCY_LINE)[:3].upper()


def _day(text: str, label: str, today: date, us: bool) -> date | None:
    """The date on a line that begins with `label`, else one that follows it inside a line."""
    for found in _DAY_LINES[label].finditer(text):
        if label is _ISSUED and _DUE_LINE.match(found.group()):
            continue
        if days := find_dates(found.group(), today=today, us=us):
            return days[0].on
    inline = _INLINE[label].search(text)
    days = find_dates(inline[1], today=today, us=us) if inline else ()
    return days[0].on if days and days[0].start < 6 else None
