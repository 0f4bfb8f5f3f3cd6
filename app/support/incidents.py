"""Staff tell the public how LeenOps is: open, update, resolve, and say that the page is right."""

from datetime import timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import StaffPermission, staff, staff_member
from app.db import db, new_public_id, now
from app.errors import Conflict
from app.incidents import queries, services
from app.incidents.forms import BROKEN, LONGEST_TEXT, STATES, IncidentForm
from app.incidents.models import COMPONENTS, Incident, Kind, State
from app.support import bp
from app.web import Kind as Notice
from app.web import notify, page_key, render, typed_number

UPDATE_DUE = timedelta(hours=4)
"""While an incident lasts we mean to say something at least this often (support and status policy)."""


@bp.get("/incidents")
@staff(StaffPermission.INCIDENTS)
def incidents() -> ResponseReturnValue:
    rows = queries.history(before=page_key(), limit=queries.PAGE + 1)
    at = now()
    return render(
        "support/incidents.html",
        incidents=rows[: queries.PAGE],
        more=len(rows) > queries.PAGE,
        quiet=[i for i in queries.open_incidents() if i.updated_at <= at - UPDATE_DUE],
        overdue=[i for i in queries.open_maintenance() if i.is_overdue(at)],
        looked_at=queries.last_look(),
        at=at,
    )


@bp.get("/incidents/new")
@staff(StaffPermission.INCIDENTS)
def new_incident() -> ResponseReturnValue:
    kind = Kind.MAINTENANCE if request.args.get("kind") == Kind.MAINTENANCE else Kind.INCIDENT
    first = State.PLANNED if kind == Kind.MAINTENANCE else State.INVESTIGATING
    return _new(IncidentForm(kind, state=first), form_key=new_public_id())


@bp.post("/incidents")
@staff(StaffPermission.INCIDENTS)
def open_incident() -> ResponseReturnValue:
    kind = Kind.MAINTENANCE if request.form.get("kind") == Kind.MAINTENANCE else Kind.INCIDENT
    form, form_key = IncidentForm.of(kind, request.form), request.form.get("form_key", "")[:40] or new_public_id()
    if errors := form.errors(now()):
        return _new(form, form_key=form_key, errors=errors)
    try:
        incident = services.open_incident(form, by=staff_member(), form_key=form_key)
    except Conflict as error:  # the page was gone back to: what was typed stays, in a form of its own
        return _new(form, form_key=new_public_id(), errors={"title": [error.sentence]}, status=409)
    db.session.commit()
    return _told(incident, "Published on the status page.")


@bp.get("/incidents/<incident>")
@staff(StaffPermission.INCIDENTS)
def incident(incident: str) -> ResponseReturnValue:
    found = queries.get_incident(incident)
    return _show(found, IncidentForm.about(found))


@bp.post("/incidents/<incident>/updates")
@staff(StaffPermission.INCIDENTS)
def update_incident(incident: str) -> ResponseReturnValue:
    found = queries.get_incident(incident)
    form = IncidentForm.of(Kind(found.kind), request.form).with_title(found.title)
    seen = typed_number("seen")
    if errors := form.errors(now()):
        return _show(found, form, errors=errors, seen=seen)
    if seen != found.last_number:
        return _show(found, form, status=409)
    services.add_update(found, form, seen=seen, by=staff_member())
    db.session.commit()
    return _told(found, "Published on the status page.")


@bp.post("/incidents/looks")
@staff(StaffPermission.INCIDENTS)
def look_at_status() -> ResponseReturnValue:
    services.look(by=staff_member())
    db.session.commit()
    notify(Notice.SUCCESS, "The status page says that you looked.")
    return redirect(url_for("support.incidents"), 303)


def _told(incident: Incident, sentence: str) -> ResponseReturnValue:
    notify(Notice.SUCCESS, sentence)
    return redirect(url_for("support.incident", incident=incident.public_id), 303)


def _new(
    form: IncidentForm, *, form_key: str, errors: dict[str, list[str]] | None = None, status: int = 0
) -> ResponseReturnValue:
    return render(
        "support/incident_new.html",
        status=status or (422 if errors else 200),
        form=form,
        form_key=form_key,
        errors=errors or {},
        words=_words(form),
    )


def _show(
    incident: Incident,
    form: IncidentForm,
    *,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
    seen: int | None = None,
) -> ResponseReturnValue:
    """`seen` stays what it was while mistakes are put right, so that a newer update is not overlooked."""
    return render(
        "support/incident.html",
        status=422 if errors else status,
        incident=incident,
        form=form,
        errors=errors or {},
        seen=incident.last_number if seen is None else seen,
        is_late=status == 409,
        at=now(),
        words=_words(form),
    )


def _words(form: IncidentForm) -> dict[str, object]:
    return {
        "names": {component.value: name for component, (name, _) in COMPONENTS.items()},
        "parts": [(component.value, *words) for component, words in COMPONENTS.items()],
        "states": [state.value for state in STATES[form.kind]],
        "grades": [impact.value for impact in BROKEN],
        "longest": LONGEST_TEXT,
    }
