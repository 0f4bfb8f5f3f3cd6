"""The full-text index behind passages: FTS5 on SQLite, an expression index on PostgreSQL.

The SQLite index is a table of its own, fed by the service in the same transaction as the passages: a
batch migration drops triggers without a word, and the search would quietly go stale. What is indexed is
not the text but its folded words, so that both databases split and match alike.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection, Float, TextClause, event, func, literal_column, text
from sqlalchemy.sql.elements import ColumnElement

from app.db import db
from app.knowledge.models import Passage

MAX_TERMS = 24
_COMMON = """
a about an and any are as at be been but by can could did do does for from had has have he her his how i if in is it its
may me my no not of on or our shall she should so than that the their them then there these they this to was we were
what when where which who why will with would you your
de het een en van in op voor met is zijn dat die der die das und ist ein eine le la les et un une est
"""
COMMON = frozenset(_COMMON.split())
"""Words that say nothing about what is looked for."""

_CREATE_SQLITE = "CREATE VIRTUAL TABLE IF NOT EXISTS passage_index USING fts5(scope, search_text, tokenize='unicode61')"
_CREATE_POSTGRESQL = (
    "CREATE INDEX IF NOT EXISTS ix_passages_search ON passages USING gin (to_tsvector('simple', search_text))"
)


def create_search_index(connection: Connection) -> None:
    """Make the index, for create_all and for the migration alike."""
    is_sqlite = connection.dialect.name == "sqlite"
    connection.execute(text(_CREATE_SQLITE if is_sqlite else _CREATE_POSTGRESQL))


def drop_search_index(connection: Connection) -> None:
    """PostgreSQL drops its index with the table."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TABLE IF EXISTS passage_index"))


@event.listens_for(Passage.__table__, "after_create")
def _after_create(_table: Any, connection: Connection, **_: Any) -> None:
    create_search_index(connection)


@event.listens_for(Passage.__table__, "before_drop")
def _before_drop(_table: Any, connection: Connection, **_: Any) -> None:
    drop_search_index(connection)


def folded(words: str) -> str:
    """Lower case without accents, every run of letters and digits one word: "Café €5" is "cafe 5"."""
    plain = unicodedata.normalize("NFKD", words).casefold()
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c))))


def terms(query: str) -> list[str]:
    """The words of `query` worth looking for, cut to their stems; at most MAX_TERMS."""
    words = [word[:40] for word in folded(query[:2_000]).split()]
    telling = [word for word in words if word not in COMMON] or words
    return list(dict.fromkeys(_stem(word) for word in telling))[:MAX_TERMS]


def add(passages: list[Passage]) -> None:
    """Index flushed passages."""
    if _is_sqlite() and passages:
        db.session.execute(
            text("INSERT OR REPLACE INTO passage_index (rowid, scope, search_text) VALUES (:id, :scope, :words)"),
            [{"id": p.id, "scope": _scope(p.workspace_id), "words": p.search_text} for p in passages],
        )


def remove_document(document_id: int) -> None:
    """Take a document's passages out of the index; call it before they are deleted."""
    if _is_sqlite():
        db.session.execute(
            text("DELETE FROM passage_index WHERE rowid IN (SELECT id FROM passages WHERE document_id = :document)"),
            {"document": document_id},
        )


def matching(
    workspace_id: int, wanted: list[str]
) -> tuple[list[ColumnElement[bool] | TextClause], ColumnElement[float]]:
    """(conditions, score) of passages that hold any of `wanted`, higher is better. Terms are bound, never spliced.

    On SQLite the statement must join `passage_index` on its rowid.
    """
    if _is_sqlite():
        any_of = " OR ".join(f'"{term}"*' for term in wanted)
        match = text("passage_index MATCH :match").bindparams(
            match=f'scope : "{_scope(workspace_id)}" AND search_text : ({any_of})'
        )
        return [match], literal_column("-bm25(passage_index, 0.0, 1.0)", Float)
    vector = func.to_tsvector(text("'simple'"), Passage.search_text)
    asked = func.to_tsquery(text("'simple'"), " | ".join(f"'{term}':*" for term in wanted))
    return [vector.op("@@")(asked)], func.ts_rank(vector, asked, 1)


def _stem(word: str) -> str:
    """A start of `word` that its other forms share; everything is searched by its start."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _scope(workspace_id: int) -> str:
    return f"w{workspace_id}"


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
