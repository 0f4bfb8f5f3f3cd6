"""Entries of a directory."""

from app.db import db
from app.directory import services
from app.directory.models import Entry, EntryKind
from app.workspaces.models import Membership


def an_entry(member: Membership, value: str = "Hartwell Ltd", kind: str = "party", note: str = "") -> Entry:
    """A live entry that `member` added. Commits."""
    (made,) = services.add(member.workspace, EntryKind(kind), [value], note=note, by=member.user)
    db.session.commit()
    return made
