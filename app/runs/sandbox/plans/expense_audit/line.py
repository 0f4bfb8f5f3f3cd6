"""The claimed expenses, line by line."""

from dataclasses import dataclass, field
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.reading.amounts import Amount, said
from app.runs.sandbox.reading.dates import readable
from app.runs.sandbox.reading.tables import Table, guess_by_content, with_roles, without_totals
from app.runs.sandbox.sources import Sheet, tables_of

_COLUMNS = {
    "date": ("date", "datum", "day", "fecha", "spent on", "transaction date"),
    "amount": ("amount", "total", "gross", "betrag", "bedrag", "montant", "importe", "sum", "cost", "price", "value"),
    "currency": ("currency", "währung", "valuta", "devise", "cur", "ccy"),
    "person": ("employee", "person", "name", "claimant", "staff", "mitarbeiter", "medewerker", "employé", "who", "submitted by"),
    "category": ("category", "type", "kategorie", "categorie", "expense type", "kind", "catégorie", "art"),
    "merchant": ("merchant", "vendor", "supplier", "payee", "where", "shop", "händler", "place", "restaurant"),
    "receipt": ("receipt", "beleg", "bon", "attachment", "proof", "bonnetje", "reçu", "justificatif", "invoice"),
    "notes": ("notes", "note", "description", "comment", "purpose", "reason", "remarks", "bemerkung", "omschrijving", "details"),
}  # fmt: skip
_NO_RECEIPT = frozenset({
    "no", "n", "none", "missing", "false", "0", "nein", "nee", "non", "-", "—", "lost", "x", "✗", "no receipt", "not attached", "",
})  # fmt: skip


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
    """As the list has it; None when the list has no such column."""
    notes: str
    raw: str
    flags: list[str] = field(default_factory=list)

    @property
    def about(self) -> str:
        return " ".join(p for p in (self.category, self.notes) if p) or self.merchant

    @property
    def without_receipt(self) -> bool:
        """Whether the list says that there is none."""
        return self.receipt is not None and self.receipt.strip().lower() in _NO_RECEIPT

    @property
    def day(self) -> str:
        return readable(self.on) if self.on else ""

    @property
    def cost(self) -> str:
        return said(self.amount.value, self.amount.currency) if self.amount else ""

    @property
    def shown(self) -> str:
        parts = (self.day or "no date", self.person, self.category or self.merchant, self.cost or "no amount")
        return f"Line {self.number} ({', '.join(p for p in parts if p)})"

    @property
    def cells(self) -> list[str]:
        """Its row in the answer."""
        finding = "; ".join(self.flags) or "in order"
        return [str(self.number), self.day, self.person, self.category, self.cost, finding]


def expense_lines(case: Case, sheets: list[Sheet]) -> list[Line]:
    """The lines of every table with an amount column, in files and in what was pasted; totals left out."""
    lines: list[Line] = []
    for table in tables_of(sheets, case.given("expenses")):
        table = without_totals(guess_by_content(with_roles(table, _COLUMNS), today=case.today))
        if "amount" in table.roles:
            lines += _lines(table, case.today, len(lines))
    return lines


def _lines(table: Table, today: date, before: int) -> list[Line]:
    days, amounts = table.dates("date", today=today), table.amounts("amount")
    return [_line(table, i, before, days[i], amounts[i]) for i in range(len(table.rows))]


def _line(table: Table, i: int, before: int, on: date | None, amount: Amount | None) -> Line:
    return Line(
        number=before + i + 1,
        on=on,
        amount=_in_currency(amount, table.cell(i, "currency").upper()),
        person=table.cell(i, "person"),
        category=table.cell(i, "category"),
        merchant=table.cell(i, "merchant"),
        receipt=table.cell(i, "receipt") if "receipt" in table.roles else None,
        notes=table.cell(i, "notes"),
        raw="; ".join(table.rows[i]),
    )


def _in_currency(amount: Amount | None, currency: str) -> Amount | None:
    """With the currency of its column, where that names one."""
    if amount and len(currency) == 3 and currency.isalpha():
        return Amount(amount.value, currency, amount.text, 0, 0)
    return amount
