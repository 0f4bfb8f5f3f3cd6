"""What can be wrong with what a line costs: the policy's limits, alone and for a day."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.expense_audit.kinds import kinds_of
from app.runs.sandbox.plans.expense_audit.line import Line
from app.runs.sandbox.reading.amounts import Amount, said, same_currency
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.rules import Cap, caps

_NUMBERS = {
    word: n
    for n, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}


def _counted(units: str) -> re.Pattern[str]:
    return re.compile(rf"\b(\d{{1,2}}|{'|'.join(_NUMBERS)})\s+(?:{units})\b", re.IGNORECASE)


_PER_UNIT = (
    (re.compile(r"per (?:person|head)", re.IGNORECASE), _counted(r"people|persons?|guests|pax|participants|personen")),
    (re.compile(r"per night|nightly", re.IGNORECASE), _counted(r"nights?|nächte|nachten")),
)
"""What a limit is for one of, and how the notes say of how many."""
_PER_DAY = re.compile(r"per day|daily|a day", re.IGNORECASE)
_NOT_OF_A_LINE = re.compile(r"\breceipt|\bapprov|\blists?\b|\badvances?\b|\bkilomet", re.IGNORECASE)
_AFTER_SUBJECT = re.compile(r":|\bup to\b|\bmax|\bat most\b|\bno more\b|\blimit|\bmay\b|\bmust\b", re.IGNORECASE)


@remembered(64)
def limits_in(rules: str) -> tuple[Cap, ...]:
    """Those that can hold for a line; not one for receipts, approvals or advances."""
    return tuple(c for c in caps(rules) if not _NOT_OF_A_LINE.search(c.sentence) or "up to" in c.sentence.lower())


def flag_over_limits(item: Line, limits: Sequence[Cap], own: Amount | None, house: str, notes: Notebook) -> None:
    """Write into the line which limit it passes: the policy's, and the one asked for."""
    if item.amount is None:
        return
    if not same_currency(item.amount.currency, house):
        item.flags.append(f"in {item.amount.currency}; limits in {house} were not compared")
        return
    item.flags += _over(item, item.amount.value, limits, notes)
    if own and item.amount.value > own.value:
        item.flags.append(f"above the {said(own.value)} asked for")


def _over(item: Line, cost: Decimal, limits: Sequence[Cap], notes: Notebook) -> list[str]:
    cap = _cap_for(item, limits)
    if cap is None or cost <= (most := _allowed(item, cap)):
        return []
    over = f"{said(cost - most)} over its limit of {said(most)}"
    return [f"{over}: {notes.quoted(cap.sentence, 120)}".strip()]


def _cap_for(item: Line, limits: Sequence[Cap]) -> Cap | None:
    """The limit whose subject is the line's category; the one with fewest other words of several."""
    about = kinds_of(item.category or item.about)
    fitting = [cap for cap in limits if about & _subject(cap.sentence)]
    return max(fitting, key=lambda cap: _closeness(about, _subject(cap.sentence)), default=None)


def _closeness(about: frozenset[str], subject: frozenset[str]) -> float:
    return len(about & subject) - 0.1 * len(subject - about) - 0.05 * len(about - subject)


@remembered(512)
def _subject(sentence: str) -> frozenset[str]:
    """What a limit is about: the words before the amount."""
    head = _AFTER_SUBJECT.split(sentence, maxsplit=1)[0]
    return kinds_of(head) or kinds_of(sentence)


def _allowed(item: Line, cap: Cap) -> Decimal:
    """The limit times the people or nights that the notes name."""
    counted = next((pattern for unit, pattern in _PER_UNIT if unit.search(cap.sentence)), None)
    found = counted.search(item.notes + " " + item.category) if counted else None
    return cap.value * (_NUMBERS.get(found[1].lower()) or int(found[1]) if found else 1)


def flag_over_in_a_day(lines: list[Line], limits: Sequence[Cap], notes: Notebook) -> None:
    """Mark the last of several lines that together pass a limit for a day, which none of them passes alone."""
    for cap, group in _days(lines, limits):
        total = sum((i.amount.value for i in group if i.amount), Decimal(0))
        alone = any("over its limit" in flag for i in group for flag in i.flags)
        if len(group) > 1 and total > cap.value and not alone:
            over = f"{said(total)} on one day, limit {said(cap.value)}"
            group[-1].flags.append(f"{over}: {notes.quoted(cap.sentence, 120)}".strip())


def _days(lines: list[Line], limits: Sequence[Cap]) -> list[tuple[Cap, list[Line]]]:
    """The lines of one person and day under one daily limit."""
    groups: dict[tuple[str, date, str], list[tuple[Cap, Line]]] = defaultdict(list)
    for item in lines:
        cap = _cap_for(item, limits)
        if cap and item.on and item.amount and _PER_DAY.search(cap.sentence):
            groups[(item.person.lower(), item.on, cap.sentence)].append((cap, item))
    return [(group[0][0], [item for _, item in group]) for group in groups.values()]
