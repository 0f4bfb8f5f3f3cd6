"""Reading documents into passages."""

from app.db import db
from app.knowledge import services


def parse(document_id: int) -> None:
    """Read one document, committing after each batch so that no lock is held while a page is read.

    Safe to run again: reading begins anew and ends at once when it is done.
    """
    for _ in services.read(document_id):
        db.session.commit()
