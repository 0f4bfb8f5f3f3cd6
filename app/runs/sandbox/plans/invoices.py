"""The plan that checks supplier invoices."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import Args, blocked, house_currency, line, open_one, plural, task
from app.runs.sandbox.reading.amounts import CENT, decimal_mark_of, find_amounts, parse_number, plain, said
from app.runs.sandbox.reading.dates import find_dates, find_periods, month_first, readable
from app.runs.sandbox.reading.identity import find_ibans, find_vat_numbers, iban_problem
from app.runs.sandbox.reading.people import find_companies
from app.runs.sandbox.reading.references import find_references
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act_on_all, read_files, search

_NUMBER = r"-?\d[\d.,'’ \u00a0\u202f]*\d|-?\d"
_MONEY_END = re.compile(rf"(?P<n>{_NUMBER})\s*(?:[€$£]|[A-Z]{{3}})?\s*[;|]?\s*$")
_SUB = r"sub[- ]?total|net(?:to)?(?: amount| total|betrag)?|zwischensumme|subtotaal|total (?:excl|net|ht|excluding)[^\n\d]*|amount excl[^\n\d]*|base imponible|sous-total|imponibile"
_VAT = r"vat|btw|mwst|ust|u?st\.?|tva|iva|moms|gst|tax|sales tax|mehrwertsteuer"
_TOTAL = r"(?:grand |invoice )?total(?: (?:due|amount|incl|payable|ttc|to pay)[^\n\d]*)?|amount due|balance due|totaal(?: te betalen)?|gesamt(?:betrag|summe)?|rechnungsbetrag|montant (?:total|ttc)|importe total|totale|te betalen|zu zahlen|to pay"
_DATE = r"invoice date|date of invoice|issue date|issued(?: on)?|rechnungsdatum|factuurdatum|date de (?:la )?facture|fecha(?: de factura)?|date|datum"
_DUE = r"due(?: date| on| by)?|payment due|payable by|pay by|fällig(?: am)?|zahlbar bis|vervaldatum|(?:date d['’])?échéance|vencimiento|scadenza"
_ROW = re.compile(
    r"^(?P<what>.*?[^\W\d_].*?)[\s;|,\t]+(?P<q>\d[\d.,]*)\s*(?:x|pcs|pc|st|stk|units?|hrs?|hours?|h|kg)?\.?[\s;|\t@]+(?:[€$£]|[A-Z]{3})?\s*(?P<p>\d[\d.,'’]*)\s*(?:[€$£]|[A-Z]{3})?[\s;|\t=]+(?:\d{1,2}\s?%[\s;|\t]+)?(?:[€$£]|[A-Z]{3})?\s*(?P<a>\d[\d.,'’]*(?: \d{3}[.,]\d\d)?)\s*(?:[€$£]|[A-Z]{3})?\s*$"
)
_ORDERS = re.compile(r"\bPO[-_/ ]?\d{2,}|\bpurchase order (?:no\.? )?\w*\d", re.IGNORECASE)


@dataclass
class Invoice:
    """An invoice as far as it could be read, and what does not agree."""

    source: str
    text: str
    number: str = ""
    supplier: str = ""
    order: str = ""
    on: date | None = None
    due: date | None = None
    currency: str = ""
    rows: list[tuple[str, Decimal, Decimal, Decimal]] = field(default_factory=list)
    subtotal: Decimal | None = None
    vat: list[tuple[Decimal | None, Decimal | None, Decimal]] = field(default_factory=list)
    """(rate, base, amount)"""
    total: Decimal | None = None
    wrong: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"invoice {self.number}" if self.number else f"the invoice in {self.source}"


def invoice_check(case: Case) -> Steps[str]:
    """Schedule what agrees; one task for everything that does not."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    texts = [(s.name, _as_text(s)) for s in sheets] + (
        [("the pasted text", pasted)] if (pasted := case.given("invoice_text")) else []
    )
    invoices = [read_invoice(name, text, case) for name, text in texts if text.strip()]
    queries = [
        q
        for i in invoices[:6]
        for q in (f"purchase order {i.order}", f"{i.supplier} payment terms", f"invoice {i.number}")
        if q.split()[-1:]
    ]
    yield from search(
        case, notes, "purchase orders open total", "payment terms invoice due days", *queries[:12], limit=6
    )
    for at, invoice in enumerate(invoices):
        _check(invoice, case, notes, invoices[:at])
    for invoice in invoices:
        title = invoice.name[:1].upper() + invoice.name[1:]
        report.section(title, [*_facts(invoice), *invoice.right, *(f"Differs: {w}" for w in invoice.wrong)])
    paid = yield from _pay(case, report, [i for i in invoices if not i.wrong])
    bad = [i for i in invoices if i.wrong]
    if bad:
        detail = [f"{i.supplier or i.source}, {i.name}: {w}" for i in bad for w in i.wrong]
        report.not_done += [f"Payment of {i.name}: {plural(len(i.wrong), 'difference')}." for i in bad]
        who = bad[0].supplier or bad[0].source
        title = (
            f"Settle {plural(sum(len(i.wrong) for i in bad), 'difference')} on {bad[0].name} from {who}"
            if len(bad) == 1
            else f"Settle the differences on {len(bad)} invoices"
        )
        yield from open_one(
            case, report, task(title, detail, team="finance"), "Something on the invoice does not agree."
        )
    report.headline = (
        f"{plural(len(invoices), 'invoice')} checked: {paid} scheduled, {len(bad)} with differences."
        if invoices
        else "No invoice could be read, so nothing was scheduled."
    )
    return report.text(notes)


def _as_text(sheet: Sheet) -> str:
    rows = [";".join(r) for t in sheet.tables for r in [t.header, *t.rows]]
    return sheet.text or "\n".join(rows)


def read_invoice(source: str, text: str, case: Case) -> Invoice:
    mark = decimal_mark_of(re.findall(r"(?<![\w./-])\d[\d.,]*[.,]\d\d(?![\w./-])", text))
    invoice = Invoice(source, text)
    invoice.number = _invoice_number(text)
    invoice.order = case.given("purchase_order") or next(iter(_orders_in(text)), "")
    before = re.split(
        r"\b(?:bill(?:ed)? to|invoice to|customer|ship to|rechnung an|klant|facturé à|kunde|to:)\b",
        text,
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0]
    invoice.supplier = (
        _label(text, r"supplier|vendor|from|seller|lieferant|leverancier|account holder")
        or next(iter(find_companies(before) or find_companies(text)), "")
        or _first_line(text)
    )
    invoice.currency = (
        next((a.currency for a in find_amounts(text) if a.currency), "")
        or _label(text, r"currency|währung|valuta|devise")[:3].upper()
    )
    us = month_first(text)
    invoice.due, invoice.on = _day(text, _DUE, case, us), _day(text, _DATE, case, us)
    invoice.rows = _rows(text, mark)
    invoice.subtotal, invoice.total = _sum(text, _SUB, mark), _sum(text, _TOTAL, mark)
    invoice.vat = _vats(text, mark)
    return invoice


def _orders_in(text: str) -> list[str]:
    """Purchase orders named, those with their PO sign first."""
    signed = [m.group() for m in re.finditer(r"\bPO[-_/]?\d[\w/-]*", text)]
    return signed or find_references(text, "purchase_order")


def _first_line(text: str) -> str:
    rows = [r.strip() for r in text.splitlines() if r.strip()]
    return next(
        (r for r in rows[:5] if not re.search(r"invoice|rechnung|factu|\d{3}|^\[", r, re.IGNORECASE) and len(r) < 60),
        "",
    )


def _label(text: str, label: str) -> str:
    found = re.search(rf"^[ \t]*(?:{label})[ \t]*[:;][ \t]*([^\n;]{{2,80}})", text, re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


def _invoice_number(text: str) -> str:
    labelled = re.search(
        r"\b(?:invoice|rechnung|facture|factuur|factura|fattura)[ \t]*(?:number|no\.?|nr\.?|nummer|n[°ºo]\.?|id|#)?[ \t]*[:;#]?[ \t]*(?P<n>(?=[\w/-]*\d)[A-Z0-9][\w/-]{2,30})",
        text,
        re.IGNORECASE,
    )
    plausible = labelled and not re.fullmatch(r"\d{1,2}[-/]\d{1,2}[-/]\d{2,4}|\d{4}-\d\d-\d\d", labelled["n"])
    return labelled["n"].strip("-/") if labelled and plausible else next(iter(find_references(text, "invoice")), "")


def _day(text: str, label: str, case: Case, us: bool) -> date | None:
    for found in re.finditer(rf"^[ \t]*(?:{label})\b[^\n]*", text, re.IGNORECASE | re.MULTILINE):
        if label is _DATE and re.match(rf"[ \t]*(?:{_DUE})", found.group(), re.IGNORECASE):
            continue
        if days := find_dates(found.group(), today=case.today, us=us):
            return days[0].on
    inline = re.search(rf"\b(?:{label})\b[ \t]*[:;]?[ \t]*([^\n]{{6,30}})", text, re.IGNORECASE)
    days = find_dates(inline[1], today=case.today, us=us) if inline else []
    return days[0].on if days and inline and days[0].start < 6 else None


def _end_number(row: str, mark: str) -> Decimal | None:
    found = _MONEY_END.search(row.rstrip(" .;|"))
    return parse_number(found["n"].strip(), mark) if found else None


def _sum(text: str, label: str, mark: str) -> Decimal | None:
    """The number that ends the last line with this label; a subtotal is no total."""
    values = []
    for row in text.splitlines():
        head = row.strip(" \t;|*")
        excluded = label is _TOTAL and re.match(rf"(?:{_SUB}|total (?:{_VAT}))\b", head, re.IGNORECASE)
        if (
            re.match(rf"(?:{label})(?![a-z])", head, re.IGNORECASE)
            and not excluded
            and not re.fullmatch(r"net\W*\d{1,3}(?: days)?\W*", head, re.IGNORECASE)
            and (n := _end_number(row, mark)) is not None
        ):
            values.append(n)
    return values[-1] if values else None


def _vats(text: str, mark: str) -> list[tuple[Decimal | None, Decimal | None, Decimal]]:
    found = []
    for row in text.splitlines():
        head = row.strip(" \t;|*")
        amount = _end_number(row, mark)
        if (
            re.match(
                rf"(?:\d+(?:[.,]\d)?\s?% )?(?:total )?(?:{_VAT})\b(?!\s*(?:no|nr|number|id|nummer|reg))",
                head,
                re.IGNORECASE,
            )
            and amount is not None
            and not find_vat_numbers(head)
        ):
            rate = re.search(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%", head)
            if rate and not head[rate.end() :].strip(" ):;|"):
                continue
            base = (
                re.search(
                    rf"(?:on|of|op|auf|von|over|sur|de)\s*(?:[€$£]|[A-Z]{{3}})?\s*({_NUMBER})\s*(?:[:;|=)]|\s{{2}})",
                    head[rate.end() :],
                )
                if rate
                else None
            )
            found.append(
                (
                    parse_number(rate[1], "," if "," in rate[1] else ".") if rate else None,
                    parse_number(base[1], mark) if base else None,
                    amount,
                )
            )
    return found


def _rows(text: str, mark: str) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    rows = []
    for raw in text.splitlines():
        found = _ROW.match(raw.strip(" |"))
        if found and not re.match(rf"(?:{_SUB}|{_TOTAL}|{_VAT})\b", raw.strip(), re.IGNORECASE) and not find_ibans(raw):
            q, p, a = (parse_number(found[k].rstrip(".,"), mark) for k in "qpa")
            if q is not None and p is not None and a is not None:
                rows.append((line(found["what"].strip(" ;|,"), 80), q, p, a))
    return rows


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _check(invoice: Invoice, case: Case, notes: Notebook, earlier: list[Invoice]) -> None:
    _arithmetic(invoice)
    _identity(invoice, notes, earlier)
    _currency(invoice, house_currency(case, notes))
    _order(invoice, notes, case)
    _dates(invoice, case, notes)


def _arithmetic(i: Invoice) -> None:
    for what, q, p, amount in i.rows:
        if abs(_cents(q * p) - amount) > CENT:
            i.wrong.append(f"{what}: {q.normalize():f} x {said(p)} is {said(q * p)}, the invoice says {said(amount)}.")
    lines = sum((r[3] for r in i.rows), Decimal(0))
    base = i.subtotal if i.subtotal is not None else (lines if i.rows else None)
    if i.rows and i.subtotal is not None and abs(lines - i.subtotal) > CENT:
        i.wrong.append(f"The lines add up to {said(lines)}, the subtotal is {said(i.subtotal)}.")
    for rate, on, amount in i.vat:
        over = on if on is not None else base if len(i.vat) == 1 else None
        if rate is not None and over is not None and abs(_cents(over * rate / 100) - amount) > Decimal("0.02"):
            i.wrong.append(
                f"VAT of {rate.normalize():f}% on {said(over)} is {said(over * rate / 100)}, the invoice says {said(amount)}."
            )
    tax = sum((v[2] for v in i.vat), Decimal(0))
    if i.total is None:
        i.wrong.append("No total could be read.")
    elif i.total <= 0:
        i.wrong.append(f"The total is {said(i.total)}; a credit note is not paid.")
    elif base is not None and abs(base + tax - i.total) > Decimal("0.02"):
        i.wrong.append(f"{said(base)} and VAT of {said(tax)} make {said(base + tax)}, the total is {said(i.total)}.")
    elif base is None:
        i.wrong.append("Neither lines nor a subtotal could be read, so the total was not recalculated.")
    elif not i.wrong:
        i.right.append("Lines, VAT and total agree.")


def _identity(i: Invoice, notes: Notebook, earlier: list[Invoice]) -> None:
    if not i.number:
        i.wrong.append("No invoice number could be read.")
    if not i.supplier:
        i.wrong.append("The supplier's name could not be read.")
    for account in find_ibans(i.text.upper()):
        if problem := iban_problem(account):
            i.wrong.append(f"The bank account {account} {problem}.")
        else:
            i.right.append(f"The check digits of {account} hold.")
    if twin := next(
        (e for e in earlier if i.number and e.number.lower() == i.number.lower() and _same(e.supplier, i.supplier)),
        None,
    ):
        i.wrong.append(f"The same number is also in {twin.source}.")
    paid = next(
        (
            s
            for s in split(notes.knowledge)
            if i.number
            and i.number.lower() in s.lower()
            and re.search(r"\b(?:paid|settled|booked|bezahlt|betaald)\b", s, re.IGNORECASE)
        ),
        "",
    )
    if paid:
        i.wrong.append(f"It was paid before: “{line(paid, 160)}” {notes.cite_sentence(paid)}".strip())


def _same(one: str, other: str) -> bool:
    a, b = (re.sub(r"\W", "", n.lower()) for n in (one, other))
    return bool(a and b) and (a.startswith(b[:8]) or b.startswith(a[:8]))


def _currency(i: Invoice, house: str) -> None:
    if house and i.currency and i.currency != house:
        i.wrong.append(f"The invoice is in {i.currency}; payments are booked in {house}.")


def _order(i: Invoice, notes: Notebook, case: Case) -> None:
    known = _ORDERS.search(notes.knowledge)
    on_paper = _orders_in(i.text)
    if case.given("purchase_order") and on_paper and _key(on_paper[0]) != _key(case.given("purchase_order")):
        i.wrong.append(f"The invoice names {on_paper[0]}, you gave {case.given('purchase_order')}.")
    if not i.order:
        i.wrong.append("The invoice names no purchase order.")
        return
    entry = _entry(i.order, notes)
    if not entry:
        (i.wrong if known else i.right).append(f"{i.order} was not found in the knowledge, so it was not compared.")
        return
    mark = notes.cite_sentence(entry)
    before = len(i.wrong)
    if i.supplier and not _same_supplier(i.supplier, entry):
        i.wrong.append(f"{i.order} is not for {i.supplier}: “{line(entry, 160)}” {mark}")
    _against_order(i, entry, notes, mark)
    if len(i.wrong) == before:
        i.right.append(f"It agrees with {i.order} {mark}.")


def _key(reference: str) -> str:
    return re.sub(r"\D", "", reference).lstrip("0")


def _entry(order: str, notes: Notebook) -> str:
    """The line of the knowledge about this order, as it stands."""
    digits = _key(order)
    pattern = rf"(?<!\d){digits}(?!\d)" if digits else re.escape(order)
    paragraphs = [
        row.strip().lstrip("-*• ")
        for p in notes.passages
        for row in p.text.splitlines()
        if re.search(pattern, row) and not re.match(r"invoice", row, re.IGNORECASE)
    ]
    return max(paragraphs, key=lambda r: len(find_amounts(r, bare=True)), default="")


def _same_supplier(supplier: str, entry: str) -> bool:
    key = [w for w in re.findall(r"\w{3,}", supplier.lower()) if w not in {"ltd", "gmbh", "inc", "sarl", "the", "bv"}]
    return not key or any(w in entry.lower() for w in key[:2])


def _against_order(i: Invoice, entry: str, notes: Notebook, mark: str) -> None:
    amounts = find_amounts(entry, bare=True)
    at = re.search(r"\b(?:total|worth|amount|value)\b", entry, re.IGNORECASE)
    total = next((a.value for a in amounts if at and a.start >= at.start()), None) or max(
        (a.value for a in amounts), default=None
    )
    slack = _tolerance(notes)
    if total is None:
        i.right.append(f"{i.order} names no total to compare with {mark}.")
    elif (
        i.total is not None
        and abs(total - i.total) > slack
        and not (
            i.subtotal is not None
            and abs(total - i.subtotal) <= slack
            and not re.search(r"\bincl", entry, re.IGNORECASE)
        )
    ):
        i.wrong.append(f"{i.order} says {said(total)}, the invoice {said(i.total)} {mark}")
    prices = [a.value for a in amounts if re.search(r"\b(?:at|à|zu|@|x)\s*$", entry[: a.start], re.IGNORECASE)]
    for what, q, p, _ in i.rows if prices else []:
        if p not in prices:
            i.wrong.append(f"{what}: unit price {said(p)}; {i.order} has {', '.join(map(said, prices))} {mark}")
        elif not re.search(rf"(?<![\d.,]){q.normalize():f}(?![\d])", entry.replace(",", "")):
            i.wrong.append(f"{what}: quantity {q.normalize():f} is not what {i.order} has {mark}")


def _tolerance(notes: Notebook) -> Decimal:
    rule = next(
        (
            s
            for s in split(notes.knowledge)
            if re.search(r"\b(?:difference|toleran\w*|deviation)", s, re.IGNORECASE)
            and re.search(r"accept|allow|toleran|ignore", s, re.IGNORECASE)
            and find_amounts(s)
        ),
        "",
    )
    return find_amounts(rule)[0].value if rule else Decimal("0.02")


def _terms(i: Invoice, notes: Notebook) -> tuple[int, str] | None:
    """(days, where it stands): the order's own terms, the supplier's, then the general ones."""
    key = next(iter(re.findall(r"\w{4,}", i.supplier.lower())), "")
    rows = [r.strip() for p in notes.passages for r in p.text.splitlines()]
    entry = _entry(i.order, notes) if i.order else ""
    mine = [r for r in rows if key and key in r.lower() and find_periods(r)]
    listed = [*([entry] if entry and find_periods(entry) else []), *mine]
    listed += [
        s
        for s in split(notes.knowledge)
        if re.search(
            r"payment terms?|pay(?:ment)? (?:is |are )?(?:due |within)|invoices? (?:is|are) (?:due|paid) (?:with)?in",
            s,
            re.IGNORECASE,
        )
        and find_periods(s)
    ]
    return next(((find_periods(r)[-1][0], r) for r in listed), None)


def _dates(i: Invoice, case: Case, notes: Notebook) -> None:
    if i.on and i.on > case.today:
        i.wrong.append(f"The invoice is dated {readable(i.on)}, which is in the future.")
    if i.on and i.due and i.due < i.on:
        i.wrong.append(f"It is due on {readable(i.due)}, before its date {readable(i.on)}.")
    terms = _terms(i, notes)
    own = next(
        (
            d
            for s in split(i.text)
            if re.search(r"payment|payable|zahlbar|betaling|net\b|terms", s, re.IGNORECASE)
            for d, _ in find_periods(s)
        ),
        None,
    )
    own = own or next((int(m[1]) for m in [re.search(r"\bnet[ -]?(\d{1,3})\b", i.text, re.IGNORECASE)] if m), None)
    days = terms[0] if terms else own
    if i.due is None and i.on and days is not None:
        i.due = i.on + timedelta(days=days)
        i.right.append(f"It names no due date; {days} days after its date is {readable(i.due)}.")
    elif i.due is None:
        i.wrong.append("No due date could be read or worked out.")
    elif terms and i.on and i.due < i.on + timedelta(days=terms[0]):
        i.wrong.append(
            f"It is due on {readable(i.due)}; the terms of {terms[0]} days give {readable(i.on + timedelta(days=terms[0]))} {notes.cite_sentence(terms[1])}".strip()
        )
    if i.due and i.due < case.today:
        i.right.append(f"It was due on {readable(i.due)} and is overdue.")


def _facts(i: Invoice) -> list[str]:
    rates = ", ".join(f"{said(a)}" + (f" ({r.normalize():f}%)" if r is not None else "") for r, _, a in i.vat)
    pairs = [
        ("Supplier", i.supplier),
        ("Purchase order", i.order),
        ("Date", readable(i.on) if i.on else ""),
        ("Due", readable(i.due) if i.due else ""),
    ]
    pairs += [
        ("Subtotal", said(i.subtotal, i.currency) if i.subtotal is not None else ""),
        ("VAT", rates),
        ("Total", said(i.total, i.currency) if i.total is not None else ""),
    ]
    return [f"{k}: {v}" for k, v in pairs if v]


def _pay(case: Case, report: Report, invoices: list[Invoice]) -> Steps[int]:
    listed = [_payment(i, case) for i in invoices]
    results = (
        (yield from act_on_all(case, "schedule_payment", listed, "Everything on the invoice agrees.")) if listed else []
    )
    count = 0
    for invoice, (outcome, last) in zip(invoices, results, strict=True):
        shown = str(outcome.get("amount_words") or said(Decimal(str(last["amount"])), invoice.currency))
        if outcome.done:
            count += 1
            report.did(f"Payment of {shown} to {last['party']} for {last['reference']} scheduled for {last['due_on']}")
            continue
        report.refused(f"Payment of {shown} to {last['party']}", outcome)
        if blocked(outcome):
            yield from open_one(
                case,
                report,
                task(f"Schedule the payment of {invoice.name}", [outcome.words, *_facts(invoice)], team="finance"),
            )
    return count


def _payment(i: Invoice, case: Case) -> Args:
    assert i.total is not None and i.due is not None
    compared = next((r for r in i.right if "agrees with" in r or "not compared" in r), "")
    reason = f"Invoice {i.number}, {said(i.total, i.currency)}. {compared}"
    return {
        "party": line(i.supplier, 120),
        "amount": plain(i.total),
        "reference": line(i.number, 80),
        "due_on": max(i.due, case.today).isoformat(),
        "reason": line(reason, 400),
    }
