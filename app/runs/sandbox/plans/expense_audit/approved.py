"""Lines that a note given with the list approves."""

import re
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.expense_audit.kinds import kinds_of
from app.runs.sandbox.plans.expense_audit.line import Line
from app.runs.sandbox.reading.dates import find_dates
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.wording import line

_APPROVED = re.compile(r"\b(?:approved|allowed|agreed|fine|ok|okay|genehmigt|akkoord)\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot\b", re.IGNORECASE)


def clear_approved(case: Case, lines: list[Line]) -> list[str]:
    """Take flags off where a note approves the line, and say so; a duplicate stays one."""
    approving = [s for s in split(case.given("policy_notes")) if _APPROVED.search(s) and not _NOT.search(s)]
    return [note for s in approving for item in lines if (note := _cleared(item, s, case.today))]


def _cleared(item: Line, sentence: str, today: date) -> str:
    days = {f.on for f in find_dates(sentence, today=today)}
    named = kinds_of(" ".join((item.category, item.merchant, item.person))) & kinds_of(sentence)
    if not item.flags or not named or (days and item.on not in days):
        return ""
    item.flags = [f for f in item.flags if f.startswith("same as")]
    return f"{item.shown}: “{line(sentence, 160)}”"
