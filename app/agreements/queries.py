"""Finding agreements, and the one question everybody asks: which terms apply to this customer on this day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import or_, select

from app.accounts.models import StaffMember
from app.agreements import parameters
from app.agreements.models import Agreement, Effect, Kind, Override, State
from app.agreements.terms import Change, Signed, Terms, in_force
from app.db import db, now
from app.errors import NotFound
from app.legal import library
from app.legal.texts import Policy
from app.workspaces.models import Workspace

PAGE = 25


def terms_for(workspace: Workspace, at: date | datetime | None = None, *, draft: Agreement | None = None) -> Terms:
    """What applies to `workspace` on a day: today's by default, in UTC. At most two queries; nothing is cached.

    With `draft` as it would be if that draft were active: for showing staff what they are about to agree.
    """
    rows = [*_entered(workspace.id), *([draft] if draft is not None else [])]
    signed = [as_signed(row) for row in rows]
    return _terms(_day(at), signed, _changes(signed))


def counts_from(policy: Policy, workspace: Workspace) -> date:
    """The day from which a version counts for a customer: later where an agreement gives them more notice."""
    return terms_for(workspace).counts_from(policy)


def with_agreements(workspace_ids: Iterable[int]) -> set[int]:
    """Those of these customers who have signed anything."""
    query = select(Agreement.workspace_id).where(Agreement.workspace_id.in_(list(workspace_ids)))
    return set(db.session.scalars(query.where(Agreement.state != State.DRAFT).distinct()))


def _terms(day: date, signed: Sequence[Signed], changes: Sequence[Change]) -> Terms:
    counting = in_force(signed, day)
    ids = {agreement.id for agreement in counting}
    return Terms(
        day=day,
        agreements=tuple(counting),
        others=tuple(one for one in signed if one.id not in ids),
        changes=tuple(change for change in changes if change.agreement.id in ids),
        versions=library.versions,
        slugs=library.slugs,
        on=lambda other: _terms(other, signed, changes),
    )


def as_signed(row: Agreement) -> Signed:
    """The row as the rules of precedence see it."""
    return Signed(
        id=row.id,
        kind=Kind(row.kind),
        signed_on=row.signed_on,
        starts_on=row.starts_on,
        last_day=row.last_day,
        amends_id=row.amends_id,
        public_id=row.public_id,
        title=row.title,
        reference=row.reference,
        document_name=row.document_name,
        document_size=row.document_size,
    )


def get_agreement(public_id: str) -> Agreement:
    """Any agreement, for staff. Raises NotFound."""
    return _found(db.session.scalar(select(Agreement).where(Agreement.public_id == public_id)))


def get_agreement_of(workspace: Workspace, public_id: str) -> Agreement:
    """An agreement of this customer that is or was active. Raises NotFound for drafts and for other customers'."""
    query = select(Agreement).where(Agreement.workspace_id == workspace.id, Agreement.public_id == public_id)
    return _found(db.session.scalar(query.where(Agreement.state != State.DRAFT)))


@dataclass(frozen=True)
class Listed:
    """An agreement with whose it is."""

    agreement: Agreement
    workspace: Workspace


def agreements(words: str = "", state: str = "", *, before: int | None = None) -> list[Listed]:
    """Up to PAGE + 1 of them, newest first, by state and by part of the customer's name, title or number."""
    query = select(Agreement, Workspace).join(Workspace, Workspace.id == Agreement.workspace_id)
    if words:
        fields = (Workspace.name, Workspace.slug, Agreement.title, Agreement.reference)
        query = query.where(or_(*(field.icontains(words, autoescape=True) for field in fields)))
    if state in list(State):
        query = query.where(Agreement.state == state)
    if before is not None:
        query = query.where(Agreement.id < before)
    rows = db.session.execute(query.order_by(Agreement.id.desc()).limit(PAGE + 1))
    return [Listed(row[0], row[1]) for row in rows]


def agreements_of(workspace: Workspace) -> Sequence[Agreement]:
    """All of a customer's, drafts too, newest first, at most 100."""
    query = select(Agreement).where(Agreement.workspace_id == workspace.id).order_by(Agreement.id.desc())
    return db.session.scalars(query.limit(100)).all()


def amendable(workspace_id: int) -> Sequence[Agreement]:
    """What an amendment of this customer's can change: the active ones, newest first."""
    query = select(Agreement).where(Agreement.workspace_id == workspace_id, Agreement.state == State.ACTIVE)
    return db.session.scalars(query.order_by(Agreement.id.desc())).all()


def amendments_of(agreement: Agreement) -> Sequence[Agreement]:
    """The active amendments that stand and fall with it."""
    query = select(Agreement).where(Agreement.amends_id == agreement.id, Agreement.state == State.ACTIVE)
    return db.session.scalars(query.order_by(Agreement.id)).all()


def overrides_of(agreement: Agreement) -> Sequence[Override]:
    """What it changes, by policy and in the order it was entered."""
    query = select(Override).where(Override.agreement_id == agreement.id)
    return db.session.scalars(query.order_by(Override.policy, Override.id)).all()


def find_override(agreement: Agreement, policy: str, clause: str) -> Override | None:
    """What it says about this clause, if it does."""
    query = select(Override).where(Override.agreement_id == agreement.id, Override.policy == policy)
    return db.session.scalar(query.where(Override.clause == clause))


def get_override(agreement: Agreement, public_id: str) -> Override:
    """One override of this agreement. Raises NotFound."""
    query = select(Override).where(Override.agreement_id == agreement.id, Override.public_id == public_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def workspace_of(agreement: Agreement) -> Workspace:
    return db.session.get_one(Workspace, agreement.workspace_id)


def names_of(agreement: Agreement) -> dict[int, str]:
    """The names of the staff who wrote, activated and ended it, by id."""
    ids = {*agreement.authors, agreement.created_by, agreement.activated_by, agreement.ended_by} - {None}
    rows = db.session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _day(at: date | datetime | None) -> date:
    if at is None:
        return now().date()
    return at.astimezone(UTC).date() if isinstance(at, datetime) else at


def _entered(workspace_id: int) -> Sequence[Agreement]:
    query = select(Agreement).where(Agreement.workspace_id == workspace_id, Agreement.state != State.DRAFT)
    return db.session.scalars(query.order_by(Agreement.id)).all()


def _changes(signed: Sequence[Signed]) -> list[Change]:
    by_id = {agreement.id: agreement for agreement in signed}
    if not by_id:
        return []
    rows = db.session.scalars(select(Override).where(Override.agreement_id.in_(by_id)).order_by(Override.id))
    return [
        Change(
            agreement=by_id[row.agreement_id],
            policy=row.policy,
            clause=row.clause,
            effect=Effect(row.effect),
            text=row.text,
            figures=parameters.read(row.parameters),
        )
        for row in rows
    ]


def _found(agreement: Agreement | None) -> Agreement:
    if agreement is None:
        raise NotFound()
    return agreement
