"""Tables: from CSV or pasted text, with columns found by their headings and by what stands in them."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.runs.sandbox.reading.amounts import Amount, decimal_mark_of, parse_amount, parse_number
from app.runs.sandbox.reading.dates import column_is_us, parse_date

Synonyms = Mapping[str, tuple[str, ...]]
_NUMBER = re.compile(r"\(?-?\d[\d.,'’\s\u00a0]*(?:-(?!\w))?\)?")
_TOTALS = re.compile(
    r"(?:grand |sub)?[ -]?totals?\b|sum\b|summe\b|gesamt|totaal|zwischensumme|subtotaal|suma\b", re.IGNORECASE
)
_CLAUSES = re.compile(r"[a-z]{2},? \w+ \w+ \w+.*[.!?]$")


@dataclass
class Table:
    """Rows under headings. Cells are text; ask a column for what it means."""

    header: list[str]
    rows: list[list[str]]
    title: str = ""
    roles: dict[str, int] = field(default_factory=dict)
    """What each found column is for, and its place."""

    def cell(self, row: int, role: str) -> str:
        """The text of a cell; empty when the table has no such column or the row is short."""
        place = self.roles.get(role)
        line = self.rows[row]
        return line[place].strip() if place is not None and place < len(line) else ""

    def column(self, role: str) -> list[str]:
        return [self.cell(i, role) for i in range(len(self.rows))]

    def numbers(self, role: str) -> list[Decimal | None]:
        """A column of numbers, read with the decimal mark that the whole column shows."""
        cells = self.column(role)
        mark = decimal_mark_of(cells)
        return [parse_number(_digits(c), mark) if c else None for c in cells]

    def amounts(self, role: str) -> list[Amount | None]:
        cells = self.column(role)
        mark = decimal_mark_of(cells)
        return [parse_amount(c, mark) if c else None for c in cells]

    def dates(self, role: str, *, today: date) -> list[date | None]:
        cells = self.column(role)
        us = column_is_us(cells)
        return [parse_date(c, today=today, us=us) if c else None for c in cells]


def _digits(cell: str) -> str:
    """The number in a cell like "12 pcs" or "€ 3,50"."""
    found = _NUMBER.search(cell)
    return found.group().strip() if found else cell


def of_lists(header: Sequence[object], rows: Sequence[Sequence[object]], title: str = "") -> Table:
    """A table as a reader of files returned it; a title line above the headings is skipped."""
    lines = [[_text(c) for c in header], *([_text(c) for c in row] for row in rows)]
    return _headed([line for line in lines if any(line)], title)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _headed(lines: list[list[str]], title: str) -> Table:
    """The first full line is the header."""
    width = max((sum(1 for c in line if c) for line in lines), default=0)
    for start, line in enumerate(lines[:6]):
        if sum(1 for c in line if c) >= max(2, width * 0.6):
            return Table(line, lines[start + 1 :], title)
    return Table([], lines, title)


def from_text(text: str, title: str = "") -> Table | None:
    """The table that pasted text holds (commas, semicolons, tabs, pipes), or None when it holds none."""
    lines = [line for line in text.strip("\ufeff\n").splitlines() if line.strip()]
    mark = _delimiter(lines)
    if not mark:
        return None
    body = [line.strip().strip("|") if mark == "|" else line for line in lines if line.count(mark)]
    rows = [[c.strip() for c in row] for row in csv.reader(io.StringIO("\n".join(body)), delimiter=mark)]
    rows = [r for r in rows if any(r) and not all(re.fullmatch(r":?-+:?", c) for c in r if c)]
    return _headed(rows, title) if len(rows) > 1 else None


def _delimiter(lines: list[str]) -> str:
    """The mark that splits most lines into the same number of cells; a comma inside numbers does not count."""
    best, score = "", 0.0
    for mark in "\t;|,":
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in lines[:60]]
        common = max(set(counts), key=counts.count, default=1)
        agreement = counts.count(common) / len(counts) if counts else 0
        if common > 1 and agreement >= 0.6 and counts.count(common) > 1 and agreement * min(common, 3) > score:
            best, score = mark, agreement * min(common, 3)
    return "" if best == "," and _is_prose(lines) else best


def _is_prose(lines: list[str]) -> bool:
    """Sentences with commas are not a table."""
    if any(cell.strip().endswith((".", "!", "?")) or len(cell.split()) > 5 for cell in lines[0].split(",")):
        return True
    return sum(1 for line in lines if _CLAUSES.search(line)) > len(lines) / 2


def with_roles(table: Table, synonyms: Synonyms) -> Table:
    """`table` with its columns named: an exact heading first, then one that contains the word."""
    heads = [re.sub(r"[^\w%#]+", " ", h.lower()).strip() for h in table.header]
    table.roles = {}
    for matches in (lambda head, word: head == word, _contains):
        for role, listed in synonyms.items():
            free = [i for i in range(len(heads)) if i not in table.roles.values()]
            place = next((i for word in listed for i in free if matches(heads[i], word)), None)
            if place is not None:
                table.roles.setdefault(role, place)
    return table


def _contains(head: str, word: str) -> bool:
    return bool(re.search(rf"(?:^| ){re.escape(word)}(?:$| |s$|s )", head))


def guess_by_content(table: Table, *, today: date) -> Table:
    """Name `date` and `amount` columns that have unheard-of headings by what stands in them."""
    for role, fits in (("date", lambda c: parse_date(c, today=today) is not None), ("amount", _is_amount)):
        if role in table.roles:
            continue
        for place in range(len(table.header)):
            cells = [r[place] for r in table.rows[:40] if place < len(r) and r[place]]
            if place not in table.roles.values() and cells and sum(map(fits, cells)) >= 0.8 * len(cells):
                table.roles[role] = place
                break
    return table


def _is_amount(cell: str) -> bool:
    return bool(re.search(r"\d[.,]\d{2}(?!\d)", cell) or re.search(r"[€$£¥]", cell)) and parse_amount(cell) is not None


def is_total_row(row: Sequence[str]) -> bool:
    """Whether a row sums up the ones above it."""
    first = next((c for c in row if c), "")
    return bool(_TOTALS.match(first))


def without_totals(table: Table) -> Table:
    """The table's own rows."""
    return Table(table.header, [r for r in table.rows if not is_total_row(r)], table.title, table.roles)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for the answer."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(c).replace("|", "/").replace("\n", " ") for c in line) + " |" for line in lines
    )
