"""Incidents as staff tell them."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app.accounts.models import StaffMember
from app.db import db
from app.incidents import services
from app.incidents.forms import IncidentForm
from app.incidents.models import Incident, Kind
from tests.support.conftest import a_staff_member

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_form(kind: Kind = Kind.INCIDENT, **fields) -> IncidentForm:
    """An incident of agent runs, or a maintenance of them on 25 November from 9 to 11."""
    given = {
        "title": "Runs start late",
        "state": "investigating",
        "text": "Runs wait.",
        "impacts": {"runs": "degraded"},
    }
    if kind == Kind.MAINTENANCE:
        given |= {"title": "New machines", "state": "planned", "impacts": {"runs": "maintenance"}}
        given |= {"starts": "2026-11-25T09:00", "ends": "2026-11-25T11:00"}
    return IncidentForm(kind, **given | fields)


def told(by: StaffMember, kind: Kind = Kind.INCIDENT, *, at: datetime = NOON, key: str = "", **fields) -> Incident:
    """An incident that was published."""
    title = fields.get("title", "")
    made = services.open_incident(a_form(kind, **fields), by=by, form_key=key or f"{kind}-{title}-{at:%d%H%M%S}", at=at)
    db.session.commit()
    return made


@pytest.fixture
def lotte(app: Flask) -> StaffMember:
    return a_staff_member("support", "Lotte Maas")
