"""The signed documents: PDF files under the data folder, each by its SHA-256, so that a name never becomes a path.

Nothing here opens a PDF. It is kept as it came and handed out as a download only.
"""

import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from werkzeug.datastructures import FileStorage

from app.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_NAME = 120
MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True)
class Kept:
    """A document that was accepted and written."""

    name: str
    sha256: str
    size: int


def keep(upload: FileStorage | None) -> Kept:
    """Check and write an uploaded document. Asks no database. Raises Invalid with what to do."""
    if upload is None or not upload.filename:
        raise Invalid("Choose the signed document.", field="document")
    content = upload.stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(f"Choose a document of at most {MAX_BYTES // 1024 // 1024} MB.", field="document")
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise Invalid("Choose a whole PDF file: this one is something else inside, or is cut off.", field="document")
    digest = hashlib.sha256(content).hexdigest()
    _write(path_of(digest), content)
    return Kept(_plain_name(upload.filename), digest, len(content))


def path_of(sha256: str) -> Path:
    """Where the document with this digest lies."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("not a SHA-256")
    data: Path = current_app.config["SETTINGS"].data
    return data / "agreements" / sha256[:2] / sha256


def _plain_name(given: str) -> str:
    """The last part of the name, as a PDF, without what could mislead a reader or a shell."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem = re.sub(r"\.pdf$", "", shown.strip(" ."), flags=re.I)[: MAX_NAME - 4].strip(" .")
    return f"{stem or 'agreement'}.pdf"


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all; the same content is there already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(out.name, path)
