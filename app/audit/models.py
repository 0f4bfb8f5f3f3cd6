"""The audit log: append-only and hash-chained, one chain per workspace and one (0) for LeenOps itself."""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, code, json_, name_, pk, public_id, sha256, utc


class AuditEntry(Base):
    """One thing that happened: who, what, to which, when, before and after. Never updated, never deleted."""

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("chain", "seq"), Index("ix_audit_entries_subject", "chain", "subject", "seq"))
    id: Mapped[pk]
    public_id: Mapped[public_id]
    chain: Mapped[int] = mapped_column(BigInteger)
    """The workspace's id, or 0."""
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[utc]
    kind: Mapped[code]
    """`source:subject:action`, for example `member:approval:approved`."""
    actor: Mapped[name_]
    """As shown: a name, an agent, "LeenOps support", "LeenOps"."""
    actor_ref: Mapped[name_]
    """`user:<public id>`, `agent:<public id>`, `staff:<public id>` or `system`."""
    subject: Mapped[name_]
    """`run:<public id>`, `approval:<public id>`…"""
    summary: Mapped[str]
    before: Mapped[json_]
    after: Mapped[json_]
    address: Mapped[name_]
    request_id: Mapped[code]
    prev_hash: Mapped[sha256]
    hash: Mapped[sha256]


class AuditHead(Base):
    """The last link of each chain; locked while one is added."""

    __tablename__ = "audit_heads"
    chain: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[sha256]
