"""An invoice as far as it could be read, and what does not agree."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.runs.sandbox.reading.amounts import said
from app.runs.sandbox.reading.dates import readable


class Row(NamedTuple):
    """A line of the invoice."""

    what: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


class Vat(NamedTuple):
    """A line with tax: its rate in percent and what it is reckoned on, where they stand there."""

    rate: Decimal | None
    base: Decimal | None
    amount: Decimal

    @property
    def shown(self) -> str:
        return said(self.amount) + (f" ({self.rate.normalize():f}%)" if self.rate is not None else "")


@dataclass
class Invoice:
    source: str
    text: str
    number: str = ""
    supplier: str = ""
    order: str = ""
    on: date | None = None
    due: date | None = None
    currency: str = ""
    rows: list[Row] = field(default_factory=list)
    subtotal: Decimal | None = None
    vat: list[Vat] = field(default_factory=list)
    total: Decimal | None = None
    deducted: Decimal = Decimal(0)
    """Discounts and deposits that its lines name, as one positive amount."""
    wrong: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"invoice {self.number}" if self.number else f"the invoice in {self.source}"


def facts(i: Invoice) -> list[str]:
    """What was read, line by line."""
    pairs = {
        "Supplier": i.supplier,
        "Purchase order": i.order,
        "Date": readable(i.on) if i.on else "",
        "Due": readable(i.due) if i.due else "",
        "Subtotal": said(i.subtotal, i.currency) if i.subtotal is not None else "",
        "VAT": ", ".join(v.shown for v in i.vat),
        "Total": said(i.total, i.currency) if i.total is not None else "",
    }
    return [f"{label}: {value}" for label, value in pairs.items() if value]
