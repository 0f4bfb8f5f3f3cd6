"""Reading accepted files: text with its place, tables, and bounds."""

from pathlib import Path

import pytest
from flask import Flask

from app.integrations import extract, files
from tests.integrations import samples
from tests.integrations.samples import upload


def kept(name: str, content: bytes) -> tuple[Path, str]:
    stored = files.store(upload(name, content))
    return files.path_of(stored.sha256), stored.media_type


def test_a_pdf_is_read_page_by_page(app: Flask) -> None:
    assert list(extract.passages(*kept("a.pdf", samples.a_pdf("first", "second")))) == [
        ("page 1", "first"),
        ("page 2", "second"),
    ]


def test_a_docx_is_read_by_its_headings_and_tables(app: Flask) -> None:
    found = dict(extract.passages(*kept("a.docx", samples.a_docx())))

    assert "second signature" in found["section Refunds"]
    assert "Zone | Two days" in found["section Delivery"]


def test_markdown_is_read_by_its_headings_and_not_by_code(app: Flask) -> None:
    found = list(extract.passages(*kept("a.md", b"intro\n\n# One\n\ntext\n\n```\n# no heading\n```\n## Two\n\nmore")))

    assert [place for place, _ in found] == ["the start", "section One", "section Two"]


def test_text_is_read_by_paragraphs(app: Flask) -> None:
    assert list(extract.passages(*kept("a.txt", b"one\r\n\r\n\r\ntwo"))) == [
        ("paragraph 1", "one"),
        ("paragraph 2", "two"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_whatever_separates_it(app: Flask, separator: str) -> None:
    lines = [("order", "total"), ("A-1", "18.50"), ("A-2", "20")]

    [table] = extract.tables(*kept("a.csv", "\n".join(separator.join(line) for line in lines).encode()))

    assert table.columns == ["order", "total"]
    assert table.rows == [(2, ["A-1", "18.50"]), (3, ["A-2", "20"])]


def test_a_sheet_is_read_with_its_row_numbers(app: Flask) -> None:
    found = list(extract.passages(*kept("a.xlsx", samples.an_xlsx())))

    assert found[0] == ("sheet Orders, row 2", "Order: A-1; Total: 18.5")


def test_a_sheet_that_claims_every_column_reads_quickly(app: Flask) -> None:
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    sheet += b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    sheet += b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    path, kind = kept("a.xlsx", samples.with_part(samples.an_xlsx(), "xl/worksheets/sheet1.xml", sheet))

    [table] = extract.tables(path, kind)

    assert table.columns == ["1"] + [f"column {n}" for n in range(2, len(table.columns) + 1)]


def test_reading_stops_at_the_character_limit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "MAX_CHARS", 50)

    found = list(extract.passages(*kept("a.txt", b"\n\n".join([b"x" * 40] * 10))))

    assert sum(len(text) for _, text in found) == 50


def test_control_characters_do_not_reach_the_text(app: Flask) -> None:
    [(_, text)] = extract.passages(*kept("a.txt", ("a\u202eb\x0bc" + "d" * 100).encode()))

    assert text == "abc" + "d" * 100
