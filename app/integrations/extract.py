"""Reading accepted files: text with its place, and tables. Bounded in pages, rows, characters and time."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import openpyxl
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph
from pypdf import PdfReader

from app.errors import DomainError
from app.integrations import kinds

MAX_CHARS = 2_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL = 2_000
MAX_SECONDS = 60
Passages = Iterator[tuple[str, str]]


class Unreadable(DomainError):
    """The file was accepted but its content cannot be read; says why."""

    status = 422
    sentence = "This file is broken and cannot be read. Export it again and add it again."


@dataclass(frozen=True)
class Table:
    """A sheet or a CSV: its header and its rows, all as text."""

    name: str
    columns: list[str]
    rows: list[tuple[int, list[str]]]
    """(row number as the spreadsheet shows it, cells)."""


def passages(path: Path, media_type: str) -> Passages:
    """Yield (place, text) in reading order: "page 3", "section Refunds", "row 12".

    Stops after MAX_CHARS. Raises Unreadable.
    """
    left, end = MAX_CHARS, time.monotonic() + MAX_SECONDS
    try:
        for place, text in READERS[media_type](path):
            plain = _plain(text)[:left]
            if plain:
                yield place[:200], plain
            left -= len(plain)
            if left <= 0:
                return
            if time.monotonic() > end:
                raise Unreadable("Reading this file takes too long. Split it and add the parts.")
    except Unreadable:
        raise
    except Exception as error:  # the parsers raise almost anything on broken input
        raise Unreadable() from error


def parts_total(path: Path, media_type: str) -> int:
    """How many pages a PDF has; 0 where nobody knows before reading."""
    if media_type != kinds.PDF.media_type:
        return 0
    try:
        return len(_pdf(path).pages)
    except Exception as error:
        raise Unreadable() from error


def tables(path: Path, media_type: str) -> list[Table]:
    """The sheets of an XLSX or the one table of a CSV; nothing for other kinds. Raises Unreadable."""
    try:
        if media_type == kinds.CSV.media_type:
            return [_table("", enumerate(_csv_rows(path), 1))]
        if media_type == kinds.XLSX.media_type:
            return [_table(name, rows) for name, rows in _sheets(path)]
    except Exception as error:
        raise Unreadable() from error
    return []


def _table(name: str, numbered: Any) -> Table:
    filled = [(number, cells) for number, cells in numbered if any(cells)]
    header = filled[0][1] if filled else []
    columns = [cell or f"column {index}" for index, cell in enumerate(header, 1)]
    return Table(name, columns, filled[1:])


def _read_pdf(path: Path) -> Passages:
    for number, page in enumerate(_pdf(path).pages[: kinds.MAX_PAGES], 1):
        yield f"page {number}", page.extract_text()


def _pdf(path: Path) -> PdfReader:
    reader = PdfReader(path)
    if reader.is_encrypted:
        reader.decrypt("")
    return reader


def _read_docx(path: Path) -> Passages:
    section, lines = "start", list[str]()
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Paragraph) and (
            block.style is not None and (block.style.name or "").startswith("Heading")
        ):
            yield _section(section), "\n\n".join(lines)
            section, lines = block.text.strip() or section, [block.text.strip()]
        elif isinstance(block, DocxTable):
            lines += [" | ".join(cell.text.strip() for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    yield _section(section), "\n\n".join(lines)


def _read_sheet(path: Path) -> Passages:
    for table in tables(path, kinds.XLSX.media_type):
        for number, cells in table.rows:
            yield f"sheet {table.name}, row {number}", _row_words(table.columns, cells)


def _read_csv(path: Path) -> Passages:
    for table in tables(path, kinds.CSV.media_type):
        for number, cells in table.rows:
            yield f"row {number}", _row_words(table.columns, cells)


def _read_markdown(path: Path) -> Passages:
    section, lines, fenced = "start", list[str](), False
    for line in _text(path).splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else re.match(r"#{1,6}\s+(.{1,150})", line)
        if heading:
            yield _section(section), "\n".join(lines)
            section, lines = heading.group(1).strip(" #"), []
        lines.append(line)
    yield _section(section), "\n".join(lines)


def _read_text(path: Path) -> Passages:
    for number, block in enumerate(filter(str.strip, re.split(r"\n[ \t]*\n", _text(path))), 1):
        yield f"paragraph {number}", block


READERS: dict[str, Callable[[Path], Passages]] = {
    kinds.PDF.media_type: _read_pdf,
    kinds.DOCX.media_type: _read_docx,
    kinds.XLSX.media_type: _read_sheet,
    kinds.CSV.media_type: _read_csv,
    kinds.MARKDOWN.media_type: _read_markdown,
    kinds.TEXT.media_type: _read_text,
}


def _csv_rows(path: Path) -> Iterator[list[str]]:
    text = _text(path)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:8_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), dialect)):
        if number > MAX_ROWS:
            return
        yield [_plain(cell)[:MAX_CELL] for cell in row[:MAX_COLUMNS]]


def _sheets(path: Path) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    with path.open("rb") as source:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
        for sheet in book.worksheets[:20]:
            sheet.reset_dimensions()  # a hostile dimension makes openpyxl pad every row to it
            rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
            yield sheet.title, [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, 1)]
        book.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return _plain(str(value))[:MAX_CELL]


def _row_words(columns: list[str], cells: list[str]) -> str:
    named = zip(columns + [f"column {n}" for n in range(len(columns) + 1, len(cells) + 1)], cells, strict=False)
    return "; ".join(f"{column}: {cell}" for column, cell in named if cell)


def _text(path: Path) -> str:
    text = kinds.decoded(path.read_bytes())
    if text is None:
        raise Unreadable()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _section(name: str) -> str:
    return "the start" if name == "start" else f"section {name}"


def _plain(text: str) -> str:
    """Without what databases and readers cannot show."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", "", text).strip()
