"""Several people change the directory at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.accounts.models import User
from app.dataflow.origins import Kind
from app.db import db
from app.directory import queries, services
from app.directory.models import EntryKind
from app.directory.queries import named_by_directory
from app.errors import Conflict, Invalid
from app.workspaces.models import Workspace
from tests.factories import a_member
from tests.factories.directory import an_entry

PEOPLE = 4


def at_once(app, person: int, change: Callable[[User, int], object]) -> list[str]:
    """What each of several is told who make `change` at the same moment."""
    ready = Barrier(PEOPLE)
    db.session.commit()  # SQLite has one writer, and the test's own reading counts as one

    def one(number: int) -> str:
        with app.app_context():
            user = db.session.get_one(User, person)
            db.session.commit()
            ready.wait(10)
            try:
                change(user, number)
                db.session.commit()
                return "done"
            except (Conflict, Invalid):
                db.session.rollback()
                return "told"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return sorted(pool.map(one, range(PEOPLE)))


def test_one_adds_it_and_the_others_are_told(app):
    ada = a_member()
    here = ada.workspace_id

    def add(user, number):
        services.add(db.session.get_one(Workspace, here), EntryKind.PARTY, ["Hartwell Ltd"], note="", by=user)

    assert at_once(app, ada.user_id, add) == ["done", "told", "told", "told"]
    assert queries.count(here) == 1


def test_nobody_adds_more_than_there_is_room_for(app, monkeypatch):
    monkeypatch.setattr(services, "MOST", 2)
    ada = a_member()
    here = ada.workspace_id

    def add(user, number):
        services.add(db.session.get_one(Workspace, here), EntryKind.PARTY, [f"Mill {number}"], note="", by=user)

    assert at_once(app, ada.user_id, add) == ["done", "done", "told", "told"]
    assert len(named_by_directory(here).names[Kind.PARTY]) == queries.count(here) == 2


def test_one_takes_it_out_and_the_others_are_told(app):
    ada = a_member()
    here, entry = ada.workspace_id, an_entry(ada).public_id

    def end(user, number):
        services.end(queries.get_entry(here, entry), by=user)

    assert at_once(app, ada.user_id, end) == ["done", "told", "told", "told"]
    assert not named_by_directory(here).names[Kind.PARTY]
