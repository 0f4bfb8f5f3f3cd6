"""Uploads in a view: read with no transaction open, so that nobody waits for a lock while a parser works."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from werkzeug.datastructures import FileStorage

from app.access import Capability, check_again, workspace
from app.db import begin_writing, db
from app.errors import Locked
from app.restrictions.services import standing_of

Made = TypeVar("Made")
FILES_OFF = "Adding files is switched off for this workspace at the moment. Start without files: everything else works."


def read_unlocked(read: Callable[[], Made]) -> Made:
    """What `read` makes of the uploads; for a view that `reads_first`, which writes from here on.

    `read` must not ask the database. What was read before is read anew afterwards, and the view's own access
    checks are made again: a member may have been removed or the workspace suspended while a file was read.
    """
    db.session.commit()
    made = read()
    begin_writing()
    db.session.expire_all()
    check_again()
    return made


def allow_attachments(storages: Sequence[FileStorage]) -> None:
    """Refuse files while adding them is switched off; what brings none goes on. Raises Locked (423)."""
    if not any(storage.filename for storage in storages):
        return
    standing = standing_of(workspace().id)
    if not standing.may(Capability.UPLOAD):
        raise Locked(standing.sentence if standing.is_suspended else FILES_OFF)
