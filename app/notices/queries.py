"""How far notices came, and with whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from app.accounts.models import User
from app.db import db
from app.errors import NotFound
from app.legal import library
from app.legal.models import PolicyVersion
from app.legal.texts import Acceptance, Policy
from app.mail import MailMessage, MailState
from app.notices.models import Delivery, Kind, NoticeRecipient, PolicyNotice
from app.workspaces.models import Membership, Role

PAGE = 50
MANAGING = (Role.OWNER, Role.ADMIN)
"""Who hears of a policy that only informs."""
TAKEN = (MailState.SENT, MailState.KEPT)
"""The mail server took it; in development, where nothing leaves, it was kept."""


@dataclass(frozen=True)
class Told:
    """One person and how far the notice came with them."""

    id: int
    public_id: str
    name: str
    email: str
    delivery: Delivery


def delivery() -> ColumnElement[str]:
    """The delivery state of a NoticeRecipient joined with its mail."""
    return case(
        (NoticeRecipient.seen_at.is_not(None), Delivery.SEEN),
        (or_(NoticeRecipient.returned_at.is_not(None), MailMessage.state == MailState.FAILED), Delivery.BOUNCED),
        (MailMessage.state.in_(TAKEN), Delivery.SENT),
        else_=Delivery.QUEUED,
    )


def asks_for_notice(policy: Policy) -> bool:
    """Whether a version is told to anybody: not a first one, nor a change without new meaning."""
    return policy.is_material and any(other.order < policy.order for other in library.versions(policy.slug))


def members_concerned(policy: Policy) -> Select[int]:
    """The ids of the people whom a change of a policy is for, once per workspace they are in."""
    query = select(Membership.user_id).where(Membership.ended_at.is_(None))
    if policy.acceptance == Acceptance.NONE:
        return query.where(Membership.role.in_(MANAGING))
    return query


def audience(policy: Policy) -> int:
    """How many people would be told if this version were published now."""
    people = members_concerned(policy).distinct().subquery()
    return (db.session.scalar(select(func.count()).select_from(people)) or 0) if asks_for_notice(policy) else 0


def find_notice(version_id: int) -> PolicyNotice | None:
    """The notice that announced a version, if one was given."""
    query = select(PolicyNotice).where(PolicyNotice.version_id == version_id, PolicyNotice.kind == Kind.CHANGE)
    return db.session.scalar(query)


def get_recipient(version_id: int, public_id: str) -> NoticeRecipient:
    """Somebody who was told of this version. Raises NotFound."""
    query = select(NoticeRecipient).join(PolicyNotice, PolicyNotice.id == NoticeRecipient.notice_id)
    query = query.where(PolicyNotice.version_id == version_id, NoticeRecipient.public_id == public_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def counts_of(notice: PolicyNotice) -> dict[Delivery, int]:
    """How many people the notice came how far with; every state is there."""
    state = delivery().label("state")
    query = select(state, func.count()).select_from(NoticeRecipient).outerjoin(NoticeRecipient.mail)
    query = query.where(NoticeRecipient.notice_id == notice.id).group_by(state)
    found = {Delivery(name): count for name, count in db.session.execute(query)}
    return {one: found.get(one, 0) for one in Delivery}


def recipients(notice: PolicyNotice, *, after: int = 0, state: Delivery | None = None) -> Sequence[Told]:
    """Up to PAGE + 1 people, in the order they are told; the extra one says there are more."""
    query = (
        select(NoticeRecipient.id, NoticeRecipient.public_id, User.name, User.email, delivery())
        .join(NoticeRecipient.user)
        .outerjoin(NoticeRecipient.mail)
        .where(NoticeRecipient.notice_id == notice.id, NoticeRecipient.id > after)
    )
    if state is not None:
        query = query.where(delivery() == state)
    rows = db.session.execute(query.order_by(NoticeRecipient.id).limit(PAGE + 1))
    return [Told(row[0], row[1], row[2], row[3], Delivery(row[4])) for row in rows]


def notices_to(
    user_id: int, versions: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[PolicyNotice, Delivery]]:
    """The notices of these (slug, version) that were addressed to a person, and how far each came."""
    if not versions:
        return {}
    named = or_(*(and_(PolicyVersion.slug == s, PolicyVersion.version == v) for s, v in versions))
    query = (
        select(PolicyNotice, delivery())
        .join(NoticeRecipient, NoticeRecipient.notice_id == PolicyNotice.id)
        .join(PolicyNotice.version)
        .outerjoin(NoticeRecipient.mail)
        .where(NoticeRecipient.user_id == user_id, PolicyNotice.kind == Kind.CHANGE, named)
    )
    return {
        (notice.version.slug, notice.version.version): (notice, Delivery(state))
        for notice, state in db.session.execute(query)
    }
