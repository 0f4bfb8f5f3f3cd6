"""The plan that audits expense lists."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import house_currency, line, open_one, plural, tables_of, task
from app.runs.sandbox.reading.amounts import Amount, find_amounts, parse_amount, said
from app.runs.sandbox.reading.dates import find_dates, find_periods, is_weekend, readable
from app.runs.sandbox.reading.rules import Cap, caps, excluded_by
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.tables import Table, guess_by_content, markdown, with_roles, without_totals
from app.runs.sandbox.reading.stop_words import STOP
from app.runs.sandbox.reading.terms import stem, words
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

_COLUMNS = {
    "date": ("date", "datum", "day", "fecha", "spent on", "transaction date"),
    "amount": ("amount", "total", "gross", "betrag", "bedrag", "montant", "importe", "sum", "cost", "price", "value"),
    "currency": ("currency", "währung", "valuta", "devise", "cur", "ccy"),
    "person": (
        "employee",
        "person",
        "name",
        "claimant",
        "staff",
        "mitarbeiter",
        "medewerker",
        "employé",
        "who",
        "submitted by",
    ),
    "category": ("category", "type", "kategorie", "categorie", "expense type", "kind", "catégorie", "art"),
    "merchant": ("merchant", "vendor", "supplier", "payee", "where", "shop", "händler", "place", "restaurant"),
    "receipt": ("receipt", "beleg", "bon", "attachment", "proof", "bonnetje", "reçu", "justificatif", "invoice"),
    "notes": (
        "notes",
        "note",
        "description",
        "comment",
        "purpose",
        "reason",
        "remarks",
        "bemerkung",
        "omschrijving",
        "details",
    ),
}
_NONE = frozenset(
    {
        "no",
        "n",
        "none",
        "missing",
        "false",
        "0",
        "nein",
        "nee",
        "non",
        "-",
        "—",
        "lost",
        "x",
        "✗",
        "no receipt",
        "not attached",
        "",
    }
)
_KIN = {
    "meal": "lunch dinner breakfast food restaurant meals meal catering essen maaltijd repas",
    "hotel": "lodging accommodation room hotel overnight übernachtung hébergement",
    "taxi": "cab uber bolt ride taxi taxis",
    "train": "rail train trein bahn",
    "car": "mileage kilometre kilometres car",
    "alcohol": "wine beer bar drinks champagne whisky vodka cocktail",
}
_NUMBERS = {
    w: n
    for n, w in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}


@dataclass
class Line:
    """One claimed expense, and what is wrong with it."""

    number: int
    on: date | None
    amount: Amount | None
    person: str
    category: str
    merchant: str
    receipt: str | None
    notes: str
    raw: str
    source: str = ""
    flags: list[str] = field(default_factory=list)

    @property
    def about(self) -> str:
        return " ".join(p for p in (self.category, self.notes) if p) or self.merchant

    @property
    def shown(self) -> str:
        when = readable(self.on) if self.on else "no date"
        how_much = said(self.amount.value, self.amount.currency) if self.amount else "no amount"
        return f"Line {self.number} ({', '.join(p for p in (when, self.person, self.category or self.merchant, how_much) if p)})"


def expense_audit(case: Case) -> Steps[str]:
    """Flag what breaks the policy, line by line, and open one task with all of it."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    lines = expense_lines(case, sheets)
    kinds = " ".join(dict.fromkeys(item.category for item in lines if item.category))
    yield from search(
        case,
        notes,
        "expense policy limits",
        f"expense limit {kinds[:120]}",
        "receipts required above",
        "not reimbursed",
        "weekend expense reason",
        "hand in expenses within days",
    )
    _flag(case, notes, lines)
    cleared = _cleared(case, lines)
    flagged = [item for item in lines if item.flags]
    if lines:
        rows = [
            [
                str(i.number),
                readable(i.on) if i.on else "",
                i.person,
                i.category,
                said(i.amount.value, i.amount.currency) if i.amount else "",
                "; ".join(i.flags) or "in order",
            ]
            for i in lines
        ]
        where = " ".join(notes.cite(s) for s in sheets if s.tables)
        report.block(
            "Lines",
            markdown(["Line", "Date", "Person", "Category", "Amount", "Finding"], rows)
            + (f"\n\nFrom {where}" if where else ""),
        )
    report.section("Approved by the notes given", cleared)
    if not notes.passages:
        report.section(
            "Rules", ["No expense policy was found in the knowledge; only the checks that need none were made."]
        )
    if not lines:
        report.headline = "Nothing was audited: no list with a date and an amount column was found."
        report.not_done.append("Audit: paste the list with its headings or attach it as CSV or XLSX.")
    elif not flagged:
        report.headline = f"{plural(len(lines), 'line')} checked; nothing to flag, so no task was opened."
    else:
        report.headline = f"{plural(len(lines), 'line')} checked, {len(flagged)} flagged."
        detail = [f"{i.shown}: {'; '.join(i.flags)}" for i in flagged]
        yield from open_one(
            case,
            report,
            task(f"Look at {plural(len(flagged), 'expense line')} that may break the policy", detail, team="finance"),
            "These lines break a rule or need an explanation.",
        )
    return report.text(notes)


def expense_lines(case: Case, sheets: list[Sheet]) -> list[Line]:
    lines: list[Line] = []
    for table in tables_of(sheets, case.given("expenses")):
        table = without_totals(guess_by_content(with_roles(table, _COLUMNS), today=case.today))
        if "amount" in table.roles:
            lines += _lines(table, case, len(lines))
    return lines


def _lines(table: Table, case: Case, before: int) -> list[Line]:
    days, amounts = table.dates("date", today=case.today), table.amounts("amount")
    listed = []
    for i, row in enumerate(table.rows):
        amount, cur = amounts[i], table.cell(i, "currency").upper()
        if amount and len(cur) == 3 and cur.isalpha():
            amount = Amount(amount.value, cur, amount.text, 0, 0)
        receipt = table.cell(i, "receipt") if "receipt" in table.roles else None
        person, category, merchant = (table.cell(i, r) for r in ("person", "category", "merchant"))
        listed.append(
            Line(
                before + i + 1,
                days[i],
                amount,
                person,
                category,
                merchant,
                receipt,
                table.cell(i, "notes"),
                "; ".join(row),
            )
        )
    return listed


def _flag(case: Case, notes: Notebook, lines: list[Line]) -> None:
    rules = notes.knowledge + "\n\n" + case.given("policy_notes")
    limits, house = caps(rules), house_currency(case, notes)
    extra = parse_amount(case.given("line_limit")) if case.given("line_limit") else None
    for item in lines:
        item.flags += _basic(item, case, rules, notes)
        if item.amount and item.amount.currency and house and item.amount.currency != house:
            item.flags.append(f"in {item.amount.currency}; limits in {house} were not compared")
        elif item.amount:
            item.flags += _over(item, limits, notes)
            if extra and item.amount.value > extra.value:
                item.flags.append(f"above the {said(extra.value)} asked for")
    _daily(lines, limits, notes)
    _twice(lines)


def _basic(item: Line, case: Case, rules: str, notes: Notebook) -> list[str]:
    flags = [] if item.amount else ["has no amount that could be read"]
    flags += [] if item.on else ["has no date that could be read"]
    if item.on and item.on > case.today:
        flags.append("dated in the future")
    elif item.on and is_weekend(item.on):
        flags += _weekend(item, rules, notes)
    if item.on and (late := _late(item.on, case.today, rules)):
        flags.append(f"handed in late: “{late}” {notes.cite_sentence(late)}".strip())
    if item.receipt is not None and item.receipt.strip().lower() in _NONE:
        flags += _no_receipt(item, rules, notes)
    subject = " ".join(
        [
            item.about,
            *(kin for kin, kins in _KIN.items() if set(words(item.about)) & set(kins.split()) and kin == "alcohol"),
        ]
    )
    if banned := excluded_by(rules, subject):
        flags.append(f"ruled out: “{line(banned, 120)}” {notes.cite_sentence(banned)}".strip())
    return flags


def _weekend(item: Line, rules: str, notes: Notebook) -> list[str]:
    rule = next(
        (
            s
            for s in split(rules)
            if len(s.split()) > 5 and re.search(r"\b(?:saturday|sunday|weekend)", s, re.IGNORECASE)
        ),
        "",
    )
    if rule and re.search(r"reason|explain|unless|note", rule, re.IGNORECASE) and item.notes.strip():
        return []
    day = (item.on or date.min).strftime("%A")
    return [f"on a {day}" + (f": “{line(rule, 120)}” {notes.cite_sentence(rule)}" if rule else "")]


def _late(on: date, today: date, rules: str) -> str:
    rule = next(
        (
            s
            for s in split(rules)
            if re.search(r"\b(?:hand(?:ed)? in|submit\w*|claim\w*|eingereicht|ingediend)\b", s, re.IGNORECASE)
            and find_periods(s)
            and "within" in s.lower()
        ),
        "",
    )
    return rule if rule and (today - on).days > find_periods(rule)[0][0] else ""


def _no_receipt(item: Line, rules: str, notes: Notebook) -> list[str]:
    rule = next((s for s in split(rules) if re.search(r"\breceipts?\b", s, re.IGNORECASE) and find_amounts(s)), "")
    rule = rule or next(
        (
            s
            for s in split(rules)
            if re.search(r"\breceipts?\b", s, re.IGNORECASE) and re.search(r"need|must|required|every", s)
        ),
        "",
    )
    threshold = find_amounts(rule)[0].value if rule and find_amounts(rule) else Decimal(0)
    if item.amount and item.amount.value <= threshold:
        return []
    return ["no receipt" + (f": “{line(rule, 120)}” {notes.cite_sentence(rule)}" if rule else "")]


@lru_cache(maxsize=1024)
def _stems(text: str) -> frozenset[str]:
    own = {stem(w) for w in words(text) if w not in STOP}
    return frozenset(own) | {stem(kin) for kin, kins in _KIN.items() if own & {stem(k) for k in kins.split()}}


@lru_cache(maxsize=512)
def _subject(sentence: str) -> frozenset[str]:
    """What a limit is about: the words before the amount."""
    head = re.split(
        r":|\bup to\b|\bmax|\bat most\b|\bno more\b|\blimit|\bmay\b|\bmust\b", sentence, maxsplit=1, flags=re.IGNORECASE
    )[0]
    return _stems(head) or _stems(sentence)


@lru_cache(maxsize=512)
def _limits_a_line(sentence: str) -> bool:
    about_more = re.search(r"\breceipt|\bapprov|\blists?\b|\badvances?\b|\bkilomet", sentence, re.IGNORECASE)
    return not about_more or "up to" in sentence.lower()


def _cap_for(item: Line, limits: list[Cap]) -> Cap | None:
    """The limit whose subject is the line's category; the one with fewest other words of several."""
    about = _stems(item.category or item.about)
    best: tuple[float, Cap] | None = None
    for cap in limits:
        if not _limits_a_line(cap.sentence):
            continue
        subject = _subject(cap.sentence)
        score = len(about & subject) - 0.1 * len(subject - about) - 0.05 * len(about - subject)
        if about & subject and (best is None or score > best[0]):
            best = (score, cap)
    return best[1] if best else None


def _allowed(item: Line, cap: Cap) -> Decimal:
    """The limit times the people or nights that the notes name."""
    unit = (
        r"people|persons?|guests|pax|participants|personen"
        if re.search(r"per (?:person|head)", cap.sentence, re.IGNORECASE)
        else r"nights?|nächte|nachten"
        if re.search(r"per night|nightly", cap.sentence, re.IGNORECASE)
        else ""
    )
    found = (
        re.search(
            rf"\b(\d{{1,2}}|{'|'.join(_NUMBERS)})\s+(?:{unit})\b", item.notes + " " + item.category, re.IGNORECASE
        )
        if unit
        else None
    )
    return cap.value * (_NUMBERS.get(found[1].lower()) or int(found[1]) if found else 1)


def _over(item: Line, limits: list[Cap], notes: Notebook) -> list[str]:
    cap = _cap_for(item, limits)
    if cap is None or item.amount is None or item.amount.value <= (most := _allowed(item, cap)):
        return []
    return [
        f"{said(item.amount.value - most)} over its limit of {said(most)}: “{line(cap.sentence, 120)}” {notes.cite_sentence(cap.sentence)}".strip()
    ]


def _daily(lines: list[Line], limits: list[Cap], notes: Notebook) -> None:
    """Several lines that together pass a limit for a day, which none of them passes alone."""
    groups: dict[tuple[str, date, str], list[Line]] = defaultdict(list)
    for item in lines:
        cap = _cap_for(item, limits)
        if cap and item.on and item.amount and re.search(r"per day|daily|a day", cap.sentence, re.IGNORECASE):
            groups[(item.person.lower(), item.on, cap.sentence)].append(item)
    for (_, _, sentence), group in groups.items():
        total = sum(i.amount.value for i in group if i.amount)
        cap = _cap_for(group[0], limits)
        if (
            cap
            and len(group) > 1
            and total > cap.value
            and not any("over its limit" in f for i in group for f in i.flags)
        ):
            group[-1].flags.append(
                f"{said(Decimal(total))} on one day, limit {said(cap.value)}: “{line(sentence, 120)}” {notes.cite_sentence(sentence)}".strip()
            )


def _twice(lines: list[Line]) -> None:
    seen: dict[tuple[object, ...], Line] = {}
    for item in lines:
        key = (
            item.on,
            item.amount.value if item.amount else item.raw,
            re.sub(r"\W+", "", (item.merchant or item.category).lower()),
        )
        first = seen.setdefault(key, item)
        if first is not item and item.amount:
            same = first.person.lower() == item.person.lower()
            item.flags.append(f"same as line {first.number}" + ("" if same else f", claimed by {first.person}"))


def _cleared(case: Case, lines: list[Line]) -> list[str]:
    """Flags taken off where a note that was given approves the line; a duplicate stays one."""
    cleared = []
    for sentence in split(case.given("policy_notes")):
        if not re.search(
            r"\b(?:approved|allowed|agreed|fine|ok|okay|genehmigt|akkoord)\b", sentence, re.IGNORECASE
        ) or re.search(r"\bnot\b", sentence, re.IGNORECASE):
            continue
        days, about = {f.on for f in find_dates(sentence, today=case.today)}, _stems(sentence)
        for item in lines:
            named = _stems(" ".join((item.category, item.merchant, item.person))) & about
            if item.flags and named and (item.on in days if days else True):
                item.flags = [f for f in item.flags if f.startswith("same as")]
                cleared.append(f"{item.shown}: “{line(sentence, 160)}”")
    return cleared
