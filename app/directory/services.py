"""Changing the directory. Each change sets a new stamp, by which processes know that what they have read is old."""

from collections.abc import Sequence

from sqlalchemy import update

from app.accounts.models import User
from app.audit.services import record
from app.db import changed, db, new_public_id, now
from app.directory.models import Entry, EntryKind
from app.directory.queries import count, known
from app.directory.values import read_value
from app.errors import Conflict, Invalid
from app.workspaces.models import Workspace
from app.workspaces.services import lock_workspace

MOST = 2_000
"""Entries of one workspace."""
MOST_AT_ONCE = 200


class LinesUnfit(Invalid):
    """Some of several lines cannot be added, so none was. `lines` are sentences, each with its number."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("Nothing was added yet. Correct these lines.", field="lines")
        self.lines = list(lines)


def add(workspace: Workspace, kind: EntryKind, lines: Sequence[str], *, note: str, by: User) -> list[Entry]:
    """Let agents act toward what each line names: toward all of them, or, when one line does not fit, none.

    Flushes. Raises LinesUnfit with what to correct in which line, Invalid when there are too many.
    """
    typed = {number: line for number, line in enumerate(lines, 1) if line.strip()}
    if not typed:
        raise Invalid("Write at least one line.", field="lines")
    if len(typed) > MOST_AT_ONCE:
        raise Invalid(f"Add at most {MOST_AT_ONCE} lines at once.", field="lines")
    lock_workspace(workspace)
    read = _read(workspace.id, kind, typed)
    if count(workspace.id) + len(read) > MOST:
        raise Invalid(f"A directory has at most {MOST:,} entries. End some first.", field="lines")
    made = [_entry(workspace.id, kind, value, folded, note, by) for value, folded in read]
    db.session.add_all(made)
    db.session.flush()
    for entry in made:
        _record("added", f"{by.name} added {entry.value} to the directory", entry, by, after=_kept(entry))
    _restamp(workspace.id)
    return made


def end(entry: Entry, *, by: User) -> None:
    """From now on the guard asks again. Raises Conflict when it was ended before."""
    live = update(Entry).where(Entry.id == entry.id, Entry.ended_at.is_(None)).values(ended_by=by.id, ended_at=now())
    if changed(live) != 1:
        raise Conflict(f"{entry.value} was taken out of the directory already.")
    _record("ended", f"{by.name} took {entry.value} out of the directory", entry, by, before=_kept(entry))
    _restamp(entry.workspace_id)


def _read(workspace_id: int, kind: EntryKind, lines: dict[int, str]) -> list[tuple[str, str]]:
    """Each line as (value, as it compares). Raises LinesUnfit."""
    read, problems = dict[int, tuple[str, str]](), dict[int, str]()
    for number, line in lines.items():
        try:
            read[number] = read_value(kind, line)
        except Invalid as unfit:
            problems[number] = unfit.sentence
    there = known(workspace_id, kind, [folded for _, folded in read.values()])
    for number, (value, folded) in read.items():
        if folded in there:
            problems[number] = f"“{value}” is in the directory already."
        there.add(folded)
    if problems:
        raise LinesUnfit([f"Line {number}: {problems[number]}" for number in sorted(problems)])
    return list(read.values())


def _entry(workspace_id: int, kind: EntryKind, value: str, folded: str, note: str, by: User) -> Entry:
    return Entry(
        public_id=new_public_id(),
        workspace_id=workspace_id,
        kind=kind,
        value=value,
        folded=folded,
        note=note,
        added_by=by.id,
        author=by,
    )


def _restamp(workspace_id: int) -> None:
    row = update(Workspace).where(Workspace.id == workspace_id).values(directory_stamp=new_public_id())
    db.session.execute(row.execution_options(synchronize_session=False))


def _kept(entry: Entry) -> dict[str, str]:
    return {"kind": entry.kind, "value": entry.value, "note": entry.note}


def _record(action: str, words: str, entry: Entry, by: User, **change: dict[str, str]) -> None:
    subject = f"directory:{entry.public_id}"
    record(f"member:directory:{action}", words, workspace_id=entry.workspace_id, actor=by, subject=subject, **change)
