"""What the status page of the demo has to tell: one incident that is over."""

from datetime import datetime, timedelta

from app.accounts.models import StaffMember
from app.db import now
from app.incidents import services
from app.incidents.forms import IncidentForm, typed_moment
from app.incidents.models import Component, Impact, Kind, State

STORY: tuple[tuple[int, State, Impact | None, str], ...] = (
    (0, State.INVESTIGATING, Impact.DEGRADED, "Runs start up to three minutes late. Nothing is lost: what waits stays "
     "queued and is done in order. We are looking for the cause."),
    (26, State.IDENTIFIED, Impact.PARTLY_DOWN, "One of two workers stopped taking new work after a restart. Runs that "
     "had begun on it are picked up again from their last step by the other. Approval cards are not touched."),
    (58, State.MONITORING, None, "Both workers take work again and the queue is empty. We keep watching."),
    (175, State.RESOLVED, None, "No run was late for two hours. Cause: after the restart the worker waited for a lock "
     "that nobody held any more. It now gives up after a minute and says so. No run was lost and no action happened "
     "twice."),
)  # fmt: skip
"""(minutes from the start, state, impact on agent runs, what was said)"""


def seed_incidents(by: StaffMember) -> None:
    """Tell the story of a few days ago, relative to now. Flushes."""
    began = now().replace(hour=8, minute=40, second=0, microsecond=0) - timedelta(days=11)
    forms = [
        (began + timedelta(minutes=minutes), _form(began, state, impact, text))
        for minutes, state, impact, text in STORY
    ]
    (at, form), *later = forms
    incident = services.open_incident(form, by=by, form_key="demo-late-runs", at=at)
    for number, (at, form) in enumerate(later, 1):
        services.add_update(incident, form, seen=number, by=by, at=at)


def _form(began: datetime, state: State, impact: Impact | None, text: str) -> IncidentForm:
    impacts = {Component.RUNS.value: impact.value} if impact else {}
    return IncidentForm(Kind.INCIDENT, "Agent runs start late", state, text, impacts, typed_moment(began))
