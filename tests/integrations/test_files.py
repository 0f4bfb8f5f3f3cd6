"""Accepting files: by their bytes, within limits, and with a reason when not."""

from typing import Any

import pytest
from flask import Flask

from app.db import db
from app.errors import Invalid
from app.integrations import files, queries
from app.integrations.kinds import FileRefused, sniff
from tests.factories import a_member, a_run
from tests.integrations import samples
from tests.integrations.samples import upload

GOOD = {
    "a.pdf": samples.a_pdf("hello"),
    "a.docx": samples.a_docx(),
    "a.xlsx": samples.an_xlsx(),
    "a.csv": b"a,b\n1,2\n",
    "a.md": "# Über\n\ntext".encode(),
    "a.txt": "Grüße".encode("cp1252"),
    "b.txt": "\ufeffhello".encode("utf-16"),
    "UPPER.PDF": samples.a_pdf("hello"),
}
BAD = {
    "empty.txt": (b"", "is empty"),
    "blank.txt": (b" \n\n ", "is empty"),
    "large.txt": (b"x" * (files.MAX_BYTES + 1), "larger than 10 MB"),
    "program.exe": (b"MZ\x90\x00", "not a kind of file"),
    "page.html": (b"<script>alert(1)</script>", "not a kind of file"),
    "noname": (b"hello", "not a kind of file"),
    "fake.pdf": (b"hello", "is not PDF inside"),
    "fake.txt": (samples.a_pdf("x"), "is not plain text inside"),
    "binary.txt": (bytes(range(256)), "is not plain text inside"),
    "noise.txt": (b"\x01\x02\x03\x04" * 100, "is not plain text inside"),
    "sheet.docx": (samples.an_xlsx(), "is not DOCX inside"),
    "zip.docx": (samples.with_part(b"PK\x05\x06" + b"\0" * 18, "readme.txt", b"hi"), "is not DOCX inside"),
    "broken.pdf": (b"%PDF-1.4\n" + b"garbage" * 50, "is broken"),
    "cut.pdf": (samples.a_pdf("hello")[:60], "is broken"),
    "broken.docx": (b"PK\x03\x04" + b"garbage" * 50, "is broken"),
    "cut.xlsx": (samples.an_xlsx()[:-200], "is broken"),
    "locked.pdf": (samples.a_locked_pdf(), "locked with a password"),
    "locked.docx": (samples.a_locked_office(), "locked with a password"),
    "old.xlsx": (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 500, "old Office format"),
    "bomb.docx": (samples.a_bomb(), "unpacks to far more"),
    "lying.docx": (samples.a_lying_bomb(), "is broken"),
    "crowd.docx": (samples.a_crowd(), "unpacks to far more"),
    "laughs.docx": (samples.with_part(samples.a_docx(), "word/document.xml", samples.laughs()), "definitions"),
    "wide.docx": (samples.with_part(samples.a_docx(), "word/document.xml", samples.laughs("utf-16")), "definitions"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_kept_whole(app: Flask, name: str) -> None:
    stored = files.store(upload(name, GOOD[name]))

    assert files.path_of(stored.sha256).read_bytes() == GOOD[name]
    assert stored.name == name


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_says_why_it_was_not_taken(app: Flask, name: str) -> None:
    content, reason = BAD[name]

    with pytest.raises(FileRefused) as refused:
        files.store(upload(name, content))

    assert reason in refused.value.sentence
    assert f"“{name}”" in refused.value.sentence


def test_a_pdf_of_too_many_pages_is_refused(app: Flask) -> None:
    with pytest.raises(FileRefused, match="501 pages"):
        sniff("long.pdf", samples.a_pdf(*["x"] * 501))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\report.pdf", "report.pdf"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert files.plain_name(given) == kept


def test_more_than_ten_files_are_refused() -> None:
    with pytest.raises(Invalid, match="at most 10"):
        files.given([upload(f"{n}.txt", b"x") for n in range(11)])


def test_an_empty_file_input_is_no_file() -> None:
    assert files.given([upload("", b"")]) == []


def test_a_digest_is_no_path(app: Flask) -> None:
    with pytest.raises(ValueError):
        files.path_of("../../etc/passwd")


def test_a_run_finds_its_own_files_only(app: Flask) -> None:
    mine, other = a_run(), a_run()
    kept = files.keep(upload("a.txt", b"hello"), workspace_id=mine.workspace_id, field="files")
    files.attach([kept], run_id=mine.id)
    db.session.commit()

    assert queries.attachments_of_run(mine.workspace_id, mine.id) == [kept]
    assert queries.attachments_of_run(other.workspace_id, mine.id) == []


def test_a_file_downloads_for_its_workspace_alone(app: Flask, browser_of: Any) -> None:
    member, stranger = a_member(), a_member()
    kept = files.keep(upload("a.txt", b"<script>hello"), workspace_id=member.workspace_id, field="files")
    db.session.commit()

    page = browser_of(member.user).get(f"/w/{member.workspace.slug}/attachments/{kept.public_id}")

    assert page.body == b"<script>hello"
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert browser_of(stranger.user).get(f"/w/{stranger.workspace.slug}/attachments/{kept.public_id}").status == 404
