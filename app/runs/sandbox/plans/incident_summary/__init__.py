"""Incident summary: a timeline out of logs and chats, what it shows, and a mail to the people named."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import mail, send_one
from app.runs.sandbox.plans.incident_summary.findings import causes_in, follow_ups_in, impact_in, questions_in
from app.runs.sandbox.plans.incident_summary.timeline import Event, lasted, read_timeline, stages_of
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.sources import Sheet
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import line, plural

__all__ = ["incident_summary"]
_SHOWN_EVENTS = 40
Sections = dict[str, list[str]]


def incident_summary(case: Case) -> Steps[str]:
    """Timeline, impact, suspected cause and open questions; a mail to the people named."""
    notes, report = Notebook(), Report()
    text = _material(case, (yield from read_files(case, notes)))
    events, others = read_timeline(text, case.today)
    service = case.given("service")
    yield from search(case, notes, f"runbook {service} {query(text, limit=5)}", f"earlier incident {service}")
    stages = stages_of(events)
    sections = _sections(events, stages, [*(e.text for e in events), *others])
    for title, rows in sections.items():
        report.section(title, rows)
    name = line(service, 80) or "the service"
    report.section("Related guidance", notes.guidance(f"{name} {query(text, limit=8)}"))
    sent = yield from _tell(case, report, name, sections)
    state = "over" if "End" in stages else "no end found in the material"
    told = "Summary sent." if sent else "Summary not sent."
    report.headline = f"Incident on {name}: {plural(len(events), 'event')}, {state}. {told}"
    return report.text(notes)


def _material(case: Case, sheets: list[Sheet]) -> str:
    typed = case.given("log") or ("" if sheets else case.text)
    return "\n".join([typed, *(s.text or _rows(s) for s in sheets)])


def _rows(sheet: Sheet) -> str:
    return "\n".join(" ".join(c for c in row if c) for t in sheet.tables for row in t.rows)


def _sections(events: list[Event], stages: dict[str, Event], said: list[str]) -> Sections:
    impact, causes = impact_in(said), causes_in(said)
    in_short = [f"{name}: {e.when}, {line(e.text, 160)}" for name, e in stages.items()] + lasted(stages)
    return {
        "In short": in_short or ["The times of start and end could not be told from the material."],
        "Timeline": _timeline(events),
        "Impact": impact or ["No figures are in the material."],
        "Suspected cause (not confirmed)": causes or ["Nothing in the material points to one."],
        "Open questions": questions_in(said) + _unanswered(stages, impact, causes),
        "Follow-ups named": follow_ups_in(said),
    }


def _timeline(events: list[Event]) -> list[str]:
    left = len(events) - _SHOWN_EVENTS
    shown = [f"{e.when} {line(e.text, 220)}" for e in events[:_SHOWN_EVENTS]]
    return shown + ([f"And {left} more lines."] if left > 0 else [])


def _unanswered(stages: dict[str, Event], impact: list[str], causes: list[str]) -> list[str]:
    asked = [f"When was the {k.lower()}?" for k in ("Start", "Mitigation", "End") if k not in stages]
    return asked + ([] if impact else ["How many were affected?"]) + ([] if causes else ["What caused it?"])


def _tell(case: Case, report: Report, service: str, sections: Sections) -> Steps[bool]:
    people = find_emails(case.given("recipients"))
    if not people:
        report.not_done.append("Mail: nobody with a mail address was named, so nothing was sent.")
        return False
    body = [f"{title}\n" + "\n".join(f"- {r}" for r in rows) for title, rows in sections.items() if rows]
    args = mail(people, f"Incident summary: {service}", [f"First summary of the incident on {service}.", *body])
    return (yield from send_one(case, report, args, "The people named are to be told."))
