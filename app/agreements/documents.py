"""The signed documents: PDF files under the data folder, each by its SHA-256, so that a name never becomes a path.

Nothing here opens a PDF. It is kept as it came and handed out as a download only.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from werkzeug.datastructures import FileStorage

from app import blobs
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
    digest = blobs.keep(_folder(), content)
    return Kept(_plain_name(upload.filename), digest, len(content))


def path_of(sha256: str) -> Path:
    """Where the document with this digest lies."""
    return blobs.path_of(_folder(), sha256)


def _folder() -> Path:
    data: Path = current_app.config["SETTINGS"].data
    return data / "agreements"


def _plain_name(given: str) -> str:
    """The last part of the name, as a PDF, without what could mislead a reader or a shell."""
    shown = "".join(c for c in blobs.last_part(given) if c not in '<>:"|?*')
    stem = re.sub(r"\.pdf$", "", shown.strip(" ."), flags=re.I)[: MAX_NAME - 4].strip(" .")
    return f"{stem or 'agreement'}.pdf"
