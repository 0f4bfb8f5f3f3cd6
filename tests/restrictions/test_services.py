"""Measures as the rest of the product feels them: all at once, once only, and all undone by lifting."""

import threading

import pytest
from sqlalchemy import func, select

from app.access import Capability
from app.accounts.models import StaffMember
from app.audit.models import AuditEntry
from app.db import db, now
from app.errors import Conflict, Invalid, Locked
from app.events import STREAM
from app.jobs import QueuedJob
from app.mail import MailMessage
from app.restrictions.models import Ground, Restriction
from app.restrictions.services import SWITCHABLE, lift, require, restrict, standing_of, suspend
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_workspace


@pytest.fixture
def kofi(app) -> StaffMember:
    member = StaffMember(
        email="trust@staff.example", name="Kofi Osei", password_hash="-", totp_sealed="-", roles=["trust"]
    )
    db.session.add(member)
    db.session.commit()
    return member


@pytest.fixture
def northwind(app) -> Workspace:
    workspace = a_workspace("Northwind", slug="northwind")
    a_member(workspace, name="Henrik Dahl")
    return workspace


def stop(workspace, by, **fields):
    words = {"ground": Ground.SECURITY, "reason": "A key leaked.", "clause": "Terms of service 1.0, clause 2.2"}
    measure = suspend(workspace, by=by, **words | fields)
    db.session.commit()
    return measure


def switch_off(workspace, by, *capabilities):
    words = {"ground": Ground.PLATFORM_ABUSE, "reason": "Mail without consent.", "clause": "2.2"}
    measure = restrict(workspace, capabilities=list(capabilities), by=by, **words)
    db.session.commit()
    return measure


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def jobs() -> list[tuple[str, list]]:
    return [(row.name, row.args) for row in db.session.scalars(select(QueuedJob).order_by(QueuedJob.id))]


def signals(redis) -> list[tuple[int, str]]:
    return [(int(entry[b"w"]), entry[b"n"].decode()) for _, entry in redis.xrange(STREAM)]


def test_a_new_workspace_may_do_everything(northwind):
    assert standing_of(northwind.id).state == "active"
    assert all(standing_of(northwind.id).may(capability) for capability in Capability)


def test_a_suspended_workspace_may_do_nothing(northwind, kofi):
    stop(northwind, kofi)

    assert standing_of(northwind.id).state == "suspended"
    assert not any(standing_of(northwind.id).may(capability) for capability in Capability)
    with pytest.raises(Locked, match="suspended. You can still sign in, read and export"):
        require(northwind.id, Capability.CHANGE)


@pytest.mark.parametrize("off", list(SWITCHABLE))
def test_what_is_switched_off_is_off_and_nothing_else(northwind, kofi, off):
    switch_off(northwind, kofi, off)

    standing = standing_of(northwind.id)
    assert standing.state == "restricted"
    assert [c for c in Capability if not standing.may(c)] == [off]
    with pytest.raises(Locked, match="switched off"):
        require(northwind.id, off)


def test_another_workspace_is_not_touched(northwind, kofi):
    other = a_workspace()

    stop(northwind, kofi)

    assert standing_of(other.id).state == "active"


def test_a_suspension_parks_runs_tells_browsers_and_writes_to_owners(northwind, kofi, redis):
    a_member(northwind, Role.ADMIN)
    a_member(northwind, ended_at=now())
    second = a_member(northwind, Role.OWNER)

    stop(northwind, kofi)

    assert ("park_runs", [northwind.id]) in jobs()
    assert {(northwind.id, "standing"), (northwind.id, "access")} <= set(signals(redis))
    letter = db.session.scalars(select(MailMessage)).one()
    assert len(letter.recipients) == 2 and second.user.email in letter.recipients
    assert "A key leaked." in letter.text and "hello@leenops.com" in letter.text


def test_nothing_of_it_happens_when_it_is_not_committed(northwind, kofi, redis):
    entries = count(AuditEntry)
    suspend(northwind, ground=Ground.LEGAL, reason="Mistake.", clause="2.2", by=kofi)
    db.session.rollback()

    assert (count(Restriction), count(MailMessage), count(QueuedJob), count(AuditEntry)) == (0, 0, 0, entries)
    assert not signals(redis)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_measure_needs_words_for_the_customer(northwind, kofi, reason):
    with pytest.raises(Invalid):
        stop(northwind, kofi, reason=reason)


def test_switching_off_nothing_is_no_measure(northwind, kofi):
    with pytest.raises(Invalid):
        switch_off(northwind, kofi)
    with pytest.raises(Invalid):
        switch_off(northwind, kofi, Capability.DECIDE)


def test_a_second_suspension_is_a_conflict(northwind, kofi):
    stop(northwind, kofi)

    with pytest.raises(Conflict):
        stop(northwind, kofi)


def test_the_same_restriction_twice_is_a_conflict_and_a_wider_one_is_not(northwind, kofi):
    switch_off(northwind, kofi, Capability.UPLOAD)
    with pytest.raises(Conflict):
        switch_off(northwind, kofi, Capability.UPLOAD)
    db.session.rollback()

    switch_off(northwind, kofi, Capability.UPLOAD, Capability.INVITE)

    assert not standing_of(northwind.id).may(Capability.INVITE)


def test_lifting_gives_everything_back(northwind, kofi):
    measure = stop(northwind, kofi)

    lift(measure, reason="The key was replaced.", by=kofi)
    db.session.commit()

    assert standing_of(northwind.id).state == "active"
    assert ("resume_runs", [northwind.id]) in jobs()
    assert (measure.lifted_by, measure.lift_reason) == (kofi.id, "The key was replaced.")


def test_what_was_switched_off_before_a_suspension_stays_off_after_it(northwind, kofi):
    switch_off(northwind, kofi, Capability.MOVE_MONEY)
    measure = stop(northwind, kofi)
    assert standing_of(northwind.id).suspension is measure

    lift(measure, reason="Replaced.", by=kofi)
    db.session.commit()

    standing = standing_of(northwind.id)
    assert standing.may(Capability.START_RUNS) and not standing.may(Capability.MOVE_MONEY)
    letter = db.session.scalars(select(MailMessage.text).order_by(MailMessage.id.desc())).first()
    assert "Other measures stay in force." in letter


def test_a_measure_is_lifted_once(northwind, kofi):
    measure = stop(northwind, kofi)
    lift(measure, reason="Replaced.", by=kofi)
    db.session.commit()

    with pytest.raises(Conflict):
        lift(measure, reason="Again.", by=kofi)


def test_lifting_needs_a_reason(northwind, kofi):
    measure = stop(northwind, kofi)

    with pytest.raises(Invalid):
        lift(measure, reason=" ", by=kofi)


def test_a_lifted_workspace_can_be_suspended_again(northwind, kofi):
    lift(stop(northwind, kofi), reason="Replaced.", by=kofi)
    db.session.commit()

    stop(northwind, kofi)

    assert standing_of(northwind.id).is_suspended


def at_once(app, times: int, act) -> tuple[int, int]:
    """Let `act` run in so many threads at the same moment: how many did it, how many were told of a conflict."""
    did, refused, start = [], [], threading.Barrier(times)
    db.session.rollback()  # lets go of the read

    def one() -> None:
        with app.app_context():
            start.wait()
            try:
                act()
                db.session.commit()
                did.append(1)
            except Conflict:
                refused.append(1)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(did), len(refused)


def test_of_many_suspensions_at_once_one_is_made(app, northwind, kofi):
    workspace, staff = northwind.id, kofi.id

    def act():
        found, by = db.session.get_one(Workspace, workspace), db.session.get_one(StaffMember, staff)
        suspend(found, ground=Ground.SECURITY, reason="A key leaked.", clause="2.2", by=by)

    assert at_once(app, 8, act) == (1, 7)
    assert (count(Restriction), count(MailMessage)) == (1, 1)


def test_of_many_who_lift_at_once_one_does(app, northwind, kofi):
    measure, staff = stop(northwind, kofi).id, kofi.id

    def act():
        lift(db.session.get_one(Restriction, measure), reason="Replaced.", by=db.session.get_one(StaffMember, staff))

    assert at_once(app, 8, act) == (1, 7)
    assert count(MailMessage) == 2
