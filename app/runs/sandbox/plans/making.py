"""What every plan needs: arguments that fit the tools, the house currency, and the words for what was done."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.runs.sandbox.conversation import Case, Outcome, Status
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.reading.amounts import find_amounts
from app.runs.sandbox.reading.sentences import shorten
from app.runs.sandbox.reading.tables import Table, from_text
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act, act_on_all

_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
Args = dict[str, Any]


def clean(text: str) -> str:
    """Without control and invisible characters, which the tools do not take."""
    kept = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def line(text: str, limit: int = 160) -> str:
    """On one line, cut at a word."""
    return shorten(clean(text), limit)


def task(
    title: str, lines: Iterable[str], *, team: str = "", priority: str = "normal", due: date | None = None
) -> Args:
    """Arguments of open_task. What does not fit in the detail is counted."""
    args: Args = {"title": line(title), "detail": _fitting(lines), "priority": priority}
    return args | ({"team": team} if team else {}) | ({"due_on": due.isoformat()} if due else {})


def _fitting(lines: Iterable[str]) -> str:
    listed, kept = [clean(item) for item in lines if item], list[str]()
    for item in listed:
        if sum(map(len, kept)) + len(kept) + len(item) > 1_850:
            break
        kept.append(item)
    left = len(listed) - len(kept)
    return "\n".join([*kept, *([f"And {left} more, in the result of the run."] if left else [])])[:1_990]


def mail(to: Sequence[str], subject: str, paragraphs: Iterable[str]) -> Args:
    """Arguments of send_mail."""
    return {
        "to": list(to),
        "subject": line(subject, 150),
        "body": clean("\n\n".join(p for p in paragraphs if p))[:19_000],
    }


def house_currency(case: Case, notes: Notebook) -> str:
    """The workspace's currency, else the one its documents use most; empty when neither says."""
    counted = Counter(a.currency for a in find_amounts(notes.knowledge) if a.currency)
    return case.currency or (counted.most_common(1)[0][0] if counted else "")


def open_one(case: Case, report: Report, args: Args, why: str = "") -> Steps[bool]:
    """Open a task and say in the report what became of it."""
    outcome, last = yield from act(case, "open_task", args, why)
    return told(report, "Task", outcome, last)


def open_all(case: Case, report: Report, listed: Sequence[Args], why: str = "") -> Steps[int]:
    """Open several tasks in one turn: how many were opened."""
    results = (yield from act_on_all(case, "open_task", listed, why)) if listed else []
    return sum(told(report, "Task", outcome, last) for outcome, last in results)


def send_one(case: Case, report: Report, args: Args, why: str = "") -> Steps[bool]:
    """Send a mail and say in the report what became of it."""
    outcome, last = yield from act(case, "send_mail", args, why)
    return told(report, "Mail", outcome, last)


def told(report: Report, kind: str, outcome: Outcome, args: Args) -> bool:
    """Note a call as done or not done. Goes by the tool's answer where a person changed the call."""
    name = str(outcome.get("title") or args.get("title") or args.get("subject") or "")
    what = f"{kind} “{name}”" + (f" to {', '.join(args['to'][:5])}" if "to" in args else "")
    if not outcome.done:
        report.refused(what, outcome)
        return False
    details = [f"for {outcome.get('team') or args.get('team')}" if outcome.get("team") or args.get("team") else ""]
    details += [f"due {args['due_on']}" if args.get("due_on") else ""]
    details += ["kept here, not sent out" if outcome.get("state") == "kept" else ""]
    extra = ", ".join(d for d in details if d)
    report.did(what + (f" ({extra})" if extra else ""))
    return True


def blocked(outcome: Outcome) -> bool:
    """Whether nothing acted although nobody said no: something for a person to pick up."""
    return outcome.status in {Status.FAILED, Status.MISFIT, Status.ABSENT}


def tables_of(sheets: Sequence[Sheet], pasted: str) -> list[Table]:
    """The tables in the files and in what was pasted."""
    typed = [t for part in re.split(r"\n[ \t]*\n", pasted) if (t := from_text(part)) is not None]
    whole = from_text(pasted)
    if whole is not None and len(whole.rows) >= sum(len(t.rows) for t in typed):
        typed = [whole]
    return [*(t for s in sheets for t in s.tables), *typed]


def plural(count: int, word: str) -> str:
    """1 line, 2 lines."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
