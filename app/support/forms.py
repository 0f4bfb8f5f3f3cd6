"""The shape of a measure as staff fill it in. What a measure may do is the rule of app.restrictions."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from app.access import Capability
from app.legal import library
from app.restrictions.models import Ground, Level
from app.restrictions.services import SWITCHABLE
from app.typed import plain

LONGEST = 2000
BASIS = "accounts-suspension"
"""The clause of the terms that lets us restrict and suspend."""


@dataclass(frozen=True)
class MeasureForm:
    """What was typed, cleaned; `errors()` says what is missing."""

    level: str = ""
    ground: str = ""
    capabilities: tuple[str, ...] = ()
    reason: str = ""
    clause: str = ""
    announce: bool = False
    """Only the notice of it, not the measure."""

    @classmethod
    def of(cls, typed: MultiDict[str, str]) -> "MeasureForm":
        words = {name: plain(typed.get(name, "")) for name in ("level", "ground", "reason", "clause")}
        capabilities = tuple(dict.fromkeys(typed.getlist("capabilities")))
        return cls(capabilities=capabilities, announce=typed.get("announce") == "yes", **words)

    @property
    def chosen(self) -> list[Capability]:
        """What to switch off; nothing of it counts for a suspension."""
        return [Capability(c) for c in self.capabilities] if self.level == Level.RESTRICT else []

    def errors(self) -> dict[str, list[str]]:
        """What to do before it can be reviewed, by field; empty when it can."""
        known = {c.value for c in SWITCHABLE}
        named = bool(self.capabilities) and set(self.capabilities) <= known
        problems = (
            ("level", "Choose what should happen.", self.level not in (Level.RESTRICT, Level.SUSPENDED)),
            ("capabilities", "Choose what to switch off.", self.level == Level.RESTRICT and not named),
            ("ground", "Choose the ground.", self.ground not in list(Ground)),
            ("reason", "Say what the customer should read.", not self.reason),
            ("reason", f"Use at most {LONGEST:,} characters.", len(self.reason) > LONGEST),
            ("clause", "Choose the clause.", self.clause not in dict(clauses())),
        )
        return {field: [sentence] for field, sentence, wrong in problems if wrong}


def clauses() -> list[tuple[str, str]]:
    """The clauses of the terms in force, as (what is written down, what is shown)."""
    terms = library.in_force("terms")
    return [
        (f"{terms.title} {terms.version}, clause {clause.number}", f"{clause.number} {section.title}")
        for section in terms.sections
        if section.number
        for clause in section.clauses
    ]


def usual_clause() -> str:
    """The one that a measure rests on unless staff choose another."""
    terms = library.in_force("terms")
    numbers = {clause.anchor: clause.number for section in terms.sections for clause in section.clauses}
    return f"{terms.title} {terms.version}, clause {numbers[BASIS]}" if BASIS in numbers else ""
