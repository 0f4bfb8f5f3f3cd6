"""Accepting files: what they are is read from their bytes, and each refused one says why.

The bytes lie under the data folder by their SHA-256, so the same file is kept once and a name never
becomes a path.
"""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import update
from werkzeug.datastructures import FileStorage

from app import blobs
from app.db import db
from app.errors import Invalid
from app.integrations.kinds import FileRefused, Kind, sniff
from app.integrations.models import Attachment

MAX_FILES = 10
MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 120
ACCEPT = ".pdf,.docx,.xlsx,.csv,.md,.txt"
"""For the file input; the server looks at the bytes."""


@dataclass(frozen=True)
class Stored:
    """A file that was accepted and written."""

    name: str
    media_type: str
    size: int
    sha256: str


def keep(storage: FileStorage, *, workspace_id: int, field: str) -> Attachment:
    """Check, write and note one uploaded file. Flushes. Raises FileRefused, with the file's name and what to do."""
    return note(store(storage), workspace_id=workspace_id, field=field)


def note(stored: Stored, *, workspace_id: int, field: str) -> Attachment:
    """The row of a written file, for a run that is about to start. Flushes."""
    row = Attachment(
        workspace_id=workspace_id,
        field=field,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
    )
    db.session.add(row)
    db.session.flush()
    return row


def attach(attachments: list[Attachment], *, run_id: int) -> None:
    """Give kept files to the run they were uploaded for."""
    ids = [row.id for row in attachments]
    db.session.execute(
        update(Attachment).where(Attachment.id.in_(ids), Attachment.run_id.is_(None)).values(run_id=run_id)
    )


def given(storages: list[FileStorage]) -> list[FileStorage]:
    """The files a form really carries: browsers send one empty part for an empty input. Raises Invalid over ten."""
    real = [storage for storage in storages if storage.filename]
    if len(real) > MAX_FILES:
        raise Invalid(f"Choose at most {MAX_FILES} files at a time.", field="files")
    return real


def store(storage: FileStorage) -> Stored:
    """Check and write one file. Raises FileRefused."""
    name = plain_name(storage.filename or "")
    content = storage.stream.read(MAX_BYTES + 1)
    kind = checked(name, content)
    digest = blobs.keep(_folder(), content)
    return Stored(name, kind.media_type, len(content), digest)


def store_all(storages: list[FileStorage]) -> tuple[list[Stored], list[FileRefused]]:
    """Check and write files; each refused one says why and the rest goes on. Asks no database."""
    stored, refused = list[Stored](), list[FileRefused]()
    for storage in storages:
        try:
            stored.append(store(storage))
        except FileRefused as refusal:
            refused.append(refusal)
    return stored, refused


def checked(name: str, content: bytes) -> Kind:
    """What the bytes are. Raises FileRefused when too large, empty, broken, encrypted, a bomb or another kind."""
    if len(content) > MAX_BYTES:
        raise FileRefused(name, f"is larger than {MAX_BYTES // 1024 // 1024} MB. Split it or make it smaller.")
    if not content.strip():
        raise FileRefused(name, "is empty.")
    return sniff(name, content)


def path_of(sha256: str) -> Path:
    """Where the bytes with this digest lie."""
    return blobs.path_of(_folder(), sha256)


def _folder() -> Path:
    files: Path = current_app.config["SETTINGS"].files
    return files


def plain_name(given_name: str) -> str:
    """The last part of a file name, without what could mislead a reader or a shell."""
    shown = blobs.last_part(given_name)
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > MAX_NAME and dot:
        shown = f"{stem[: MAX_NAME - len(ending) - 1]}.{ending[:10]}"
    return shown[:MAX_NAME] or "file"
