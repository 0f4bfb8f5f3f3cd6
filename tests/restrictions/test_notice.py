"""The notice that an agreement gives before a measure: none without it, and none for security or the law."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.access import Capability
from app.audit.models import AuditEntry
from app.db import db, now
from app.errors import Conflict
from app.mail import MailMessage
from app.restrictions import notice
from app.restrictions.models import Ground, Level, Restriction
from app.restrictions.notice import NoticeDue
from app.restrictions.services import announce, lift, restrict, standing_of, suspend
from app.workspaces.models import Workspace
from tests.factories import a_member, a_workspace
from tests.factories.agreements import a_colleague, an_agreement, an_override, with_notice

WORDS = {"reason": "Invoice 2026-11 is open.", "clause": "Terms of service 1.0, clause 2.2"}


@pytest.fixture
def kofi(app):
    return a_colleague("Kofi Osei", "trust")


@pytest.fixture
def northwind(app) -> Workspace:
    workspace = a_workspace("Northwind", slug="northwind")
    a_member(workspace, name="Henrik Dahl")
    with_notice(workspace, hours=24)
    return workspace


def stop(workspace, by, ground=Ground.NON_PAYMENT) -> Restriction:
    measure = suspend(workspace, ground=ground, by=by, **WORDS)
    db.session.commit()
    return measure


def switch_off(workspace, by, *capabilities, ground=Ground.NON_PAYMENT) -> Restriction:
    measure = restrict(workspace, ground=ground, capabilities=list(capabilities), by=by, **WORDS)
    db.session.commit()
    return measure


def tell(workspace, by, level=Level.SUSPENDED, *capabilities, ground=Ground.NON_PAYMENT) -> Restriction:
    sent = announce(workspace, level, ground=ground, capabilities=list(capabilities), by=by, **WORDS)
    db.session.commit()
    return sent


def later(hours: float):
    return time_machine.travel(now() + timedelta(hours=hours), tick=False)


@pytest.mark.parametrize("ground", [Ground.OPERATIONAL, Ground.PLATFORM_ABUSE, Ground.NON_PAYMENT])
def test_without_its_notice_a_measure_is_refused_and_says_which_agreement(northwind, kofi, ground):
    with pytest.raises(NoticeDue, match="Order form OF-2026-014, signed 3 Mar 2026: 24 hours of notice") as refused:
        stop(northwind, kofi, ground)
    with pytest.raises(NoticeDue):
        switch_off(northwind, kofi, Capability.UPLOAD, ground=ground)

    assert refused.value.status == 422
    assert standing_of(northwind.id).state == "active"


@pytest.mark.parametrize("ground", [Ground.SECURITY, Ground.LEGAL])
def test_security_and_law_do_not_wait(northwind, kofi, ground):
    stop(northwind, kofi, ground)

    assert standing_of(northwind.id).is_suspended


def test_a_workspace_without_such_an_agreement_waits_for_nothing(app, kofi):
    stop(a_workspace(), kofi)


def test_a_notice_switches_nothing_off_and_says_from_when(northwind, kofi):
    sent = tell(northwind, kofi)

    standing = standing_of(northwind.id)
    assert (standing.state, standing.measures, standing.notices) == ("active", (), (sent,))
    assert all(standing.may(capability) for capability in Capability)
    letter = db.session.scalars(select(MailMessage)).one()
    assert "We intend to suspend Northwind" in letter.text and "Order form OF-2026-014" in letter.text
    assert "announced: suspended" in letter.subject
    kinds = db.session.scalars(select(AuditEntry.chain).where(AuditEntry.kind == "staff:restriction:announced")).all()
    assert sorted(kinds) == [0, northwind.id]


def test_the_measure_is_possible_once_the_hours_are_over_and_uses_the_notice_up(northwind, kofi):
    sent = tell(northwind, kofi)
    with later(23.9), pytest.raises(NoticeDue, match="The notice went out on"):
        stop(northwind, kofi)
    db.session.rollback()

    with later(24.1):
        lift(stop(northwind, kofi), reason="Paid.", by=kofi)
        db.session.commit()
        assert not db.session.get_one(Restriction, sent.id).is_active
        with pytest.raises(NoticeDue, match="Send the notice first"):
            stop(northwind, kofi)


def test_a_notice_on_one_ground_is_none_on_another(northwind, kofi):
    tell(northwind, kofi, ground=Ground.OPERATIONAL)

    with later(25), pytest.raises(NoticeDue):
        stop(northwind, kofi)


def test_a_notice_covers_what_it_announced_and_less(northwind, kofi):
    tell(northwind, kofi, Level.RESTRICT, Capability.UPLOAD, Capability.INVITE)

    with later(25):
        for act in (lambda: stop(northwind, kofi), lambda: switch_off(northwind, kofi, Capability.MOVE_MONEY)):
            with pytest.raises(NoticeDue):
                act()
            db.session.rollback()
        switch_off(northwind, kofi, Capability.INVITE)


def test_a_suspension_announced_covers_a_restriction(northwind, kofi):
    sent = tell(northwind, kofi)

    with later(25):
        switch_off(northwind, kofi, Capability.UPLOAD)
        assert db.session.get_one(Restriction, sent.id).is_active  # what it announced has not come
        stop(northwind, kofi)
        assert not db.session.get_one(Restriction, sent.id).is_active


def test_a_withdrawn_notice_allows_nothing(northwind, kofi):
    lift(tell(northwind, kofi), reason="Paid.", by=kofi)
    db.session.commit()

    with later(25), pytest.raises(NoticeDue):
        stop(northwind, kofi)
    texts = db.session.scalars(select(MailMessage.text).order_by(MailMessage.id)).all()
    assert "is withdrawn" in texts[-1] and "Paid." in texts[-1]


def test_an_old_notice_allows_nothing(northwind, kofi):
    tell(northwind, kofi)

    with later(24 * 32), pytest.raises(NoticeDue):
        stop(northwind, kofi)


def test_a_notice_sent_before_the_agreement_gave_hours_does_not_get_round_them(app, kofi):
    workspace = a_workspace()
    tell(workspace, kofi)
    with_notice(workspace, hours=48)

    with later(1), pytest.raises(NoticeDue):
        stop(workspace, kofi)
    db.session.rollback()
    with later(49):
        stop(workspace, kofi)


def test_the_same_is_announced_once(northwind, kofi):
    tell(northwind, kofi)

    with pytest.raises(Conflict):
        tell(northwind, kofi)


def test_what_is_due_follows_the_agreement_in_force(northwind, kofi):
    order = an_agreement(northwind, reference="OF-2", signed_on=now().date())
    figures = {"suspension_notice_hours": 0}
    an_override(order, "accounts-suspension", effect="supplements", text="At once.", parameters=figures)

    assert notice.promise(northwind).number == 0
    stop(northwind, kofi)
