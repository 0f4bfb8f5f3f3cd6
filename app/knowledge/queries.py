"""Finding collections, documents and passages, always within one workspace and the teams that may read."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import desc, func, select, text
from sqlalchemy.sql import column, table

from app.db import db
from app.errors import NotFound
from app.knowledge import index
from app.knowledge.models import Collection, Document, Passage

PAGE = 25
PASSAGES = 50


@dataclass(frozen=True)
class Hit:
    """A passage that answers a query. Higher scores answer better; they compare within one search only."""

    passage: Passage
    document: Document
    score: float


def search(workspace_id: int, query: str, *, collections: Iterable[str] | None, limit: int = 5) -> list[Hit]:
    """The passages of these collections (public ids; None: all) that share most words with `query`, best first.

    Any text is a query: words are looked for, everything else is dropped.
    """
    wanted = index.terms(query)
    allowed = None if collections is None else list(collections)
    if not wanted or allowed == []:
        return []
    conditions, score = index.matching(workspace_id, wanted)
    statement = (
        select(Passage, Document, score.label("score"))
        .join(Document, Document.id == Passage.document_id)
        .where(Passage.workspace_id == workspace_id, *conditions)
    )
    if db.engine.dialect.name == "sqlite":
        fts = table("passage_index", column("rowid"))
        statement = statement.join(fts, fts.c.rowid == Passage.id)
    if allowed is not None:
        inside = select(Collection.id).where(Collection.workspace_id == workspace_id, Collection.public_id.in_(allowed))
        statement = statement.where(Passage.collection_id.in_(inside))
    rows = db.session.execute(statement.order_by(desc(score), Passage.id).limit(min(limit, 20))).all()
    return [Hit(passage, document, float(points)) for passage, document, points in rows]


def collections(workspace_id: int, *, teams: list[str] | None = None) -> list[Collection]:
    """The collections that members of `teams` (empty or None: all) may read, by name."""
    rows = db.session.scalars(
        select(Collection).where(Collection.workspace_id == workspace_id).order_by(Collection.name)
    )
    return [row for row in rows if is_readable(row, teams)]


def readable_by(workspace_id: int, public_ids: Iterable[str], team: str) -> list[Collection]:
    """Those of `public_ids` that an agent of `team` may read: a collection can be closed to it later."""
    wanted = set(public_ids)
    return [shelf for shelf in collections(workspace_id, teams=[team]) if shelf.public_id in wanted]


def is_readable(collection: Collection, teams: list[str] | None) -> bool:
    return not collection.teams or not teams or bool(set(collection.teams) & set(teams))


def get_collection(workspace_id: int, public_id: str, *, teams: list[str] | None = None) -> Collection:
    """One collection. Raises NotFound for missing, not theirs and not their team's alike."""
    found = db.session.scalar(
        select(Collection).where(Collection.workspace_id == workspace_id, Collection.public_id == public_id)
    )
    if found is None or not is_readable(found, teams):
        raise NotFound()
    return found


def get_document(workspace_id: int, public_id: str, *, teams: list[str] | None = None) -> tuple[Document, Collection]:
    """One document and the collection it stands in. Raises NotFound as get_collection does."""
    row = db.session.execute(
        select(Document, Collection)
        .join(Collection, Collection.id == Document.collection_id)
        .where(Document.workspace_id == workspace_id, Document.public_id == public_id)
    ).first()
    if row is None or not is_readable(row[1], teams):
        raise NotFound()
    return row[0], row[1]


def documents(collection: Collection, *, before: int | None = None) -> list[Document]:
    """Up to PAGE + 1 documents, newest first; the extra one says there are more."""
    query = select(Document).where(
        Document.workspace_id == collection.workspace_id, Document.collection_id == collection.id
    )
    query = query.where(Document.id < before) if before else query
    return list(db.session.scalars(query.order_by(Document.id.desc()).limit(PAGE + 1)))


def documents_per_collection(workspace_id: int) -> dict[int, int]:
    """collection id -> how many documents stand in it."""
    rows = db.session.execute(
        select(Document.collection_id, func.count()).where(Document.workspace_id == workspace_id).group_by(text("1"))
    )
    return {collection_id: count for collection_id, count in rows}


def passages(document: Document, *, start: int = 1) -> list[Passage]:
    """Up to PASSAGES + 1 passages from number `start` on, in reading order."""
    return list(
        db.session.scalars(
            select(Passage)
            .where(Passage.workspace_id == document.workspace_id, Passage.document_id == document.id)
            .where(Passage.number >= start)
            .order_by(Passage.number)
            .limit(PASSAGES + 1)
        )
    )


def get_passage(workspace_id: int, public_id: str) -> tuple[Passage, Document]:
    """One passage and its document. Raises NotFound for missing and for not theirs alike."""
    row = db.session.execute(
        select(Passage, Document)
        .join(Document, Document.id == Passage.document_id)
        .where(Passage.workspace_id == workspace_id, Passage.public_id == public_id)
    ).first()
    if row is None:
        raise NotFound()
    return row[0], row[1]
