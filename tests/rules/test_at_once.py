"""Two people begin a draft at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.accounts.models import User
from app.db import db
from app.errors import Conflict
from app.rules import queries, services
from tests.factories import a_member
from tests.factories.rules import a_rule, in_force


def test_one_begins_the_draft_and_the_other_is_told(app):
    ada = a_member()
    workspace_id, person = ada.workspace_id, ada.user_id
    in_force(workspace_id, a_rule("ask", key="a"))
    ready = Barrier(4)

    def begin(key: str) -> str:
        with app.app_context():
            user = db.session.get_one(User, person)
            db.session.commit()
            ready.wait(10)
            try:
                services.save_rule(workspace_id, a_rule("deny", key=key), seen=0, by=user)
                db.session.commit()
                return "begun"
            except Conflict:
                db.session.rollback()
                return "told"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(begin, "bcde"))

    assert said == ["begun", "told", "told", "told"]
    db.session.expire_all()
    assert len(queries.draft_of(workspace_id).rules) == 2
