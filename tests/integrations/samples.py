"""Files for tests, good and bad, made here and now."""

import io
import struct
import zipfile

import docx
import openpyxl
from pypdf import PdfReader, PdfWriter
from werkzeug.datastructures import FileStorage


def upload(name: str, content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def a_pdf(*pages: str) -> bytes:
    """A PDF with one line of text on each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        kids.append(f"{len(objects) + 1} 0 R")
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {len(objects)} 0 R >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _assembled(objects)


def _assembled(objects: list[str]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    return out + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


def a_locked_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(a_pdf("secret"))))
    writer.encrypt("password", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def a_docx() -> bytes:
    """Two sections and a table."""
    document = docx.Document()
    document.add_heading("Refunds", 1)
    document.add_paragraph("Refunds over 500 euros need a second signature.")
    document.add_heading("Delivery", 1)
    document.add_paragraph("We deliver on weekdays.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Zone", "Two days"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def an_xlsx(rows: list[list[object]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    for row in rows or [["Order", "Total"], ["A-1", 18.5], ["A-2", 20]]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """The same archive with one part more, or another in its place."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def a_bomb() -> bytes:
    """A DOCX of a few kilobytes that unpacks to 40 MB."""
    return with_part(a_docx(), "word/media/image1.png", b"\0" * 40_000_000)


def a_lying_bomb() -> bytes:
    """The same, with a directory that says the part is small."""
    content = bytearray(a_bomb())
    size = struct.pack("<I", 40_000_000)
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = struct.pack("<I", 1_000)
    return bytes(content)


def a_crowd() -> bytes:
    """An archive with far too many parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
        for number in range(2_100):
            archive.writestr(f"word/{number}.xml", "")
    return out.getvalue()


def a_locked_office() -> bytes:
    """The start of an encrypted Office file: an OLE container that names its package."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 400


def laughs(encoding: str = "utf-8") -> bytes:
    """An entity that doubles itself."""
    lines = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 20))
    return f'<!DOCTYPE x [<!ENTITY a0 "ha">{lines}]><x>&a19;</x>'.encode(encoding)
