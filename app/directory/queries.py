"""Reading the directory, always within one workspace. Ended entries name nothing and are not shown."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import bindparam, func, select

from app.dataflow.origins import Kind, Source, Trust, fold
from app.db import Base, db
from app.directory.models import Entry, EntryKind
from app.errors import NotFound
from app.workspaces.models import Workspace

PAGE = 25
TITLE = "the workspace’s directory"
_WORKSPACES = Base.metadata.tables[Workspace.__tablename__]
_STAMP = select(_WORKSPACES.c.directory_stamp).where(_WORKSPACES.c.id == bindparam("workspace"))


def named_by_directory(workspace_id: int) -> Source:
    """What the entries name, for the data-flow guard, which asks before each action."""
    return _named(workspace_id, db.session.execute(_STAMP, {"workspace": workspace_id}).scalar_one())


@lru_cache(64)
def _named(workspace_id: int, stamp: str) -> Source:
    """A process reads the entries once after each change: every change sets a stamp that never was before."""
    found: dict[str, set[str]] = {kind: set() for kind in EntryKind}
    if stamp:
        live = select(Entry.kind, Entry.folded).where(Entry.workspace_id == workspace_id, Entry.ended_at.is_(None))
        for kind, folded in db.session.execute(live):
            found[kind].add(folded)
    domains = frozenset(found.pop(EntryKind.DOMAIN))
    names = {Kind(kind): frozenset(values) for kind, values in found.items()}
    return Source(TITLE, "", Trust.NAMED, domains=domains, names=names)


def entries(workspace_id: int, *, words: str = "", before: int | None = None) -> tuple[Sequence[Entry], int | None]:
    """A page of the live entries whose value holds `words`, newest first, and the id to go on from."""
    query = select(Entry).where(Entry.workspace_id == workspace_id, Entry.ended_at.is_(None))
    if words:
        query = query.where(func.lower(Entry.folded).contains(fold(words), autoescape=True))
    query = query.where(Entry.id < before) if before else query
    rows = db.session.scalars(query.order_by(Entry.id.desc()).limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def count(workspace_id: int) -> int:
    """How many live entries there are."""
    query = select(func.count()).where(Entry.workspace_id == workspace_id, Entry.ended_at.is_(None))
    return db.session.scalar(query) or 0


def get_entry(workspace_id: int, public_id: str) -> Entry:
    """An entry of this workspace, whatever became of it. Raises NotFound."""
    found = db.session.scalar(select(Entry).where(Entry.workspace_id == workspace_id, Entry.public_id == public_id))
    if found is None:
        raise NotFound()
    return found


def known(workspace_id: int, kind: EntryKind, folded: Sequence[str]) -> set[str]:
    """Those of the values, as they compare, that are in the directory now."""
    query = select(Entry.folded).where(Entry.workspace_id == workspace_id, Entry.ended_at.is_(None))
    return set(db.session.scalars(query.where(Entry.kind == kind, Entry.folded.in_(folded))))
