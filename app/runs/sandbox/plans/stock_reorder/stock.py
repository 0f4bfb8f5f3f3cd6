"""A stock list, and the orders that follow from it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from app.runs.sandbox.plans.stock_reorder.order import Order, Row
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.tables import Table, with_roles, without_totals

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
_NAMING = (
    "article",
    "artikel",
    "item",
    "product",
    "name",
    "description",
    "bezeichnung",
    "omschrijving",
    "désignation",
    "no",
    "nr",
    "number",
)
"""Headings that stand over a product's number as well as over its name."""
_CODE = re.compile(r"[A-Z]{0,4}[-. ]?\d[\w./-]*", re.IGNORECASE)
_NUMBERS = ("on_hand", "on_order", "point", "target", "quantity", "pack", "cost")
Numbers = dict[str, Decimal | None]


@dataclass
class Stock:
    """The orders that follow from a list, what is not clear in it, and how many products were looked at."""

    by_supplier: dict[str, Order] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    products: int = 0

    @property
    def orders(self) -> list[Order]:
        return list(self.by_supplier.values())

    def doubt(self, sentence: str) -> None:
        """Note once what is not clear."""
        if sentence not in self.doubts:
            self.doubts.append(sentence)

    def order_from(self, supplier: str) -> Order:
        """The supplier's order so far."""
        return self.by_supplier.setdefault(supplier.casefold(), Order(supplier))


def read_stock(tables: Sequence[Table], fallback_email: str) -> Stock:
    """The stock in all tables that have it; orders without an address go to the fallback."""
    stock = Stock()
    for table in (without_totals(_with_sku(with_roles(t, _COLUMNS))) for t in tables):
        if {"on_hand", "point"} <= table.roles.keys():
            _read(table, stock)
    for order in stock.orders:
        order.email = order.email or fallback_email
    return stock


def _with_sku(table: Table) -> Table:
    """With the column of numbers as the SKU, where "Article" or the like heads it beside one with names."""
    if "sku" in table.roles or "product" not in table.roles:
        return table
    taken = {place for role, place in table.roles.items() if role != "product"}
    naming = [i for i, head in enumerate(table.header) if i not in taken and head.lower().strip(" .:#") in _NAMING]
    codes = [i for i in naming if _is_codes(table, i)]
    names = [i for i in [table.roles["product"], *naming] if i not in codes]
    if codes and names:
        table.roles |= {"sku": codes[0], "product": names[0]}
    return table


def _is_codes(table: Table, place: int) -> bool:
    cells = [row[place].strip() for row in table.rows if place < len(row) and row[place].strip()]
    return bool(cells) and all(_CODE.fullmatch(cell) for cell in cells)


def _read(table: Table, stock: Stock) -> None:
    numbers = {role: table.numbers(role) for role in _NUMBERS}
    for i in range(len(table.rows)):
        if name := table.cell(i, "product") or table.cell(i, "sku"):
            stock.products += 1
            _take(table, i, name, {role: column[i] for role, column in numbers.items()}, stock)


def _take(table: Table, i: int, name: str, n: Numbers, stock: Stock) -> None:
    """Order the product when it is at or below its reorder point."""
    on_hand, point = n["on_hand"], n["point"]
    if on_hand is None or point is None:
        stock.doubt(f"{name}: {'stock on hand' if on_hand is None else 'reorder point'} is missing or no number.")
        return
    have = on_hand + (n["on_order"] or 0)
    wanted = _quantity(have, n) if have <= point else None
    if wanted is not None:
        row = Row(table.cell(i, "sku"), name, f"{wanted:f}", f"{have.normalize():f}", f"{point.normalize():f}")
        order = stock.order_from(table.cell(i, "supplier") or "Supplier not named")
        order.email = order.email or next(iter(find_emails(table.cell(i, "supplier_email"))), "")
        order.add(row, wanted, n["cost"])
    elif have <= point:
        low = f"{name} is at {have.normalize():f}, at or below {point.normalize():f}"
        stock.doubt(f"{low}, but there is no target or order quantity.")


def _quantity(have: Decimal, n: Numbers) -> Decimal | None:
    """Up to the target, else the order quantity; in full packs. None when the list names neither."""
    target, fixed = n["target"], n["quantity"]
    lacking = target - have if target is not None and target > have else fixed
    if lacking is None or lacking <= 0:
        return None
    pack = n["pack"] if n["pack"] and n["pack"] > 0 else Decimal(1)
    return (lacking / pack).to_integral_value(ROUND_CEILING) * pack.quantize(Decimal(1), ROUND_CEILING)
