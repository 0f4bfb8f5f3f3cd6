"""What one supplier is asked for."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.runs.sandbox.reading.amounts import said


class Row(NamedTuple):
    """A product to order, as the answer shows it."""

    sku: str
    product: str
    quantity: str
    have: str
    """In stock and on order."""
    point: str

    @property
    def listed(self) -> str:
        return f"- {self.quantity} x {self.product}" + (f" ({self.sku})" if self.sku else "")


@dataclass
class Order:
    supplier: str
    email: str = ""
    rows: list[Row] = field(default_factory=list)
    value: Decimal = Decimal(0)
    priced: bool = True
    """Whether the list has a cost for every product."""
    short: str = ""
    """That it does not come to the supplier's minimum, in words."""

    @property
    def listed(self) -> str:
        return "\n".join(row.listed for row in self.rows)

    @property
    def worth(self) -> str:
        return f"Worth {said(self.value)} at the unit costs in the list." if self.value and self.priced else ""

    def add(self, row: Row, quantity: Decimal, cost: Decimal | None) -> None:
        """Ask for a product as well. `cost` is for one of it."""
        self.rows.append(row)
        self.value += quantity * (cost or 0)
        self.priced = self.priced and cost is not None
