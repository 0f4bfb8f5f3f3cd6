"""Who is told that a policy changes, once each, and how far the telling came."""

import pytest
from sqlalchemy import func, select, update

from app import mail
from app.db import db
from app.errors import Invalid
from app.jobs import QueuedJob
from app.mail import MailMessage, MailState
from app.notices import queries, services
from app.notices.models import Delivery
from app.workspaces.models import Membership, Role
from tasks import mail as mail_job
from tests.factories import a_member, a_user, a_workspace
from tests.notices.conftest import recipients, send


def test_every_member_is_told_once_however_many_workspaces_they_are_in(change, ada):
    a_member(a_workspace(), Role.REVIEWER, user=ada.user)
    other = a_member(ada.workspace, Role.REVIEWER)
    gone = a_member(ada.workspace, Role.BUILDER)
    gone.ended_at = services.now()
    a_user()  # in no workspace
    notice = change(counts=20)

    send(notice)

    assert [r.user_id for r in recipients()] == [ada.user_id, other.user_id]
    sent = db.session.scalars(select(MailMessage).order_by(MailMessage.id)).all()
    assert [m.recipients for m in sent] == [[ada.user.email], [other.user.email]] and notice.finished_at
    assert "/legal/rules/compare/1.0...1.1" in sent[0].text and "Hello Ada Lovelace" in sent[0].text
    assert "House rules: what changes on" in sent[0].subject


def test_a_policy_that_only_informs_is_told_to_those_who_manage(change, ada):
    a_member(ada.workspace, Role.BUILDER)
    admin = a_member(ada.workspace, Role.ADMIN)

    send(change("none", counts=20))

    assert [r.user_id for r in recipients()] == [ada.user_id, admin.user_id]


@pytest.mark.parametrize("fields", [{"material": "false", "notice_days": 0}])
def test_a_change_without_new_meaning_is_told_to_nobody(change, ada, fields):
    assert change(counts=20, **fields) is None


def test_the_work_is_queued_with_the_publication_and_can_be_done_twice(change, ada):
    notice = change(counts=20)

    assert db.session.scalar(select(func.count()).where(QueuedJob.name == "send_notice")) == 1
    send(notice)
    send(notice)
    assert db.session.scalar(select(func.count(MailMessage.id))) == 1


def test_a_batch_that_is_cut_off_is_sent_whole_later_and_nobody_gets_two(change, ada, monkeypatch):
    for _ in range(7):
        a_member(ada.workspace)
    monkeypatch.setattr(services, "MAILED_AT_ONCE", 3)
    monkeypatch.setattr(services, "GATHERED_AT_ONCE", 3)
    notice, written, real = change(counts=20), 0, mail.send

    def dies_at_the_fifth(**message):
        nonlocal written
        written += 1
        if written == 5:
            raise KeyboardInterrupt
        return real(**message)

    monkeypatch.setattr(mail, "send", dies_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        send(notice)
    db.session.rollback()
    assert db.session.scalar(select(func.count(MailMessage.id))) == 3

    send(notice)

    to = [address for message in db.session.scalars(select(MailMessage)) for address in message.recipients]
    assert len(to) == len(set(to)) == 8 and all(r.mail_id for r in recipients())


def test_the_state_of_each_is_what_their_mail_and_they_themselves_say(change, ada):
    people = [ada, *(a_member(ada.workspace) for _ in range(4))]
    notice = change(counts=20)
    send(notice)
    queued, sent, failed, returned, seen = recipients()
    for recipient, state in ((queued, MailState.QUEUED), (failed, MailState.FAILED), (seen, MailState.FAILED)):
        db.session.execute(update(MailMessage).where(MailMessage.id == recipient.mail_id).values(state=state))
    returned.returned_at = services.now()
    services.mark_seen(notice.id, people[4].user)
    db.session.commit()

    told = [one.delivery for one in queries.recipients(notice)]

    assert told == [Delivery.QUEUED, Delivery.SENT, Delivery.BOUNCED, Delivery.BOUNCED, Delivery.SEEN]
    assert queries.counts_of(notice) == {"queued": 1, "sent": 1, "bounced": 2, "seen": 1}
    assert [one.id for one in queries.recipients(notice, state=Delivery.BOUNCED)] == [failed.id, returned.id]


def test_those_who_were_told_are_told_that_it_was_withdrawn(change, ada):
    notice = change(counts=20)
    send(notice)
    a_member(ada.workspace)  # came later and was told nothing
    notice.version.stage, recall = "withdrawn", services.recall(notice.version)
    db.session.commit()

    send(recall)

    assert db.session.scalars(select(MailMessage.subject).order_by(MailMessage.id)).all()[1:] == [
        "House rules: the announced change is withdrawn"
    ]


def test_a_notice_whose_version_is_withdrawn_meanwhile_stops(change, ada):
    notice = change(counts=20)
    notice.version.stage = "withdrawn"
    db.session.commit()

    send(notice)

    assert db.session.scalar(select(func.count(MailMessage.id))) == 0 and notice.finished_at


def test_a_notice_whose_delivery_was_cut_off_is_not_delivered_again(app, monkeypatch):
    message, _ = mail.write(
        to=["ada@fennelrye.example"], subject="Once", text="Once", workspace_id=None, key="once",
        state=MailState.QUEUED, at_most_once=True,
    )  # fmt: skip
    assert mail.claim(message.id)
    db.session.commit()
    monkeypatch.setattr(mail, "CLAIM_SECONDS", -1)
    monkeypatch.setattr(mail, "hand_over", lambda **_: pytest.fail("it may have left already"))

    mail_job.deliver(message.id)

    db.session.expire_all()
    assert (message.state, message.problem) == (MailState.FAILED, "the delivery was cut off and is not repeated")


def test_a_name_cannot_break_the_letter(change, app):
    member: Membership = a_member(a_workspace())
    member.user.name = "{link} \u2028 {0}"
    db.session.commit()

    send(change(counts=20))

    assert "Hello {link}" in db.session.scalars(select(MailMessage)).one().text
    with pytest.raises(Invalid):
        mail.checked_subject("a\u2028b")
