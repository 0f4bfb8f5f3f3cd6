"""What staff type about an incident or a maintenance, cleaned. What may follow what is the rule of services."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from werkzeug.datastructures import MultiDict

from app.incidents.models import Component, Impact, Incident, Kind, State
from app.typed import plain

LONGEST_TITLE, LONGEST_TEXT = 120, 4000
STATES = {
    Kind.INCIDENT: (State.INVESTIGATING, State.IDENTIFIED, State.MONITORING, State.RESOLVED),
    Kind.MAINTENANCE: (State.PLANNED, State.RESOLVED),
}
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
"""Before it there was nothing to break: an earlier year is a slip of the keyboard."""
BROKEN = (Impact.DEGRADED, Impact.PARTLY_DOWN, Impact.DOWN)


@dataclass(frozen=True)
class IncidentForm:
    """One form for opening and for updating: the title counts only when opening."""

    kind: Kind = Kind.INCIDENT
    title: str = ""
    state: str = ""
    text: str = ""
    impacts: dict[str, str] = field(default_factory=dict)
    """{component: impact}, only what is not working."""
    starts: str = ""
    ends: str = ""
    """As typed: 2026-11-25T09:00, UTC."""

    @classmethod
    def of(cls, kind: Kind, typed: MultiDict[str, str]) -> "IncidentForm":
        words = {name: plain(typed.get(name, "")) for name in ("state", "text", "starts", "ends")}
        title = " ".join(plain(typed.get("title", "")).split())
        return cls(kind=kind, title=title, impacts=_impacts(kind, typed), **words)

    @classmethod
    def about(cls, incident: Incident) -> "IncidentForm":
        """The form to add an update with, as things stand."""
        return cls(
            kind=Kind(incident.kind),
            title=incident.title,
            state=incident.state,
            impacts=dict(incident.impacts),
            starts=typed_moment(incident.starts_at),
            ends=typed_moment(incident.ends_at) if incident.ends_at else "",
        )

    def with_title(self, title: str) -> "IncidentForm":
        """What was told is not renamed: the title stays whatever was sent."""
        return replace(self, title=title)

    @property
    def is_maintenance(self) -> bool:
        return self.kind == Kind.MAINTENANCE

    @property
    def starts_at(self) -> datetime | None:
        return moment(self.starts)

    @property
    def ends_at(self) -> datetime | None:
        return moment(self.ends)

    def errors(self, at: datetime) -> dict[str, list[str]]:
        """What to do before it can be published, by field; empty when it can."""
        problems = (
            ("title", "Say in a few words what is wrong.", not self.title),
            ("title", f"Use at most {LONGEST_TITLE} characters.", len(self.title) > LONGEST_TITLE),
            ("state", "Choose how far it is.", self.state not in STATES[self.kind]),
            ("impacts", "Choose at least one part that is touched.", self._names_nothing()),
            ("text", "Say what people notice and what we do.", not self.text),
            ("text", f"Use at most {LONGEST_TEXT:,} characters.", len(self.text) > LONGEST_TEXT),
            *self._hours(at),
        )
        return {name: [sentence] for name, sentence, wrong in problems if wrong}

    def _names_nothing(self) -> bool:
        """Mended and resolved ones need name nothing any more."""
        return not self.impacts and self.state not in (State.MONITORING, State.RESOLVED)

    def _hours(self, at: datetime) -> tuple[tuple[str, str, bool], ...]:
        starts, ends = self.starts_at, self.ends_at
        if not self.is_maintenance:
            late = starts is not None and starts > at
            return (
                ("starts", "Write the day and time in UTC, like 2026-11-25 09:00.", bool(self.starts) and not starts),
                ("starts", "It cannot have begun later than now.", late),
                ("starts", "Look at the year.", starts is not None and starts < FIRST_DAY),
            )
        return (
            ("starts", "Write the day and time in UTC, like 2026-11-25 09:00.", starts is None),
            ("ends", "Write the day and time in UTC, like 2026-11-25 11:00.", ends is None),
            ("ends", "It must end after it starts.", starts is not None and ends is not None and ends <= starts),
        )


def _impacts(kind: Kind, typed: MultiDict[str, str]) -> dict[str, str]:
    """Parts and words that we do not know are left out, as if they had not been sent."""
    if kind == Kind.MAINTENANCE:
        chosen = set(typed.getlist("components"))
        return {component.value: Impact.MAINTENANCE.value for component in Component if component in chosen}
    said = {component.value: typed.get(f"impact-{component}", "") for component in Component}
    return {name: impact for name, impact in said.items() if impact in BROKEN}


def moment(typed: str) -> datetime | None:
    """A day and time as typed, taken as UTC; None for what is none."""
    try:
        found = datetime.fromisoformat(typed)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def typed_moment(at: datetime) -> str:
    """As a browser's field for day and time wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"
