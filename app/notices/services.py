"""Announcing a changed policy: who is concerned is gathered and mailed in batches that resume where they stopped.

Each batch is one transaction: the mails are rows with a key of their own, written together with the mark
that they were, so that however often a batch is cut off nobody gets two.
"""

from datetime import date, datetime

from sqlalchemy import Select, select, update

from app import jobs, mail
from app.accounts.models import StaffMember, User
from app.agreements.queries import counts_from, with_agreements
from app.audit.services import record
from app.db import changed, db, insert_unless_there, new_public_id, now
from app.legal import texts
from app.legal.models import PolicyVersion, Stage
from app.legal.texts import Policy
from app.notices import queries
from app.notices.letter import letter, recalled
from app.notices.models import Kind, NoticeRecipient, PolicyNotice
from app.workspaces.models import Membership, Workspace

GATHERED_AT_ONCE = 1000
MAILED_AT_ONCE = 100


def announce(row: PolicyVersion) -> PolicyNotice | None:
    """Have the members concerned told of a version that was just published; None when nobody needs to be. Flushes."""
    policy = texts.parse(row.source, name=row.name)
    return _give(row, Kind.CHANGE) if queries.asks_for_notice(policy) else None


def recall(row: PolicyVersion) -> PolicyNotice | None:
    """Tell everybody who was told of a version that it was withdrawn; None when nobody was. Flushes."""
    return _give(row, Kind.WITHDRAWAL) if queries.find_notice(row.id) else None


def _give(row: PolicyVersion, kind: Kind) -> PolicyNotice:
    notice = PolicyNotice(version_id=row.id, version=row, kind=kind)
    db.session.add(notice)
    db.session.flush()
    jobs.enqueue(jobs.SEND_NOTICE, notice.id)
    return notice


def gather(notice: PolicyNotice) -> bool:
    """Add the next GATHERED_AT_ONCE people concerned. Whether any are left to add. Flushes."""
    if notice.gathered_at is not None:
        return False
    found = db.session.scalars(_concerned(notice).limit(GATHERED_AT_ONCE)).all()
    if not found:
        notice.gathered_at = now()
        return False
    rows = [{"notice_id": notice.id, "user_id": user, "public_id": new_public_id()} for user in found]
    db.session.execute(insert_unless_there(NoticeRecipient).values(rows))
    notice.gathered_to = found[-1]
    return True


def _concerned(notice: PolicyNotice) -> Select[int]:
    """Whom a notice is for, after those gathered already: their ids in order."""
    if notice.kind == Kind.WITHDRAWAL:
        told = select(NoticeRecipient.user_id).join(PolicyNotice, PolicyNotice.id == NoticeRecipient.notice_id)
        told = told.where(PolicyNotice.version_id == notice.version_id, PolicyNotice.kind == Kind.CHANGE)
        told = told.where(NoticeRecipient.user_id > notice.gathered_to, NoticeRecipient.mail_id.is_not(None))
        return told.order_by(NoticeRecipient.user_id)
    query = queries.members_concerned(policy_of(notice)).where(Membership.user_id > notice.gathered_to)
    return query.distinct().order_by(Membership.user_id)


def send_batch(notice: PolicyNotice) -> bool:
    """Write the next MAILED_AT_ONCE mails and mark who they are for. Whether any are left. Flushes."""
    query = select(NoticeRecipient).where(NoticeRecipient.notice_id == notice.id, NoticeRecipient.mail_id.is_(None))
    waiting = db.session.scalars(query.order_by(NoticeRecipient.id).limit(MAILED_AT_ONCE)).all()
    if not waiting or _is_void(notice):
        _finish(notice)
        return False
    policy, write = policy_of(notice), recalled if notice.kind == Kind.WITHDRAWAL else letter
    people = {u.id: u for u in db.session.scalars(select(User).where(User.id.in_([w.user_id for w in waiting])))}
    starts = _starts(policy, list(people))
    for recipient in waiting:
        subject, text = write(
            policy,
            name=people[recipient.user_id].name,
            base_url=mail.settings().base_url,
            starts_for=starts.get(recipient.user_id, {}),
        )
        written = mail.send(
            to=[people[recipient.user_id].email],
            subject=subject,
            text=text,
            key=f"notice:{notice.public_id}:{recipient.public_id}",
            at_most_once=True,
        )
        recipient.mail_id = written.id
    db.session.flush()
    return True


def _starts(policy: Policy, user_ids: list[int]) -> dict[int, dict[str, date]]:
    """From when a version counts for each of these people's workspaces, by name."""
    query = select(Membership.user_id, Workspace).join(Workspace, Workspace.id == Membership.workspace_id)
    rows = db.session.execute(query.where(Membership.user_id.in_(user_ids), Membership.ended_at.is_(None))).all()
    signed = with_agreements({workspace.id for _, workspace in rows})
    days = {
        workspace.id: counts_from(policy, workspace) if workspace.id in signed else policy.effective_on
        for workspace in {row[1] for row in rows}
    }
    starts: dict[int, dict[str, date]] = {}
    for user_id, workspace in rows:
        starts.setdefault(user_id, {})[workspace.name] = days[workspace.id]
    return starts


def held(notice_id: int) -> PolicyNotice | None:
    """The notice, which nobody else works on until the transaction ends; None when it is finished."""
    query = select(PolicyNotice).where(PolicyNotice.id == notice_id).with_for_update(of=PolicyNotice)
    notice = db.session.scalar(query.execution_options(populate_existing=True))
    return notice if notice is not None and notice.finished_at is None else None


def mark_seen(notice_id: int, user: User) -> datetime | None:
    """That a person has read a notice; None when it was not sent to them. Flushes."""
    theirs = (NoticeRecipient.notice_id == notice_id, NoticeRecipient.user_id == user.id)
    changed(
        update(NoticeRecipient)
        .where(*theirs, NoticeRecipient.seen_at.is_(None))
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(select(NoticeRecipient.seen_at).where(*theirs))


def mark_returned(recipient: NoticeRecipient, *, by: StaffMember) -> None:
    """That a mail which the server had taken came back: it reached nobody. Flushes."""
    recipient.returned_at = recipient.returned_at or now()
    record(
        "staff:notice:returned",
        f"The notice to {recipient.user.name} came back",
        workspace_id=None,
        actor=by,
        subject=f"notice:{recipient.public_id}",
    )


def policy_of(notice: PolicyNotice) -> Policy:
    return texts.parse(notice.version.source, name=notice.version.name)


def _is_void(notice: PolicyNotice) -> bool:
    """The version was withdrawn before everybody was told that it comes."""
    return notice.kind == Kind.CHANGE and notice.version.stage == Stage.WITHDRAWN


def _finish(notice: PolicyNotice) -> None:
    notice.finished_at = now()
    db.session.flush()
    record(
        "system:notice:sent",
        f"Everybody concerned was told of {notice.version.title} {notice.version.version}",
        workspace_id=None,
        subject=f"policy:{notice.version.slug}",
        after={"version": notice.version.version, "notice": notice.public_id},
    )
