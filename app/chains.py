"""Tables to which rows are only added, each sealed with a hash over itself and the row before (a hash chain).

Such a table has `chain`, `seq`, `at`, `prev_hash` and `hash`; beside it stands one of heads: per chain the
number and hash of its last entry, locked while one is added. Who changes, removes or adds a row behind our
back leaves a break that `verify` finds.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, bindparam, insert, select, update

from app.db import db, insert_unless_there

GENESIS = "0" * 64


class Chains:
    """The chains kept in `entries`, whose ends are kept in `heads`; `fields` are what the hash covers besides `at`."""

    def __init__(self, entries: FromClause, heads: FromClause, fields: tuple[str, ...]) -> None:
        self._fields = (*fields, "chain", "seq", "prev_hash")
        self._entries, self._heads = entries, heads
        head = heads.c.chain == bindparam("head")
        self._forward = update(heads).where(head).values(seq=heads.c.seq + 1).returning(heads.c.seq, heads.c.hash)  # type: ignore[arg-type]
        self._add = insert(entries)  # type: ignore[arg-type]
        self._seal = update(heads).where(head).values(hash=bindparam("fingerprint"))  # type: ignore[arg-type]

    def append(self, chain: int, entry: Mapping[str, Any]) -> int:
        """Add `entry`, which has `at`, to a chain; its number there. Holds the chain until the transaction ends."""
        seq, previous = self._next(chain)
        whole = {**entry, "chain": chain, "seq": seq, "prev_hash": previous}
        fingerprint = self.digest(whole)
        db.session.execute(self._add, whole | {"hash": fingerprint})
        db.session.execute(self._seal, {"head": chain, "fingerprint": fingerprint})
        return seq

    def digest(self, entry: Mapping[str, Any]) -> str:
        """SHA-256 over the canonical JSON of everything in the entry that the chain covers."""
        content = {field: entry[field] for field in self._fields} | {"at": _stamp(entry["at"])}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def verify(self, chain: int, *, page: int = 1000) -> tuple[int, str | None]:
        """Walk a chain: (entries checked, None) or (entries good so far, a sentence that says where it breaks).

        Its end is read before and after, so that entries added meanwhile are not taken for a break.
        """
        known, known_hash = self._end(chain)
        previous, last = GENESIS, 0
        while rows := self._links(chain, after=last, limit=page):
            for row in rows:
                if row["seq"] != last + 1:
                    return last, f"entry {last + 1} is missing"
                if row["prev_hash"] != previous or row["hash"] != self.digest(row):
                    return last, f"entry {row['seq']} does not match its hash"
                if row["seq"] == known and row["hash"] != known_hash:
                    return last, f"entry {row['seq']} is not the one the chain ended with"
                previous, last = row["hash"], row["seq"]
        if last < known:
            return last, f"entries after {last} are missing"
        if last > self._end(chain)[0]:
            return known, f"entries after {known} were put behind the end of the chain"
        return last, None

    def _next(self, chain: int) -> tuple[int, str]:
        """The next number of the chain and the hash of its last entry."""
        row = db.session.execute(self._forward, {"head": chain}).first()
        if row is None:
            db.session.execute(insert_unless_there(self._heads).values(chain=chain, seq=0, hash=GENESIS))
            row = db.session.execute(self._forward, {"head": chain}).one()
        return row[0], row[1]

    def _links(self, chain: int, *, after: int, limit: int) -> list[Mapping[str, Any]]:
        query = select(self._entries).where(self._entries.c.chain == chain, self._entries.c.seq > after)
        return [dict(row) for row in db.session.execute(query.order_by(self._entries.c.seq).limit(limit)).mappings()]

    def _end(self, chain: int) -> tuple[int, str]:
        """Number and hash of the last entry on record, read now."""
        query = select(self._heads.c.seq, self._heads.c.hash).where(self._heads.c.chain == chain)
        row = db.session.execute(query).first()
        return (row[0], row[1]) if row else (0, GENESIS)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
