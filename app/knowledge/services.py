"""Keeping knowledge: collections, documents, and reading documents into passages."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage

from app import events, jobs
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid
from app.integrations import extract, files
from app.integrations.files import Stored
from app.integrations.kinds import FileRefused
from app.knowledge import chunks, index
from app.knowledge.models import Collection, Document, DocumentState, Passage

BATCH = 200
"""Passages written in one transaction."""
NO_TEXT = "This file holds no text that can be read. If it is a scan, run text recognition on it first."


def create_collection(workspace_id: int, *, name: str, teams: list[str], by: Any) -> Collection:
    """A new shelf. Flushes. Raises Invalid when the name is taken."""
    collection = Collection(workspace_id=workspace_id, name=name.strip(), teams=sorted(teams))
    try:
        with db.session.begin_nested():
            db.session.add(collection)
    except IntegrityError:
        raise Invalid("There is a collection with this name already.", field="name") from None
    record(
        "member:collection:created",
        f"Created the collection “{collection.name}”",
        workspace_id=workspace_id,
        actor=by,
        subject=f"collection:{collection.public_id}",
        after={"teams": collection.teams},
    )
    return collection


def show_to(everybody: bool, collection: Collection, *, by: Any) -> None:
    """Say whether everybody may read the collection anyway, or the company keeps it to itself.

    Raises Conflict when it is so already.
    """
    other = update(Collection).where(Collection.id == collection.id, Collection.is_public.is_not(everybody))
    if changed(other.values(is_public=everybody)) != 1:
        raise Conflict(f"“{collection.name}” is {'public' if everybody else 'private'} already.")
    words = "public" if everybody else "private"
    record(
        f"member:collection:{words}",
        f"Marked the collection “{collection.name}” as {words}",
        workspace_id=collection.workspace_id,
        actor=by,
        subject=f"collection:{collection.public_id}",
        before={"is_public": not everybody},
        after={"is_public": everybody},
    )


def add_documents(
    collection: Collection, storages: list[FileStorage], *, by: Any
) -> tuple[list[Document], list[FileRefused]]:
    """Keep what can be kept and queue its reading; each refused file says why. Flushes.

    All files are checked and written before the first row, so that no lock is held meanwhile.
    """
    stored, refused = files.store_all(storages)
    added, twins = add_stored(collection, stored, by=by)
    return added, refused + twins


def add_stored(collection: Collection, stored: list[Stored], *, by: Any) -> tuple[list[Document], list[FileRefused]]:
    """Make documents of written files and queue their reading; what is there already is refused. Flushes."""
    added, refused = list[Document](), list[FileRefused]()
    for file in stored:
        try:
            added.append(_add(collection, file, by))
        except FileRefused as refusal:
            refused.append(refusal)
    return added, refused


def _add(collection: Collection, stored: Stored, by: Any) -> Document:
    if twin := _same_content(collection, stored.sha256):
        raise FileRefused(stored.name, f"is already here as “{twin.name}”.")
    document = Document(
        workspace_id=collection.workspace_id,
        collection_id=collection.id,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        added_by=by.id,
    )
    db.session.add(document)
    db.session.flush()
    record(
        "member:document:added",
        f"Added “{document.name}” to “{collection.name}”",
        workspace_id=collection.workspace_id,
        actor=by,
        subject=f"document:{document.public_id}",
        after={"sha256": document.sha256, "size": document.size},
    )
    jobs.enqueue(jobs.PARSE_DOCUMENT, document.id)
    return document


def remove_document(document: Document, *, by: Any) -> None:
    """Nothing of `document` is found or cited from now on. Flushes."""
    record(
        "member:document:removed",
        f"Removed “{document.name}”",
        workspace_id=document.workspace_id,
        actor=by,
        subject=f"document:{document.public_id}",
        before={"sha256": document.sha256},
    )
    _forget_passages(document.id)
    events.publish(document.workspace_id, f"document-{document.public_id}")
    db.session.delete(document)
    db.session.flush()


def read(document_id: int) -> Generator[None, None, None]:
    """Read a document into passages, pausing after each batch for the caller to commit.

    Safe to start again: it begins anew, and ends at once when the document is ready or gone.
    """
    document = db.session.get(Document, document_id)
    if document is None or document.state in (DocumentState.READY, DocumentState.FAILED):
        return
    _forget_passages(document_id)
    path, media_type = files.path_of(document.sha256), document.media_type
    whose = (document.workspace_id, document.collection_id)
    _progress(document_id, state=DocumentState.READING, parts_done=0)
    yield
    try:
        yield from _read_all(document_id, whose, path, media_type)
    except extract.Unreadable as problem:
        _forget_passages(document_id)
        _progress(document_id, state=DocumentState.FAILED, problem=problem.sentence)
        yield


def _read_all(document_id: int, whose: tuple[int, int], path: Path, media_type: str) -> Iterator[None]:
    total = extract.parts_total(path, media_type)
    _progress(document_id, parts_total=total)
    yield
    count = done = 0
    for done, batch in _batches(extract.passages(path, media_type)):
        _keep(document_id, whose, batch, first=count + 1)
        count += len(batch)
        _progress(document_id, parts_done=done)
        yield
    if count == 0:
        raise extract.Unreadable(NO_TEXT)
    last = total or done
    _progress(document_id, state=DocumentState.READY, read_at=now(), parts_done=last, parts_total=last)
    yield


def _batches(places: Iterator[tuple[str, str]]) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """(parts read so far, (place, text) of up to BATCH passages); a new page ends a batch of some size."""
    batch: list[tuple[str, str]] = []
    done = 0
    for done, (place, text) in enumerate(places, 1):
        batch += [(place, piece) for piece in chunks.cut(text)]
        while len(batch) >= BATCH:
            yield done, batch[:BATCH]
            batch = batch[BATCH:]
        if batch and place.startswith("page ") and done % 5 == 0:
            yield done, batch
            batch = []
    if batch:
        yield done, batch


def _keep(document_id: int, whose: tuple[int, int], batch: list[tuple[str, str]], *, first: int) -> None:
    workspace_id, collection_id = whose
    rows = [
        Passage(
            workspace_id=workspace_id,
            document_id=document_id,
            collection_id=collection_id,
            number=number,
            place=place,
            text=text,
            search_text=index.folded(text),
        )
        for number, (place, text) in enumerate(batch, first)
    ]
    db.session.add_all(rows)
    db.session.flush()
    index.add(rows)


def _progress(document_id: int, **values: Any) -> None:
    """Write how far we are and tell the open browsers."""
    told = db.session.execute(
        update(Document)
        .where(Document.id == document_id)
        .values(**values)
        .returning(Document.workspace_id, Document.public_id)
        .execution_options(synchronize_session=False)
    ).first()
    if told is not None:
        events.publish(told.workspace_id, f"document-{told.public_id}")


def _forget_passages(document_id: int) -> None:
    index.remove_document(document_id)
    db.session.execute(delete(Passage).where(Passage.document_id == document_id))


def _same_content(collection: Collection, sha256: str) -> Document | None:
    return db.session.scalar(
        select(Document)
        .where(Document.workspace_id == collection.workspace_id, Document.collection_id == collection.id)
        .where(Document.sha256 == sha256)
        .limit(1)
    )
