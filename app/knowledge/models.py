"""Collections, documents and their passages."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, code, created, fk_user, fk_workspace, json_list, name_, pk, public_id, sha256


class DocumentState(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    READY = "ready"
    FAILED = "failed"


class Collection(Base):
    """A shelf of documents; `teams` empty means every team may read it."""

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    name: Mapped[name_]
    teams: Mapped[json_list]
    is_public: Mapped[bool] = mapped_column(default=False)
    """Everybody may read this anyway: what an agent reads here is nothing that the company keeps to itself."""
    created_at: Mapped[created]


class Document(Base):
    """One uploaded file and how far we have read it."""

    __tablename__ = "documents"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    collection_id: Mapped[int] = mapped_column(BigId, ForeignKey("collections.id"), index=True)
    name: Mapped[name_]
    media_type: Mapped[name_]
    size: Mapped[int]
    sha256: Mapped[sha256]
    state: Mapped[code] = mapped_column(default=DocumentState.WAITING)
    parts_done: Mapped[int] = mapped_column(default=0)
    parts_total: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    added_by: Mapped[fk_user]
    created_at: Mapped[created]
    read_at: Mapped[datetime | None]


class Passage(Base):
    """A piece of a document that can be found and cited."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("document_id", "number"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    document_id: Mapped[int] = mapped_column(BigId, ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[int] = mapped_column(BigId, index=True)
    number: Mapped[int]
    place: Mapped[name_]
    """Where in the document, in words: "page 3", "section Refunds", "row 12"."""
    text: Mapped[str]
    search_text: Mapped[str]
    """The words of `text`, folded: lower case, without accents, one blank between them."""
