"""What a file is, from its bytes: sniffed, bounded, and refused with a reason when it cannot be read safely."""

import io
import tempfile
import zipfile
from dataclasses import dataclass

from app.errors import Invalid
from app.integrations import reading
from app.integrations.reader import MAX_PAGES

MAX_PARTS = 2_000
MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 5 * 1024 * 1024
"""Small office files compress by any factor; from this size on the ratio tells a bomb."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN_PDF = "is broken and cannot be read. Export it again."
_TOO_MUCH = "takes too much time or memory to read. Split it or export it again."
_LOCKED = "is locked with a password. Save it without one and add it again."
_WHY = {
    "locked": _LOCKED,
    "pages": f"has more than {MAX_PAGES} pages. Split it.",
    "slow": _TOO_MUCH,
    "large": _TOO_MUCH,
}
_WANTED = "Choose PDF, DOCX, XLSX, CSV, Markdown or plain text."


@dataclass(frozen=True)
class Kind:
    """A sort of file that can be read here."""

    media_type: str
    title: str
    endings: tuple[str, ...]


PDF = Kind("application/pdf", "PDF", (".pdf",))
DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX", (".docx",))
XLSX = Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX", (".xlsx",))
CSV = Kind("text/csv", "CSV", (".csv", ".tsv"))
MARKDOWN = Kind("text/markdown", "Markdown", (".md", ".markdown"))
TEXT = Kind("text/plain", "plain text", (".txt", ".text", ".log"))
KINDS = {kind.media_type: kind for kind in (PDF, DOCX, XLSX, CSV, MARKDOWN, TEXT)}


class FileRefused(Invalid):
    """One file was not taken; the sentence names it and says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"“{name}” {reason}", field="files")
        self.name = name
        self.reason = reason


def sniff(name: str, content: bytes) -> Kind:
    """The kind of `content`. Raises FileRefused when it is none of ours, or not what its name says."""
    by_name = next((kind for kind in KINDS.values() if name.lower().endswith(kind.endings)), None)
    if by_name is None:
        raise FileRefused(name, f"is not a kind of file that can be read here. {_WANTED}")
    found = _by_bytes(name, content, by_name)
    if found is not by_name:
        raise FileRefused(name, f"is not {by_name.title} inside, whatever its name says. {_WANTED}")
    return found


def decoded(content: bytes) -> str | None:
    """Text in UTF-8, UTF-16 with a mark, or Windows-1252; None for bytes that are no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in content:
        return None
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(1 for c in text[:10_000] if ord(c) < 32 and c not in "\t\n\r\f")
        return text if odd * 50 <= min(len(text), 10_000) else None
    return None


def _by_bytes(name: str, content: bytes, by_name: Kind) -> Kind | None:
    if b"%PDF-" in content[:1024]:
        _check_pdf(name, content)
        return PDF
    if content.startswith(b"PK"):
        return _office(name, content)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileRefused(name, _LOCKED)
        raise FileRefused(name, "is in an old Office format. Save it as DOCX or XLSX and add it again.")
    if by_name in (CSV, MARKDOWN, TEXT) and decoded(content) is not None:
        return by_name
    return None


def _check_pdf(name: str, content: bytes) -> None:
    with tempfile.TemporaryFile() as file:  # not kept yet: a refused file leaves nothing behind
        file.write(content)
        file.seek(0)
        try:
            pages = reading.pages(file)
        except reading.Unread as stopped:
            reason = _WHY.get(stopped.why.partition(" ")[0], _BROKEN_PDF)
            raise FileRefused(name, reason) from stopped
    if pages == 0:
        raise FileRefused(name, "has no pages.")
    if pages > MAX_PAGES:
        raise FileRefused(name, f"has {pages} pages; {MAX_PAGES} is the most. Split it.")


def _office(name: str, content: bytes) -> Kind | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(name, archive)
            names = set(archive.namelist())
            kind = DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None
            if kind is not None:
                _check_parts(name, archive)
            return kind
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise FileRefused(name, "is broken and cannot be read. Save it again.") from error


def _check_archive(name: str, archive: zipfile.ZipFile) -> None:
    """Judge the archive by its directory, before a byte is unpacked."""
    parts = archive.infolist()
    if any(part.flag_bits & 0x1 for part in parts):
        raise FileRefused(name, _LOCKED)
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    is_bomb = unpacked > RATIO_FROM and unpacked / packed > MAX_RATIO
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or is_bomb:
        raise FileRefused(name, "unpacks to far more than it should. Save a smaller copy.")


def _check_parts(name: str, archive: zipfile.ZipFile) -> None:
    """Read every part once, which also checks its checksum: no document types, so no entities to expand."""
    marks = ("<!DOCTYPE", "<!ENTITY")
    refused = [m.encode(code) for m in marks for code in ("ascii", "utf-16-le", "utf-16-be")]
    for part in archive.infolist():
        data = archive.read(part)
        if part.filename.lower().endswith((".xml", ".rels", ".vml")) and any(mark in data for mark in refused):
            raise FileRefused(name, "holds definitions that documents do not need. Save it again with Office.")
