"""Writing the audit log. One link at a time per chain; the caller's transaction carries it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.audit.models import AuditEntry, AuditHead
from app.db import Base, db, now

HEADS = Base.metadata.tables[AuditHead.__tablename__]
_HEAD = HEADS.c.chain == bindparam("head")
_FORWARD = update(HEADS).where(_HEAD).values(seq=HEADS.c.seq + 1).returning(HEADS.c.seq, HEADS.c.hash)
_ADD = insert(Base.metadata.tables[AuditEntry.__tablename__])
_SEAL = update(HEADS).where(_HEAD).values(hash=bindparam("fingerprint"))
CHAINED = (
    "chain", "seq", "kind", "actor", "actor_ref", "subject", "summary", "before", "after", "address", "request_id",
    "prev_hash",
)  # fmt: skip
GENESIS = "0" * 64
SYSTEM = ("LeenOps", "system")


def record(
    kind: str,
    summary: str,
    *,
    workspace_id: int | None,
    actor: tuple[str, str] | Any = SYSTEM,
    subject: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> int:
    """Append one entry to the workspace's chain (None: LeenOps' own); its number in the chain.

    `kind` is `source:subject:action`; `actor` is a user, staff member or agent row, or (name, ref).
    Never pass a secret in `before` or `after`: entries are exported.
    """
    chain = workspace_id or 0
    seq, previous = _next(chain)
    name, ref = actor if isinstance(actor, tuple) else (actor.name, f"{_kind_of(actor)}:{actor.public_id}")
    entry = {
        "chain": chain,
        "seq": seq,
        "at": now(),
        "kind": kind,
        "actor": name,
        "actor_ref": ref,
        "subject": subject,
        "summary": summary,
        "before": before or {},
        "after": after or {},
        "address": (request.remote_addr or "") if has_request_context() else "",
        "request_id": g.get("request_id", "") if has_request_context() else "",
        "prev_hash": previous,
    }
    fingerprint = digest(entry)
    db.session.execute(_ADD, entry | {"hash": fingerprint})
    db.session.execute(_SEAL, {"head": chain, "fingerprint": fingerprint})
    return seq


def digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of everything in the entry but its hash."""
    content = {field: entry[field] for field in CHAINED} | {"at": _stamp(entry["at"])}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _kind_of(actor: Any) -> str:
    return {"users": "user", "agents": "agent", "staff_members": "staff"}[actor.__tablename__]


def _next(chain: int) -> tuple[int, str]:
    """The next number of the chain and the hash of its last entry. Locks its head until the transaction ends."""
    row = db.session.execute(_FORWARD, {"head": chain}).first()
    if row is None:
        start = sqlite_insert if db.engine.dialect.name == "sqlite" else pg_insert
        db.session.execute(start(HEADS).values(chain=chain, seq=0, hash=GENESIS).on_conflict_do_nothing())
        row = db.session.execute(_FORWARD, {"head": chain}).one()
    return row[0], row[1]


def verify(chain: int, *, page: int = 1000) -> tuple[int, str | None]:
    """Walk a chain: (entries checked, None) or (entries good so far, a sentence that says where it breaks).

    Its end is read before and after, so that entries added meanwhile are not taken for a break.
    """
    known, known_hash = _end(chain)
    previous, last = GENESIS, 0
    while rows := _links(chain, after=last, limit=page):
        for row in rows:
            if row.seq != last + 1:
                return last, f"entry {last + 1} is missing"
            if row.prev_hash != previous or row.hash != digest(vars(row)):
                return last, f"entry {row.seq} does not match its hash"
            if row.seq == known and row.hash != known_hash:
                return last, f"entry {row.seq} is not the one the chain ended with"
            previous, last = row.hash, row.seq
            db.session.expunge(row)
    if last < known:
        return last, f"entries after {last} are missing"
    if last > _end(chain)[0]:
        return known, f"entries after {known} were put behind the end of the chain"
    return last, None


def _links(chain: int, *, after: int, limit: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq > after)
    query = query.order_by(AuditEntry.seq).limit(limit).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def _end(chain: int) -> tuple[int, str]:
    """Number and hash of the last entry on record, read now."""
    row = db.session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.chain == chain)).first()
    return (row[0], row[1]) if row else (0, GENESIS)
