"""Telling of an incident: opened, updated, resolved. Each is one transaction with its line in the staff log."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.accounts.models import StaffMember
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid
from app.incidents.forms import IncidentForm
from app.incidents.models import Impact, Incident, IncidentUpdate, State, StatusLook
from app.incidents.queries import find_by_form


def open_incident(form: IncidentForm, *, by: StaffMember, form_key: str, at: datetime | None = None) -> Incident:
    """Tell the public of an incident or of planned maintenance. Flushes. Sent twice it opens once.

    Raises Invalid when something is missing, Conflict when the same form carried something else before.
    """
    at = at or now()
    if found := find_by_form(form_key):
        if (found.title, found.updates[-1].text) != (form.title, form.text):
            raise Conflict(f"This form was sent already, for “{found.title}”. Send it again to publish this as well.")
        return found
    _check(form, at)
    incident = Incident(
        form_key=form_key,
        kind=form.kind,
        title=form.title,
        worst=_worst(Impact.WORKING, form.impacts),
        opened_at=at,
        **_standing(form, at),
    )
    db.session.add(incident)
    db.session.flush()
    _add(incident, 1, form, at, by)
    _tell("opened", incident, by, before={})
    return incident


def add_update(
    incident: Incident, form: IncidentForm, *, seen: int, by: StaffMember, at: datetime | None = None
) -> None:
    """Say how it stands now. Flushes. `seen` is the last update that `by` has read.

    A resolved one may be told more of, or be open again. Raises Conflict when somebody else said something
    meanwhile, Invalid when something is missing.
    """
    at = at or now()
    _check(form, at)
    before = {"state": incident.state, "impacts": dict(incident.impacts)}
    standing = _standing(form, at, incident)
    worst = _worst(Impact(incident.worst), form.impacts)
    row = update(Incident).where(Incident.id == incident.id, Incident.last_number == seen)
    if changed(row.values(**standing, worst=worst, last_number=seen + 1)) != 1:
        raise Conflict("Somebody else published an update first. Read it, then send yours.")
    db.session.expire(incident)
    _add(incident, seen + 1, form, at, by)
    ended = form.state == State.RESOLVED and before["state"] != State.RESOLVED
    _tell("resolved" if ended else "updated", incident, by, before=before)


def look(*, by: StaffMember) -> None:
    """Say that the status page shows things as they are. Flushes."""
    db.session.add(StatusLook(by=by.id))
    record("staff:status:looked", "Found the status page to be right", workspace_id=None, actor=by)


def _check(form: IncidentForm, at: datetime) -> None:
    for name, sentences in form.errors(at).items():
        raise Invalid(sentences[0], field=name)


def _standing(form: IncidentForm, at: datetime, known: Incident | None = None) -> dict[str, Any]:
    """The columns that every update sets. Once resolved nothing is broken, and the first end counts."""
    ended = form.state == State.RESOLVED
    return {
        "state": State(form.state),
        "impacts": {} if ended else form.impacts,
        "starts_at": form.starts_at or (known.starts_at if known else at),
        "ends_at": form.ends_at if form.is_maintenance else None,
        "updated_at": at,
        "resolved_at": ((known and known.resolved_at) or at) if ended else None,
    }


def _worst(so_far: Impact, impacts: dict[str, str]) -> Impact:
    return max([so_far, *map(Impact, impacts.values())], key=list(Impact).index)


def _add(incident: Incident, number: int, form: IncidentForm, at: datetime, by: StaffMember) -> None:
    said = IncidentUpdate(
        incident_id=incident.id,
        number=number,
        state=incident.state,
        text=form.text,
        impacts=incident.impacts,
        starts_at=incident.starts_at,
        ends_at=incident.ends_at,
        at=at,
        by=by.id,
    )
    db.session.add(said)
    db.session.flush()
    db.session.expire(incident, ["updates"])


def _tell(what: str, incident: Incident, by: StaffMember, *, before: dict[str, Any]) -> None:
    record(
        f"staff:incident:{what}",
        f"{what.capitalize()} “{incident.title}”",
        workspace_id=None,
        actor=by,
        subject=f"incident:{incident.public_id}",
        before=before,
        after={"state": incident.state, "impacts": dict(incident.impacts), "update": incident.last_number},
    )
