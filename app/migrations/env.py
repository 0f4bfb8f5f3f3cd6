"""Alembic's environment: the application's own engine and metadata, batch mode for SQLite."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from app.db import UtcDateTime, db

HIDDEN = ("passage_index", "ix_passages_search")
"""The search index keeps itself, see app/knowledge/index.py."""


def render(kind: str, item: Any, context_: Any) -> str | Literal[False]:
    """Our own types as plain SQLAlchemy, so that a migration needs nothing of the application."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def include(item: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Leave the full-text tables and indexes to their own code."""
    return not (name or "").startswith(HIDDEN)


def run() -> None:
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=include,
            render_item=render,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
