"""Ticket summariser: who wrote what, what was promised, what is open, and a task for each thing to do."""

from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import Args, open_all, task
from app.runs.sandbox.plans.ticket_summariser.summary import story, unanswered, wanted
from app.runs.sandbox.plans.ticket_summariser.thread import posts_of
from app.runs.sandbox.plans.ticket_summariser.to_do import Point, points_in
from app.runs.sandbox.reading.cues import TEAMS, classify, priority
from app.runs.sandbox.reading.dates import deadline, readable
from app.runs.sandbox.reading.references import find_reference
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import line, plural

__all__ = ["ticket_summariser"]


def ticket_summariser(case: Case) -> Steps[str]:
    """What is wanted, what happened, what was promised, what is open; a task for each thing to do."""
    notes, report = Notebook(), Report()
    posts = posts_of(case, (yield from read_files(case, notes)))
    text, asked = "\n".join(p.text for p in posts), wanted(posts)
    number = case.given("ticket_number") or find_reference(text, "ticket", "order")
    yield from search(case, notes, query(text), query(" ".join(asked) or text))
    points = points_in(posts)
    report.section("What the customer wants", [f"“{s}”" for s in asked])
    report.section("What happened", story(posts))
    report.section("What was promised", [f"“{p.quote}” ({p.post.place})" for p in points if p.post.staff])
    report.section("Still open", unanswered(posts))
    report.section("Related guidance", notes.guidance(text))
    tasks = [_task(p, number, case.today) for p in points]
    opened = yield from open_all(case, report, tasks, "The thread names things somebody has to do.")
    counts = f"{plural(len(posts), 'message')}, {plural(len(points), 'thing')} to do, {plural(opened, 'task')} opened"
    report.headline = f"{f'Ticket {number}' if number else 'This thread'}: {counts}."
    return report.text(notes)


def _task(point: Point, number: str, today: date) -> Args:
    due = deadline(point.quote, today=point.post.on or today)
    overdue = due if due is not None and due < today else None
    lines = [
        f"Ticket {number}" if number else "",
        f"{point.post.place or 'The thread'}: “{point.quote}”",
        f"It was due on {readable(overdue)}." if overdue else "",
    ]
    return task(
        line(point.do, 120),
        lines,
        team=classify(point.do, TEAMS) or "support",
        priority="high" if overdue else priority(point.quote),
        due=None if overdue else due,
    )
