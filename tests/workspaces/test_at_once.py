"""Two people at the same moment: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.db import db as database
from app.errors import DomainError
from app.workspaces import members
from app.workspaces.models import Invitation, Membership, Role, Workspace
from tests.accounts.letters import last_link
from tests.factories import a_member, a_user


def together(app, *actions):
    """Run each in a thread with a session of its own; True for those that committed."""
    start = Barrier(len(actions))

    def one(action):
        with app.app_context():
            start.wait(5)
            try:
                action()
                database.session.commit()
            except DomainError:
                database.session.rollback()
                return False
            return True

    database.session.commit()
    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(one, actions))


def leaving(membership_id):
    def leave():
        seat = database.session.get_one(Membership, membership_id)
        members.remove(database.session.get_one(Workspace, seat.workspace_id), seat, by=seat)

    return leave


def test_of_two_last_owners_who_leave_at_once_one_stays(app, db):
    first = a_member(role=Role.OWNER)
    second = a_member(first.workspace, Role.OWNER)

    results = together(app, leaving(first.id), leaving(second.id))

    assert sorted(results) == [False, True]
    assert db.session.query(Membership).filter_by(ended_at=None).count() == 1


def test_an_invitation_opened_in_two_windows_seats_one(app, db, browser_of):
    owner = a_member(role=Role.OWNER)
    desk = browser_of(owner.user)
    user = a_user(email="mina@whitby.example")
    desk.get(f"/w/{owner.workspace.slug}/members")
    desk.submit("invite", email=user.email, role="reviewer")
    windows = [browser_of(user), browser_of(user)]
    link = last_link(user.email)
    sent = [{"csrf_token": window.token()} for window in windows]
    database.session.commit()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda at: windows[at].client.post(link, data=sent[at]).status_code, (0, 1)))

    assert sorted(answers) == [303, 410]
    assert db.session.query(Membership).filter_by(user_id=user.id).count() == 1
    assert db.session.query(Invitation).one().accepted_at is not None
