"""Small files that ask for everything: read or refused in words, soon, and without taking our memory."""

import io
import os
import signal
import threading
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import docx
import pytest
from flask import Flask

from app.errors import DomainError
from app.integrations import extract, files, reader, reading
from app.integrations.kinds import FileRefused
from tests.integrations import samples
from tests.integrations.samples import upload

SECONDS = 25
"""On a machine that does other things too; the reader's own processor time is bounded at 5 to 8."""
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
NOISE = os.urandom(400_000)
"""Keeps the ratio of a bomb below what its directory gives away."""


def a_docx(body: str) -> bytes:
    document = f"<w:document {WORD}><w:body>{body}</w:body></w:document>".encode()
    return samples.with_part(
        samples.with_part(samples.a_docx(), "word/document.xml", document), "word/media/1.png", NOISE
    )


def a_span(columns: int) -> bytes:
    """One cell that says it is as wide as this many."""
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{columns}"/></w:tcPr><w:p><w:r><w:t>Zone</w:t></w:r></w:p></w:tc>'
    return a_docx(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")


def an_xlsx(rows: str, shared: str = "") -> bytes:
    book = samples.an_xlsx()
    sheet = f"<worksheet {SHEET}><sheetData>{rows}</sheetData></worksheet>".encode()
    book = samples.with_part(book, "xl/worksheets/sheet1.xml", sheet)
    if shared:
        strings = f"<sst {SHEET}><si><t>{shared}</t></si></sst>".encode()
        book = samples.with_part(book, "xl/sharedStrings.xml", strings)
        book = samples.with_part(book, "[Content_Types].xml", _with_shared(book))
    return samples.with_part(book, "xl/media/1.png", NOISE)


def _with_shared(book: bytes) -> bytes:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        types = archive.read("[Content_Types].xml")
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%b"/></Types>' % kind
    return types if kind in types else types.replace(b"</Types>", part)


def a_tree(levels: int, width: int) -> bytes:
    """A PDF whose one page is reached on width to the power of levels ways."""
    nodes = [f"<< /Type /Pages /Count 1 /Kids [{' '.join([f'{level + 3} 0 R'] * width)}] >>" for level in range(levels)]
    page = "<< /Type /Page /MediaBox [0 0 9 9] >>"
    return samples._assembled(["<< /Type /Catalog /Pages 2 0 R >>", *nodes, page])


def a_long_page() -> bytes:
    """A page of two million words in 100 kB."""
    packed = zlib.compress(b"BT /F1 12 Tf (A) Tj ET\n" * 2_000_000, 9).decode("latin-1")
    stream = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n{packed}\nendstream"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    pdf = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, stream]
    return (
        b"%PDF-1.4\n"
        + b"".join(f"{n} 0 obj\n{o}\nendobj\n".encode("latin-1") for n, o in enumerate(pdf, 1))
        + (b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")
    )


HOSTILE = {
    "span.docx": lambda: a_span(2_000_000_000),
    "elements.docx": lambda: a_docx("<w:p/>" * 3_000_000),
    "cells.docx": lambda: a_docx("<w:tbl><w:tr>" + "<w:tc><w:p/></w:tc>" * 1_000_000 + "</w:tr></w:tbl>"),
    "shared.xlsx": lambda: an_xlsx(("<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>") * 2_000, "words " * 160_000),
    "row.xlsx": lambda: an_xlsx("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>"),
    "rows.xlsx": lambda: an_xlsx("<row/>" * 2_500_000),
    "tree.pdf": lambda: a_tree(8, 30),
    "long.pdf": a_long_page,
    "commas.csv": lambda: b"," * 9_000_000,
    "cells.csv": lambda: b"ab," * 3_000_000,
    "quotes.csv": lambda: b',"' * 4_000_000,
    "blocks.txt": lambda: b"a\n\n" * 3_000_000,
    "headings.md": lambda: b"# a\n" * 2_000_000,
}


class Watch:
    """The most memory that a reading child uses meanwhile."""

    def __enter__(self) -> "Watch":
        self.most, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            process = reading._reader._process
            self.most = max([self.most, *map(_resident, _children(process.pid))] if process else [self.most])


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def _resident(pid: str) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def everything(name: str, content: bytes) -> list[Any]:
    """All that can be asked of a file, from upload to its tables."""
    stored = files.store(upload(name, content))
    path = files.path_of(stored.sha256)
    extract.parts_total(path, stored.media_type)
    return extract.tables(path, stored.media_type) or list(extract.passages(path, stored.media_type))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_refused_soon_and_within_its_memory(app: Flask, name: str) -> None:
    content, began = HOSTILE[name](), time.monotonic()
    assert len(content) < files.MAX_BYTES

    with Watch() as watch:
        try:
            everything(name, content)
        except DomainError as refused:
            assert refused.status == 422 and refused.sentence.endswith(".")

    assert time.monotonic() - began < SECONDS
    assert watch.most < 260 * 1024 * 1024


def test_a_cell_as_wide_as_it_likes_is_read_once(app: Flask) -> None:
    assert everything("span.docx", a_span(350_000)) == [("the start", "Zone")]


def test_a_long_shared_string_is_cut_in_each_cell(app: Flask) -> None:
    [table] = everything("a.xlsx", an_xlsx('<row><c t="s"><v>0</v></c></row>' * 3, "words " * 1_000))

    assert [len(cells[0]) for _, cells in table.rows] == [2_000, 2_000]


def test_a_tree_of_pages_that_only_looks_endless_is_refused_by_its_pages(app: Flask) -> None:
    with pytest.raises(FileRefused, match="more than 500 pages"):
        files.store(upload("tree.pdf", a_tree(8, 30)))


def test_a_refused_file_leaves_the_next_one_alone(app: Flask) -> None:
    with pytest.raises(extract.Unreadable, match="too much time or memory|broken"):
        everything("elements.docx", a_docx("<w:p/>" * 3_000_000))

    assert everything("a.pdf", samples.a_pdf("first")) == [("page 1", "first")]


def test_a_reader_that_was_killed_is_started_again(app: Flask) -> None:
    everything("a.pdf", samples.a_pdf("first"))
    process = reading._reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)

    assert everything("b.pdf", samples.a_pdf("second")) == [("page 1", "second")]


def test_reading_that_is_not_wanted_any_more_ends_its_child(app: Flask) -> None:
    stored = files.store(upload("a.pdf", samples.a_pdf(*["x" * 400] * 400)))
    found = extract.passages(files.path_of(stored.sha256), stored.media_type)
    next(found)
    found.close()  # type: ignore[attr-defined]
    end = time.monotonic() + 3
    process = reading._reader._process
    assert process is not None

    while _children(process.pid) and time.monotonic() < end:
        time.sleep(0.02)

    assert _children(process.pid) == []


def test_the_reader_knows_none_of_our_secrets(app: Flask) -> None:
    everything("a.pdf", samples.a_pdf("first"))
    process = reading._reader._process
    assert process is not None
    environment = Path(f"/proc/{process.pid}/environ")
    if not environment.exists():
        pytest.skip("only Linux shows it")

    names = {pair.partition(b"=")[0] for pair in environment.read_bytes().split(b"\0") if pair}

    assert names <= {b"PATH", b"LD_LIBRARY_PATH", b"LC_CTYPE"}


def test_the_sheet_limits_of_the_reader_hold_without_a_process() -> None:
    book = io.BytesIO(samples.an_xlsx([["a" * 5_000] + [1] * 300]))

    name, (number, cells) = reader.read_xlsx(book)

    assert (name, number, len(cells), len(cells[0])) == ("Orders", 1, reader.MAX_COLUMNS, reader.MAX_CELL)


def test_cells_of_a_table_stand_in_the_order_they_are_read(app: Flask) -> None:
    document = docx.Document()
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("One", "Two", "Three"), strict=True):
        cell.text = text
    table.rows[0].cells[0].merge(table.rows[0].cells[1])
    out = io.BytesIO()
    document.save(out)

    assert everything("a.docx", out.getvalue()) == [("the start", "One\nTwo | Three")]
