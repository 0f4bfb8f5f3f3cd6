"""Tasks and mails: arguments that fit the tools, and the words for what became of them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.runs.sandbox.case import Case, Outcome
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act_on_all
from app.runs.sandbox.wording import clean, line

Args = dict[str, Any]
_DETAIL_LETTERS = 1_850


def task(
    title: str, lines: Iterable[str], *, team: str = "", priority: str = "normal", due: date | None = None
) -> Args:
    """Arguments of open_task. What does not fit in the detail is counted."""
    args: Args = {"title": line(title), "detail": _fitting(lines), "priority": priority}
    return args | ({"team": team} if team else {}) | ({"due_on": due.isoformat()} if due else {})


def _fitting(lines: Iterable[str]) -> str:
    listed, kept = [clean(item) for item in lines if item], list[str]()
    for item in listed:
        if sum(map(len, kept)) + len(kept) + len(item) > _DETAIL_LETTERS:
            break
        kept.append(item)
    left = len(listed) - len(kept)
    return "\n".join([*kept, *([f"And {left} more, in the result of the run."] if left else [])])[:1_990]


def mail(to: Sequence[str], subject: str, paragraphs: Iterable[str]) -> Args:
    """Arguments of send_mail."""
    body = clean("\n\n".join(p for p in paragraphs if p))[:19_000]
    return {"to": list(to), "subject": line(subject, 150), "body": body}


def open_one(case: Case, report: Report, args: Args, why: str = "") -> Steps[bool]:
    """Open a task and say in the report what became of it."""
    return bool((yield from open_all(case, report, [args], why)))


def open_all(case: Case, report: Report, listed: Sequence[Args], why: str = "") -> Steps[int]:
    """Open several tasks in one turn: how many were opened."""
    return (yield from _each(case, report, "open_task", listed, why))


def send_one(case: Case, report: Report, args: Args, why: str = "") -> Steps[bool]:
    """Send a mail and say in the report what became of it."""
    return bool((yield from send_all(case, report, [args], why)))


def send_all(case: Case, report: Report, listed: Sequence[Args], why: str = "") -> Steps[int]:
    """Send several mails in one turn: how many were sent."""
    return (yield from _each(case, report, "send_mail", listed, why))


def _each(case: Case, report: Report, tool: str, listed: Sequence[Args], why: str) -> Steps[int]:
    results = (yield from act_on_all(case, tool, listed, why)) if listed else []
    kind = {"open_task": "Task", "send_mail": "Mail"}[tool]
    return sum(_told(report, kind, outcome, args) for outcome, args in results)


def _told(report: Report, kind: str, outcome: Outcome, args: Args) -> bool:
    """Note a call as done or not done. Goes by the tool's answer where a person changed the call."""
    name = str(outcome.get("title") or args.get("title") or args.get("subject") or "")
    what = f"{kind} “{name}”" + (f" to {', '.join(args['to'][:5])}" if "to" in args else "")
    if outcome.done:
        report.did(what + _particulars(outcome, args))
    else:
        report.refused(what, outcome)
    return outcome.done


def _particulars(outcome: Outcome, args: Args) -> str:
    team = outcome.get("team") or args.get("team")
    listed = [
        f"for {team}" if team else "",
        f"due {args['due_on']}" if args.get("due_on") else "",
        "kept here, not sent out" if outcome.get("state") == "kept" else "",
    ]
    said = ", ".join(item for item in listed if item)
    return f" ({said})" if said else ""
