"""Plans for operations: reordering stock and checking new suppliers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import Args, line, mail, open_all, open_one, plural, send_one, tables_of, task, told
from app.runs.sandbox.reading.amounts import find_amounts, said
from app.runs.sandbox.reading.identity import country_code, find_ibans, find_vat_numbers, iban_problem, vat_problem
from app.runs.sandbox.reading.people import (
    FREE_MAIL,
    find_companies,
    find_emails,
    find_name,
    find_urls,
    first_name,
    host_of,
    same_domain,
)
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.tables import Table, markdown, with_roles, without_totals
from app.runs.sandbox.reading.stop_words import STOP
from app.runs.sandbox.reading.terms import stem, words
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act_on_all, read_files, search

_COLUMNS = {
    "sku": ("sku", "article no", "item no", "code", "article number", "item number", "artikelnummer", "art nr", "ref", "ean", "id"),
    "supplier_email": ("supplier email", "supplier mail", "order email", "supplier e mail", "vendor email", "email", "e mail", "mail"),
    "supplier": ("supplier", "vendor", "lieferant", "leverancier", "fournisseur", "proveedor"),
    "on_order": ("on order", "ordered", "incoming", "open orders", "in bestelling", "bestellt", "inbound", "en commande"),
    "point": ("reorder point", "reorder level", "min stock", "minimum stock", "minimum", "min", "rop", "mindestbestand", "meldebestand", "bestelpunt", "threshold", "safety stock", "seuil"),
    "target": ("target stock", "target", "max stock", "maximum stock", "max", "maximum", "par level", "order up to", "sollbestand", "zielbestand", "doel"),
    "quantity": ("reorder quantity", "reorder qty", "order quantity", "order qty", "eoq", "lot size", "bestellmenge", "bestelhoeveelheid"),
    "pack": ("pack size", "pack", "case size", "moq", "units per pack", "unit per case", "verpackungseinheit", "ve", "colli", "colis"),
    "on_hand": ("on hand", "in stock", "stock", "qty on hand", "quantity", "qty", "available", "bestand", "voorraad", "current stock", "stock level", "level", "on shelf"),
    "cost": ("unit cost", "cost", "unit price", "price", "preis", "prijs", "prix"),
    "product": ("product", "item", "name", "description", "article", "artikel", "bezeichnung", "omschrijving", "désignation", "producto"),
}  # fmt: skip


@dataclass
class Order:
    """What one supplier is asked for."""

    supplier: str
    email: str = ""
    rows: list[list[str]] = field(default_factory=list)
    value: Decimal = Decimal(0)
    priced: bool = True

    @property
    def listed(self) -> str:
        return "\n".join(f"- {r[2]} x {r[1]}" + (f" ({r[0]})" if r[0] else "") for r in self.rows)


def stock_reorder(case: Case) -> Steps[str]:
    """Order up to the target in full packs, a task and a mail for each supplier."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    tables = [without_totals(with_roles(t, _COLUMNS)) for t in tables_of(sheets, case.given("stock"))]
    orders, doubts, count = _orders(tables)
    names = [o.supplier for o in orders.values()]
    yield from search(case, notes, "supplier terms minimum order", "reorder stock packs order days", *names[:4])
    fallback = next(iter(find_emails(case.given("fallback_email"))), "")
    for order in orders.values():
        order.email = order.email or fallback
    _show(report, orders, doubts, sheets, notes)
    if not count:
        report.headline = "Nothing was ordered: no list with stock and reorder points was found."
        report.not_done.append("Orders: the list needs headings for stock on hand and reorder point.")
        return report.text(notes)
    if not orders:
        report.headline = (
            f"Nothing to order: none of {plural(count, 'product')} is known to be at or below its reorder point."
        )
        if doubts:
            yield from open_one(case, report, task("Complete the stock list", doubts, team="operations"))
        return report.text(notes)
    short = {key: _below_minimum(o, notes) for key, o in orders.items()}
    report.section("Supplier terms", _terms(orders, notes) + [s for s in short.values() if s])
    asked = [_order_task(case, o, short[key]) for key, o in orders.items()]
    opened = yield from open_all(case, report, asked, "These products are at or below their reorder point.")
    sent = yield from _mail(case, report, [o for key, o in orders.items() if not short[key]])
    for key, order in orders.items():
        if short[key]:
            report.not_done.append(f"Order to {order.supplier}: below the minimum order, so it was left to a person.")
    report.headline = f"{plural(sum(len(o.rows) for o in orders.values()), 'product')} to reorder from {plural(len(orders), 'supplier')}: {plural(opened, 'task')} opened, {plural(sent, 'order')} mailed."
    return report.text(notes)


def _orders(tables: Sequence[Table]) -> tuple[dict[str, Order], list[str], int]:
    """Orders by supplier, what could not be worked out, and how many products were looked at."""
    orders: dict[str, Order] = {}
    doubts: list[str] = []
    count = 0
    for table in tables:
        if not {"on_hand", "point"} <= table.roles.keys():
            continue
        numbers = {
            role: table.numbers(role) for role in ("on_hand", "on_order", "point", "target", "quantity", "pack", "cost")
        }
        for i in range(len(table.rows)):
            name = table.cell(i, "product") or table.cell(i, "sku")
            if name:
                count += 1
                _one(table, i, {k: v[i] for k, v in numbers.items()}, orders, doubts)
    return orders, list(dict.fromkeys(doubts)), count


def _one(table: Table, i: int, n: dict[str, Decimal | None], orders: dict[str, Order], doubts: list[str]) -> None:
    sku, name = table.cell(i, "sku"), table.cell(i, "product") or table.cell(i, "sku")
    stock, point = n["on_hand"], n["point"]
    if stock is None or point is None:
        doubts.append(f"{name}: {'stock on hand' if stock is None else 'reorder point'} is missing or no number.")
        return
    have = stock + (n["on_order"] or 0)
    if have > point:
        return
    wanted = _quantity(have, point, n)
    if wanted is None:
        doubts.append(
            f"{name} is at {have.normalize():f}, at or below {point.normalize():f}, but there is no target or order quantity."
        )
        return
    supplier = table.cell(i, "supplier") or "Supplier not named"
    order = orders.setdefault(supplier.casefold(), Order(supplier))
    order.email = order.email or next(iter(find_emails(table.cell(i, "supplier_email"))), "")
    order.rows.append([sku, name, f"{wanted:f}", f"{have.normalize():f}", f"{point.normalize():f}"])
    order.value += wanted * (n["cost"] or 0)
    order.priced = order.priced and n["cost"] is not None


def _quantity(have: Decimal, point: Decimal, n: dict[str, Decimal | None]) -> Decimal | None:
    """Up to the target, else the order quantity; in full packs. None when the list names neither."""
    target, fixed = n["target"], n["quantity"]
    lacking = target - have if target is not None and target > have else fixed
    if lacking is None or lacking <= 0:
        return None
    pack = n["pack"] if n["pack"] and n["pack"] > 0 else Decimal(1)
    return (lacking / pack).to_integral_value(ROUND_CEILING) * pack.quantize(Decimal(1), ROUND_CEILING)


def _show(report: Report, orders: dict[str, Order], doubts: list[str], sheets: list[Sheet], notes: Notebook) -> None:
    rows = [[o.supplier, *r] for o in orders.values() for r in o.rows]
    marks = " ".join(notes.cite(s) for s in sheets if s.tables)
    if rows:
        table = markdown(["Supplier", "SKU", "Product", "Order", "Stock and on order", "Reorder point"], rows)
        report.block("To order", table + (f"\n\nFrom {marks}" if marks else ""))
    report.section("Not clear from the list", doubts)


def _sentence_of(order: Order, notes: Notebook) -> str:
    """The rule or table row in the knowledge that names the supplier with a minimum."""
    key = " ".join(order.supplier.split()[:2]).lower()
    rows = [s for s in re.split(r"\n", notes.knowledge) if key in s.lower()]
    return next((r for r in rows if find_amounts(r)), rows[0] if rows else "")


def _terms(orders: dict[str, Order], notes: Notebook) -> list[str]:
    found = [(o, s) for o in orders.values() if (s := _sentence_of(o, notes))]
    return [f"{o.supplier}: “{line(s.strip('| '), 200)}” {notes.cite_sentence(s.strip())}" for o, s in found]


def _below_minimum(order: Order, notes: Notebook) -> str:
    sentence = _sentence_of(order, notes)
    minimum = _minimum(sentence, notes.knowledge) if sentence and order.priced else None
    if minimum is None or order.value >= minimum:
        return ""
    return f"{order.supplier}: the order comes to {said(order.value)}, below the minimum of {said(minimum)}."


def _minimum(sentence: str, knowledge: str) -> Decimal | None:
    if "|" in sentence:
        heads = next((r for r in knowledge.splitlines() if "|" in r and "minim" in r.lower()), "")
        cells = [c.strip().lower() for c in heads.strip("| ").split("|")]
        place = next((i for i, c in enumerate(cells) if "minim" in c), None)
        row = sentence.strip("| ").split("|")
        found = find_amounts(row[place], bare=True) if place is not None and place < len(row) else []
    else:
        at = re.search(r"minim\w*", sentence, re.IGNORECASE)
        found = find_amounts(sentence[max(0, at.start() - 40) :]) if at else []
    return found[0].value if found else None


def _order_task(case: Case, order: Order, short: str) -> Args:
    where = f"Deliver to: {case.given('deliver_to')}" if case.given("deliver_to") else ""
    worth = f"Worth {said(order.value)} at the unit costs in the list." if order.value and order.priced else ""
    lines = [short, worth, where, f"Order address: {order.email or 'none is known'}", *order.listed.splitlines()]
    title = f"{'Decide on the order to' if short else 'Follow up the order to'} {order.supplier}"
    return task(f"{title} ({plural(len(order.rows), 'product')})", lines, team="operations")


def _mail(case: Case, report: Report, orders: list[Order]) -> Steps[int]:
    addressed = [o for o in orders if o.email]
    report.not_done += [f"Mail to {o.supplier}: there is no address for it." for o in orders if not o.email]
    where = f"Deliver to: {case.given('deliver_to')}" if case.given("deliver_to") else ""
    args = [
        mail(
            [o.email],
            f"Order: {plural(len(o.rows), 'product')}",
            [
                "Hello,",
                "We would like to order:",
                o.listed,
                where,
                "Let us know the delivery date.",
                "Kind regards,\nOperations",
            ],
        )
        for o in addressed
    ]
    results = (
        (yield from act_on_all(case, "send_mail", args, "The orders that follow from the stock list.")) if args else []
    )
    return sum(told(report, "Mail", outcome, last) for outcome, last in results)


@dataclass
class Vendor:
    """What is known of a new supplier, and where each fact comes from."""

    name: str
    email: str
    website: str
    country: str
    vat: str
    iban: str
    holder: str
    text: str


_FIELDS = {
    "website": (r"web ?site|homepage|site web|web", "the website"),
    "country": (r"country|land|pays|país", "the country"),
    "account_holder": (
        r"account holder|account name|holder|beneficiary|kontoinhaber|rekeninghouder|titulaire",
        "the name of the account holder",
    ),
}
_BASICS = (
    ("email", "a contact's mail address"),
    ("website", "the website"),
    ("country", "the country of registration"),
    ("vat", "the VAT number"),
    ("iban", "the bank account (IBAN)"),
    ("holder", "the name of the account holder"),
)
_REQUIRED = re.compile(
    r"\b(?:certificate|extract|register|licen[cs]e|insurance|agreement|contract|declaration|form|proof|statement|policy|terms|code of conduct)\b",
    re.IGNORECASE,
)
_KNOWN = re.compile(r"\b(?:iban|vat|account holder|website|country|mail address|e-?mail|contact)\b", re.IGNORECASE)


def vendor_onboarding(case: Case) -> Steps[str]:
    """Ask for what is missing, hand over what does not fit, or open the set-up task."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    vendor = _vendor(case, sheets)
    yield from search(
        case,
        notes,
        "new supplier requirements set up",
        "supplier documents certificate register",
        "supplier bank account VAT country",
    )
    misfits = _misfits(vendor)
    missing = [words_ for key, words_ in _BASICS if not getattr(vendor, key)] + _papers(case, sheets, vendor, notes)
    report.section("What was given", _given(vendor))
    report.section("Does not fit", misfits)
    report.section("Missing", missing)
    name = line(vendor.name or "the vendor", 80)
    if misfits:
        report.headline = f"{name} was not set up: {plural(len(misfits), 'thing')} to look at."
        report.not_done.append("Mail to the supplier: nothing is asked while something does not fit.")
        yield from open_one(
            case,
            report,
            task(
                f"Check {name} before set-up",
                [*misfits, *(f"Missing: {m}" for m in missing)],
                team="finance",
                priority="high",
            ),
        )
    elif missing:
        yield from _ask_vendor(case, report, vendor, missing, name)
    else:
        report.headline = f"{name} is complete and everything fits."
        yield from open_one(case, report, task(f"Set up {name} as a supplier", _given(vendor), team="operations"))
    return report.text(notes)


def _vendor(case: Case, sheets: list[Sheet]) -> Vendor:
    """Form fields first, then what they wrote, then their documents."""
    text = "\n".join([case.given("notes"), *(s.words for s in sheets)])
    email = next(iter(find_emails(case.given("contact_email")) or find_emails(text)), "")
    site = case.given("website") or next(iter(find_urls(text)), "") or _label(text, "website")
    iban = case.given("iban") or next(iter(find_ibans(text.upper())), "") or _value(text, r"iban")
    vat = (
        case.given("vat_number")
        or _value(text, r"vat(?: number| no\.?| id)?|ust-?id(?:-?nr\.?)?|btw(?:-?nummer| nr)?|tva|nif|p\.? ?iva")
        or next(iter(find_vat_numbers(text)), "")
    )
    holder = case.given("account_holder") or _label(text, "account_holder")
    country = case.given("country") or _label(text, "country")
    name = case.given("vendor_name") or next(iter(find_companies(text)), "")
    return Vendor(name, email, site, country, vat, iban, holder, text)


def _label(text: str, key: str) -> str:
    return _value(text, _FIELDS[key][0])


def _value(text: str, label: str) -> str:
    found = re.search(rf"^[ \t>*•-]*(?:{label})[ \t]*[:=][ \t]*([^\n,;]{{2,80}})", text, re.IGNORECASE | re.MULTILINE)
    return found[1].strip(" .*") if found else ""


def _misfits(v: Vendor) -> list[str]:
    found = [f"The bank account {v.iban} {p}." for p in [iban_problem(v.iban) if v.iban else ""] if p]
    found += [f"The VAT number {v.vat} {p}." for p in [vat_problem(v.vat) if v.vat else ""] if p]
    code, bank, tax = (
        country_code(v.country),
        v.iban[:2].upper(),
        re.sub(r"\W", "", v.vat)[:2].upper().replace("EL", "GR"),
    )
    if v.country and not code:
        found.append(f"The country “{v.country}” was not recognised, so it was not compared.")
    if code and bank and bank != code:
        found.append(f"The country is {v.country}, but the bank account begins with {bank}.")
    if code and tax.isalpha() and len(tax) == 2 and tax != code:
        found.append(f"The country is {v.country}, but the VAT number begins with {tax}.")
    return found + _domains(v) + _holder(v) + _other_accounts(v)


def _other_accounts(v: Vendor) -> list[str]:
    own = re.sub(r"[\s.-]", "", v.iban).upper()
    return [
        f"Their papers name another bank account: {i}."
        for i in find_ibans(v.text.upper())
        if own and i != own and not iban_problem(i)
    ]


def _domains(v: Vendor) -> list[str]:
    mail_host, host = host_of(v.email), host_of(v.website)
    if mail_host in FREE_MAIL:
        return [f"The contact writes from {mail_host}, a free mail service."]
    if mail_host and host and not same_domain(mail_host, host):
        return [f"The mail domain {mail_host} is not the website's domain {host}."]
    return []


def _holder(v: Vendor) -> list[str]:
    forms = {"bv", "gmbh", "ltd", "sarl", "sas", "srl", "sl", "ag", "nv", "inc", "llc", "sa", "limited", "the"}
    one, other = ({w for w in re.findall(r"\w+", n.replace(".", "").lower())} - forms for n in (v.name, v.holder))
    return [f"The account holder is {v.holder}, not {v.name}."] if v.holder and v.name and one != other else []


def _papers(case: Case, sheets: list[Sheet], v: Vendor, notes: Notebook) -> list[str]:
    """Documents that the vendor rules ask for and that no file or line looks like."""
    if not notes.passages:
        return []
    given = " ".join([v.text, *(f.name for f in case.files)]).replace("_", " ").replace("-", " ").lower()
    have = {stem(w) for w in words(given)}
    missing = []
    for item in _asked_for(notes):
        key = {
            stem(w)
            for w in words(re.split(r",|\bnot older|\bvalid|\bfor anything", item)[0])
            if w not in STOP and len(w) > 2
        }
        if key and len(key & have) < min(2, len(key)):
            missing.append(f"{line(item, 140)} {notes.cite_sentence(item)}".strip())
    return missing


def _asked_for(notes: Notebook) -> list[str]:
    """List items of the vendor rules that name a document."""
    items = []
    for passage in notes.passages:
        if not re.search(r"supplier|vendor", passage.document + passage.place + passage.text, re.IGNORECASE):
            continue
        listed = [
            s for row in passage.text.splitlines() if re.match(r"\s*(?:[-*•]|\d+[.)])\s", row) for s in split(row)
        ]
        prose = [
            s
            for s in split(passage.text)
            if re.search(
                r"\b(?:must|needs? to|required?|has to) (?:send|provide|submit|sign|include|upload|give|supply)\b",
                s,
                re.IGNORECASE,
            )
        ]
        items += [s for s in [*listed, *prose] if _REQUIRED.search(s) and not _KNOWN.search(s) and len(s.split()) < 25]
    return list(dict.fromkeys(items))


def _given(v: Vendor) -> list[str]:
    pairs = [
        ("Name", v.name),
        ("Mail", v.email),
        ("Website", v.website),
        ("Country", v.country),
        ("VAT number", v.vat),
        ("IBAN", v.iban),
        ("Account holder", v.holder),
    ]
    checked = {
        "IBAN": "check digits hold" if v.iban and not iban_problem(v.iban) else "",
        "VAT number": "shape fits" if v.vat and not vat_problem(v.vat) else "",
    }
    return [
        f"{label}: {value}" + (f" ({checked[label]})" if checked.get(label) else "") for label, value in pairs if value
    ]


def _ask_vendor(case: Case, report: Report, v: Vendor, missing: list[str], name: str) -> Steps[None]:
    report.headline = f"{name} is not complete: {plural(len(missing), 'thing')} missing."
    listed = "\n".join("- " + re.sub(r"\s*\[\d+\]$", "", m) for m in missing)
    if v.email:
        writer = find_name(case.given("notes"))
        hello = f"Hello {first_name(writer)}," if writer else "Hello,"
        yield from send_one(
            case,
            report,
            mail(
                [v.email],
                f"What we still need to set up {name}",
                [
                    hello,
                    "Thank you for your details. To set you up as a supplier we still need:",
                    listed,
                    "Kind regards,\nOperations",
                ],
            ),
            "The vendor's details are not complete.",
        )
        return
    report.not_done.append("Mail to the supplier: there is no address to write to.")
    yield from open_one(case, report, task(f"Ask {name} for what is missing", listed.splitlines(), team="operations"))
