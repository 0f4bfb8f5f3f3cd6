"""Absences: when a member is away and who stands in; owners and admins speak for everybody."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, member, membership, workspace
from app.accounts.forms import blame
from app.db import db
from app.errors import Invalid, NotFound
from app.formats import short_day
from app.web import done
from app.workspaces import absences, queries
from app.workspaces.forms import AbsenceForm
from app.workspaces.models import Membership
from app.workspaces.permissions import permits

bp = Blueprint("absences", __name__, url_prefix="/<workspace>/absences")


def _index(form: AbsenceForm | None = None, status: int = 200) -> ResponseReturnValue:
    here, before = workspace(), request.args.get("before")
    rows = queries.absences(here, viewer=membership(), before=before)
    people = queries.people(here)
    page = render_template(
        "workspaces/absences.html",
        rows=rows[: queries.PAGE],
        older=rows[queries.PAGE - 1].public_id if len(rows) > queries.PAGE else None,
        before=before,
        today=queries.today(here),
        form=form or AbsenceForm(formdata=None, person=membership().public_id),
        people=people,
        deciders=[row for row in people if permits(row.role, Permission.APPROVE)],
        form_failed=status == 422,
    )
    return page, status


def _list() -> str:
    return url_for("workspaces.absences.index", workspace=workspace().slug)


def _chosen(public_id: str | None, field: str) -> Membership:
    try:
        return queries.get_member(workspace(), public_id or "")
    except NotFound as error:
        raise Invalid("Choose a member from the list.", field=field) from error


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    return _index()


@bp.post("")
@member(Permission.VIEW, needs=Capability.CHANGE)
def add() -> ResponseReturnValue:
    form = AbsenceForm()
    try:
        if not form.validate():
            raise Invalid()
        made = absences.add(
            workspace(),
            _chosen(form.person.data, "person") if form.person.data else membership(),
            first_day=form.first_day.data,
            last_day=form.last_day.data,
            stand_in=_chosen(form.stand_in.data, "stand_in") if form.stand_in.data else None,
            note=form.note.data or "",
            by=membership(),
        )
    except Invalid as error:
        db.session.rollback()
        return _index(blame(form, error), 422)
    db.session.commit()
    days = f"{short_day(made.first_day)} to {short_day(made.last_day)}"
    return done(None, to=_list(), say=f"{made.membership.user.name} is away from {days}.")


@bp.post("/<absence>/end")
@member(Permission.VIEW)
def end(absence: str) -> ResponseReturnValue:
    found = queries.get_absence(workspace(), absence, viewer=membership())
    absences.end(found, by=membership())
    db.session.commit()
    return done(None, to=_list(), say=f"{found.membership.user.name} is not away any more.")
