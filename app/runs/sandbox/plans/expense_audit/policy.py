"""What can be wrong with a line whatever it costs: its day, its receipt, what it is for, and that it stands twice."""

import re
from datetime import date
from decimal import Decimal

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.expense_audit.kinds import names_alcohol
from app.runs.sandbox.plans.expense_audit.line import Line
from app.runs.sandbox.reading.amounts import find_amounts
from app.runs.sandbox.reading.dates import find_periods, is_weekend
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.rules import excluded_by
from app.runs.sandbox.reading.sentences import split

_WEEKEND = re.compile(r"\b(?:saturday|sunday|weekend)", re.IGNORECASE)
_EXPLAINED = re.compile(r"reason|explain|unless|note", re.IGNORECASE)
_HANDED_IN = re.compile(r"\b(?:hand(?:ed)? in|submit\w*|claim\w*|eingereicht|ingediend)\b", re.IGNORECASE)
_RECEIPT = re.compile(r"\breceipts?\b", re.IGNORECASE)
_NEEDED = re.compile(r"need|must|required|every")


def flag_against_policy(item: Line, today: date, rules: str, notes: Notebook) -> None:
    """Write into the line what needs no limit to be seen."""
    item.flags += _amount(item)
    item.flags += _day(item, item.on, today, rules, notes) if item.on else ["has no date that could be read"]
    item.flags += _no_receipt(item, rules, notes) if item.without_receipt else []
    item.flags += _ruled_out(item, rules, notes)


def _amount(item: Line) -> list[str]:
    if item.amount is None:
        return ["has no amount that could be read"]
    return [] if item.amount.value > 0 else ["the amount is not above zero; a credit needs an explanation"]


def _day(item: Line, on: date, today: date, rules: str, notes: Notebook) -> list[str]:
    flags = ["dated in the future"] if on > today else _weekend(item, on, rules, notes) if is_weekend(on) else []
    if late := _late(on, today, rules):
        flags.append(f"handed in late: {notes.quoted(late)}".strip())
    return flags


def _weekend(item: Line, on: date, rules: str, notes: Notebook) -> list[str]:
    rule = _weekend_rule(rules)
    if _EXPLAINED.search(rule) and item.notes.strip():
        return []
    return [f"on a {on:%A}" + (f": {notes.quoted(rule, 120)}" if rule else "")]


@remembered(64)
def _weekend_rule(rules: str) -> str:
    return next((s for s in split(rules) if len(s.split()) > 5 and _WEEKEND.search(s)), "")


def _late(on: date, today: date, rules: str) -> str:
    """The rule that the line was handed in too late for; empty when it was in time."""
    rule = _hand_in_rule(rules)
    return rule if rule and (today - on).days > find_periods(rule)[0][0] else ""


@remembered(64)
def _hand_in_rule(rules: str) -> str:
    listed = (s for s in split(rules) if "within" in s.lower() and _HANDED_IN.search(s))
    return next((s for s in listed if find_periods(s)), "")


def _no_receipt(item: Line, rules: str, notes: Notebook) -> list[str]:
    rule = _receipt_rule(rules)
    threshold = next((a.value for a in find_amounts(rule)), Decimal(0))
    if item.amount and item.amount.value <= threshold:
        return []
    return ["no receipt" + (f": {notes.quoted(rule, 120)}" if rule else "")]


@remembered(64)
def _receipt_rule(rules: str) -> str:
    """The sentence with the amount from which a receipt is needed, else one that wants it always."""
    listed = [s for s in split(rules) if _RECEIPT.search(s)]
    needed = (s for s in listed if _NEEDED.search(s))
    return next((s for s in listed if find_amounts(s)), "") or next(needed, "")


def _ruled_out(item: Line, rules: str, notes: Notebook) -> list[str]:
    banned = excluded_by(rules, item.about + (" alcohol" if names_alcohol(item.about) else ""))
    return [f"ruled out: {notes.quoted(banned, 120)}".strip()] if banned else []


def flag_duplicates(lines: list[Line]) -> None:
    """Mark a line that has another's day, amount and merchant."""
    seen: dict[tuple[object, ...], Line] = {}
    for item in lines:
        where = re.sub(r"\W+", "", (item.merchant or item.category).lower())
        first = seen.setdefault((item.on, item.amount.value if item.amount else item.raw, where), item)
        if first is not item and item.amount:
            same = first.person.lower() == item.person.lower()
            item.flags.append(f"same as line {first.number}" + ("" if same else f", claimed by {first.person}"))
