"""Reading an invoice: its labels in the languages of Europe, and who sent it."""

import re
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.invoice_check.figures import read_deducted, read_rows, read_subtotal, read_total, read_vat
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.reading.amounts import decimal_mark_of, find_amounts, find_currencies
from app.runs.sandbox.reading.dates import find_dates, month_first
from app.runs.sandbox.reading.people import find_companies
from app.runs.sandbox.reading.references import find_references
from app.runs.sandbox.wording import line

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
_SUPPLIER = r"supplier|vendor|from|seller|lieferant|leverancier"
_NO_NAME = re.compile(r"invoice|rechnung|factu|\d{3}|^\[", re.IGNORECASE)
_SIGNED_ORDER = re.compile(r"\bPO[-_/]?\d[\w/-]*")


def _on_a_line(label: str, rest: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:{label}){rest}", re.IGNORECASE | re.MULTILINE)


_SUPPLIER_LINE = _on_a_line(_SUPPLIER, r"[ \t]*[:;][ \t]*([^\W\d][^\n;]{1,80})")
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
        supplier=_supplier(text, case.workspace),
        order=line(case.given("purchase_order"), 80) or next(iter(orders_in(text)), ""),
        on=_day(text, _ISSUED, case.today, us),
        due=_day(text, _DUE, case.today, us),
        currency=_currency(text),
        rows=read_rows(text, mark),
        subtotal=read_subtotal(text, mark),
        vat=read_vat(text, mark),
        total=read_total(text, mark),
        deducted=read_deducted(text, mark),
    )


def orders_in(text: str) -> list[str]:
    """Purchase orders named, those with their PO sign first."""
    return _SIGNED_ORDER.findall(text) or list(find_references(text, "purchase_order"))


def _number(text: str) -> str:
    return next(iter([*numbers_in(text), *find_references(text, "invoice")]), "")


def numbers_in(text: str) -> list[str]:
    """Every number that is called an invoice's, each once."""
    found = [m["n"] for m in _NUMBER.finditer(text) if not _DATE_SHAPE.fullmatch(m["n"])]
    return list(dict.fromkeys(n.strip("-/") for n in found))


def _supplier(text: str, us: str) -> str:
    """Who is named as such, else the first company above the customer that is not us, else the first line that can be a name."""
    above, *below = _BILLED_TO.split(text, maxsplit=1)
    customers = {us.lower(), *(c.lower() for part in below for c in find_companies(_next_lines(part))[:1])}
    companies = [c for c in (*find_companies(above), *find_companies(text)) if c.lower() not in customers]
    named = _SUPPLIER_LINE.search(text)
    return (named[1].strip() if named else "") or next(iter(companies), "") or _first_line(text)


def _next_lines(text: str) -> str:
    """The rest of the line, and the one below when that is empty."""
    rest, _, following = text.partition("\n")
    return rest if rest.strip(" :;") else following.partition("\n")[0]


def _first_line(text: str) -> str:
    rows = [r.strip() for r in text.splitlines() if r.strip()]
    return next((r for r in rows[:5] if not _NO_NAME.search(r) and len(r) < 60), "")


def _currency(text: str) -> str:
    """The one in which its amounts are; of several, the first."""
    named = next((a.currency for a in find_amounts(text) if a.currency), "")
    return named or next(iter(sorted(find_currencies(text))), "")


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
