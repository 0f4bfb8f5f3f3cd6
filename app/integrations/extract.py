"""Reading accepted files: text with its place, and tables. Bounded in pages, rows, cells, characters, time and memory.

PDF, DOCX and XLSX are read by a process of their own (reader.py says why), which the kernel ends when it
takes more than 5 s of processor time (30 ms more for each page of a PDF) or 200 MB. Text and CSV are read
here, in time and memory that grow with the file and no faster. What is beyond a bound of size is left out;
what takes too much is refused in words, and other files go on.
"""

import csv
import io
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from app.errors import DomainError, Unavailable
from app.integrations import kinds, reading
from app.integrations.reader import MAX_CELL, MAX_CELLS, MAX_CHARS, MAX_COLUMNS, MAX_ROWS

MAX_TEXT = 2 * MAX_CHARS
MAX_PASSAGES = 20_000
MAX_SECONDS = 60
"""For a reader that stops in between to write down what was read."""
Passages = Iterator[tuple[str, str]]
Numbered = Iterable[tuple[int, list[str]]]
TOO_MUCH = "Reading this file takes too much time or memory. Split it and add the parts."


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

    Stops after MAX_CHARS or MAX_PASSAGES. Raises Unreadable.
    """
    left, end = MAX_CHARS, time.monotonic() + MAX_SECONDS
    for place, text in islice(_guarded(READERS[media_type], path), MAX_PASSAGES):
        plain = _plain(text[:left])
        if plain:
            yield place[:200], plain
        left -= len(plain)
        if left <= 0:
            return
        if time.monotonic() > end:
            raise Unreadable(TOO_MUCH)


def parts_total(path: Path, media_type: str) -> int:
    """How many pages a PDF has; 0 where nobody knows before reading."""
    if media_type != kinds.PDF.media_type:
        return 0
    with path.open("rb") as file:
        return next(_guarded(lambda found: iter([reading.pages(found)]), file))


def tables(path: Path, media_type: str) -> list[Table]:
    """The sheets of an XLSX or the one table of a CSV; nothing for other kinds. Raises Unreadable.

    Leaves out what is beyond MAX_ROWS of a sheet, and MAX_CELLS or MAX_TEXT characters of a file.
    """
    return list(_guarded(TABLES.get(media_type, lambda _: iter(())), path))


def _guarded(read: Callable[[Any], Iterator[Any]], source: Any) -> Iterator[Any]:
    """What `read` yields; whatever stops it is Unreadable."""
    try:
        yield from read(source)
    except (Unreadable, Unavailable):
        raise
    except reading.Unread as stopped:
        raise Unreadable(TOO_MUCH if stopped.why in ("slow", "large") else None) from stopped
    except Exception as error:
        raise Unreadable() from error


def _table(name: str, numbered: Numbered) -> Table:
    """A table of the rows that hold something, within its bounds; the first of them is its header."""
    filled, cells_left, chars_left = list[tuple[int, list[str]]](), MAX_CELLS, MAX_TEXT
    for number, cells in numbered:
        if not any(cells):
            continue
        filled.append((number, cells))
        cells_left -= len(cells)
        chars_left -= sum(map(len, cells))
        if number > MAX_ROWS or min(cells_left, chars_left) <= 0:
            break
    header = filled[0][1] if filled else []
    columns = [cell or f"column {index}" for index, cell in enumerate(header, 1)]
    return Table(name, columns, filled[1:])


def _read_pdf(path: Path) -> Passages:
    for line in reading.lines("read pdf", path):
        if isinstance(line, list):
            yield line[0], line[1]


def _read_docx(path: Path) -> Passages:
    section, lines = "start", list[str]()
    for kind, text in reading.lines("read docx", path):
        if kind == "heading":
            yield _section(section), "\n\n".join(lines)
            section, lines = text.strip() or section, []
            text = text.strip()
        lines.append(text)
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
    for line in io.StringIO(_text(path)):
        line = line.removesuffix("\n")
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else re.match(r"#{1,6}\s+(.{1,150})", line)
        if heading:
            yield _section(section), "\n".join(lines)
            section, lines = heading.group(1).strip(" #"), []
        lines.append(line)
    yield _section(section), "\n".join(lines)


def _read_text(path: Path) -> Passages:
    text, start, number = _text(path), 0, 0
    for gap in re.finditer(r"\n[ \t]*\n|\Z", text):
        block, start = text[start : gap.start()], gap.end()
        if block.strip():
            number += 1
            yield f"paragraph {number}", block


READERS: dict[str, Callable[[Path], Passages]] = {
    kinds.PDF.media_type: _read_pdf,
    kinds.DOCX.media_type: _read_docx,
    kinds.XLSX.media_type: _read_sheet,
    kinds.CSV.media_type: _read_csv,
    kinds.MARKDOWN.media_type: _read_markdown,
    kinds.TEXT.media_type: _read_text,
}


def _csv_table(path: Path) -> Iterator[Table]:
    yield _table("", enumerate(_csv_rows(path), 1))


def _sheets(path: Path) -> Iterator[Table]:
    """The sheets one after the other: the reader says a sheet's name, then its rows."""
    name, rows = "", list[tuple[int, list[str]]]()
    for line in reading.lines("read xlsx", path):
        if isinstance(line, list):
            rows.append((line[0], [_plain(cell) for cell in line[1]]))
            continue
        if name:
            yield _table(name, _even(rows))
        name, rows = line, []
    if name:
        yield _table(name, _even(rows))


def _even(rows: list[tuple[int, list[str]]]) -> Numbered:
    """Rows of one length; the reader leaves out what is empty at their ends."""
    width = max((len(cells) for _, cells in rows), default=0)
    return ((number, cells + [""] * (width - len(cells))) for number, cells in rows)


TABLES: dict[str, Callable[[Path], Iterator[Table]]] = {
    kinds.CSV.media_type: _csv_table,
    kinds.XLSX.media_type: _sheets,
}


def _csv_rows(path: Path) -> Iterator[list[str]]:
    text = _text(path)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4_000], delimiters=",;\t|")  # takes its time by the square
    except csv.Error:
        dialect = csv.excel
    for row in csv.reader(io.StringIO(text, newline=""), dialect):
        yield [_plain(cell[:MAX_CELL]) for cell in row[:MAX_COLUMNS]]


def _row_words(columns: list[str], cells: list[str]) -> str:
    named = zip(columns + [f"column {n}" for n in range(len(columns) + 1, len(cells) + 1)], cells, strict=False)
    return "; ".join(f"{column}: {cell}" for column, cell in named if cell)


def _text(path: Path) -> str:
    text = kinds.decoded(path.read_bytes())
    if text is None:
        raise Unreadable()
    return text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n")


def _section(name: str) -> str:
    return "the start" if name == "start" else f"section {name}"


def _plain(text: str) -> str:
    """Without what databases and readers cannot show."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", "", text).strip()
