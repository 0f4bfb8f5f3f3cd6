"""The doctor looks and keeps nobody from writing."""

from app.db import db
from app.doctor import examine
from tests.factories import a_workspace


def test_it_looks_at_everything_and_lets_others_write(app):
    found = {finding.name: finding for finding in examine(app)}

    assert not [finding.words for finding in found.values() if "could not be looked at" in finding.words]
    with db.engine.connect():
        a_workspace()  # takes the write lock at once
        db.session.commit()
