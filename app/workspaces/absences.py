"""Absences: who is away from when to when, and who stands in. Standing in gives nobody a right they do not have."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import Select, select, update

from app.access import Permission
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.formats import short_day
from app.typed import plain
from app.workspaces import queries
from app.workspaces.models import Absence, Membership, Workspace
from app.workspaces.permissions import permits
from app.workspaces.services import lock_workspace

LONGEST_NOTE = 200
A_YEAR = timedelta(days=366)
DAY = timedelta(days=1)


def add(
    workspace: Workspace,
    member: Membership,
    *,
    first_day: date,
    last_day: date,
    stand_in: Membership | None,
    note: str,
    by: Membership,
) -> Absence:
    """Say that `member` is away from the first day to the last, both included. Flushes.

    Raises NotAllowed when somebody may only speak for themselves, Invalid with the field that does not fit.
    """
    _refuse_to_speak(by, member)
    lock_workspace(workspace)
    db.session.refresh(member)
    if member.ended_at is not None:
        raise Invalid("This person is not a member any more.", field="person")
    _check_days(workspace, member, first_day, last_day)
    if stand_in is not None:
        _check_stand_in(workspace, stand_in, member, first_day, last_day)
    absence = Absence(
        workspace_id=workspace.id,
        membership=member,
        first_day=first_day,
        last_day=last_day,
        stand_in=stand_in,
        note=_checked_note(note),
        created_by=by.user_id,
    )
    db.session.add(absence)
    db.session.flush()
    days = f"{short_day(first_day)} to {short_day(last_day)}"
    summary = f"{member.user.name} is away from {days}"
    _record("member:absence:added", summary, absence, by, after=_facts(absence))
    return absence


def end(absence: Absence, *, by: Membership) -> None:
    """From now on the member is here again; one that has not begun is taken back. Raises Conflict when it is over."""
    _refuse_to_speak(by, absence.membership)
    today = queries.today(by.workspace)
    open_still = (Absence.ended_at.is_(None), Absence.last_day >= today)
    if changed(update(Absence).where(Absence.id == absence.id, *open_still).values(ended_at=now())) != 1:
        raise Conflict("This absence is over already.")
    summary = f"{absence.membership.user.name} is back before {short_day(absence.last_day)}"
    if today < absence.first_day:
        summary = f"{absence.membership.user.name} is not away from {short_day(absence.first_day)} after all"
    _record("member:absence:ended", summary, absence, by, before=_facts(absence))


def stop_standing_in(workspace: Workspace, member: Membership, *, by: Membership) -> None:
    """Take `member` out of the absences to come and of now in which they were to stand in.

    For whoever may not decide any more: should the role come back, nobody is stood in for by surprise.
    """
    for absence in db.session.scalars(_open(workspace).where(Absence.stand_in_id == member.id)):
        before, absence.stand_in = _facts(absence), None
        summary = f"{member.user.name} no longer stands in for {absence.membership.user.name}"
        _record("member:absence:uncovered", summary, absence, by, before=before, after=_facts(absence))
    db.session.flush()


def end_all_of(workspace: Workspace, member: Membership, *, by: Membership) -> None:
    """End the absences of somebody who leaves, and what they were to stand in for."""
    for absence in db.session.scalars(_open(workspace).where(Absence.membership_id == member.id)):
        end(absence, by=by)
    stop_standing_in(workspace, member, by=by)


def may_speak_for(by: Membership, member: Membership) -> bool:
    """Whether `by` may say when `member` is away: everybody for themselves, who manages members for all."""
    return by.id == member.id or permits(by.role, Permission.MEMBERS_MANAGE)


def _refuse_to_speak(by: Membership, member: Membership) -> None:
    if not may_speak_for(by, member):
        raise NotAllowed("Only owners and admins can say when somebody else is away.")


def _check_days(workspace: Workspace, member: Membership, first_day: date, last_day: date) -> None:
    today = queries.today(workspace)
    if first_day < today:
        raise Invalid("Choose today or a later day.", field="first_day")
    if first_day > today + A_YEAR:
        raise Invalid("Choose a first day within a year from now.", field="first_day")
    if last_day < first_day:
        raise Invalid("Choose the first day or a later one.", field="last_day")
    if last_day > first_day + A_YEAR:
        raise Invalid("Choose a last day within a year of the first.", field="last_day")
    others = _open(workspace).where(Absence.membership_id == member.id)
    twin = db.session.scalar(others.where(Absence.first_day <= last_day, Absence.last_day >= first_day).limit(1))
    if twin is not None:
        days = f"from {short_day(twin.first_day)} to {short_day(twin.last_day)}"
        raise Invalid(
            f"{member.user.name} is away {days} already. End that first, or choose other days.", field="first_day"
        )


def _check_stand_in(
    workspace: Workspace, stand_in: Membership, member: Membership, first_day: date, last_day: date
) -> None:
    db.session.refresh(stand_in)
    name = stand_in.user.name
    if stand_in.id == member.id:
        raise Invalid("Choose somebody else: nobody stands in for themselves.", field="stand_in")
    if stand_in.ended_at is not None or not permits(stand_in.role, Permission.APPROVE):
        raise Invalid(f"{name} may not decide on cards. Choose somebody who may.", field="stand_in")
    if _is_away_throughout(workspace, stand_in, first_day, last_day):
        raise Invalid(f"{name} is away all that time too. Choose somebody who is here.", field="stand_in")


def _is_away_throughout(workspace: Workspace, member: Membership, first_day: date, last_day: date) -> bool:
    theirs = _open(workspace).where(Absence.membership_id == member.id, Absence.last_day >= first_day)
    day = first_day
    for absence in db.session.scalars(theirs.order_by(None).order_by(Absence.first_day)):
        if absence.first_day > day:
            break
        day = absence.last_day + DAY
    return day > last_day


def _checked_note(note: str) -> str:
    line = " ".join(plain(note).split())
    if len(line) > LONGEST_NOTE:
        raise Invalid(f"Shorten the note to {LONGEST_NOTE} characters.", field="note")
    return line


def _open(workspace: Workspace) -> Select[Absence]:
    """Absences of now and to come."""
    query = select(Absence).where(Absence.workspace_id == workspace.id, Absence.ended_at.is_(None))
    return query.where(Absence.last_day >= queries.today(workspace)).order_by(Absence.id)


def _facts(absence: Absence) -> dict[str, object]:
    """What the audit log keeps: not the note, which may say why."""
    stand_in = absence.stand_in.user.name if absence.stand_in else None
    return {"first_day": str(absence.first_day), "last_day": str(absence.last_day), "stand_in": stand_in}


def _record(
    kind: str,
    summary: str,
    absence: Absence,
    by: Membership,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    who = f"member:{absence.membership.public_id}"
    then, since = dict(before or {}), dict(after or {})
    record(kind, summary, workspace_id=absence.workspace_id, actor=by.user, subject=who, before=then, after=since)
