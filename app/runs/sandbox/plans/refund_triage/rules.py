"""What the company's own rules say about a claim."""

import re
from dataclasses import dataclass, field

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.currency import house_currency
from app.runs.sandbox.plans.refund_triage.claim import Claim
from app.runs.sandbox.plans.refund_triage.time_limit import time_limit
from app.runs.sandbox.reading.dates import readable
from app.runs.sandbox.reading.identity import find_ibans
from app.runs.sandbox.reading.rules import approval_above, excluded_by

_REFUND = re.compile(r"refund", re.IGNORECASE)


@dataclass
class Rules:
    """The rules that apply, and what speaks against the refund."""

    found: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    basis: str = ""
    """The sentence that sets the time limit."""


def check(claim: Claim, notes: Notebook, case: Case) -> Rules:
    """Hold the claim against the rules in the knowledge, and against common sense where there are none."""
    rules = Rules()
    if not claim.asks:
        rules.against.append("The message does not ask for a refund in words that could be recognised.")
    if not notes.passages:
        rules.found.append("No refund rules were found in the knowledge, so none were checked.")
    _time(claim, notes, case, rules)
    if ruled_out := excluded_by(notes.knowledge, claim.text):
        rules.against.append(f"Ruled out: {notes.quoted(ruled_out)}".strip())
    rules.against += [
        *_currency(claim, house_currency(case, notes)),
        *_bank_account(claim),
        *_several_orders(claim, case),
    ]
    _approval(claim, notes, rules)
    return rules


def _time(claim: Claim, notes: Notebook, case: Case, rules: Rules) -> None:
    found = time_limit(claim.reason, claim.text, notes.knowledge)
    if found is None:
        return
    days, rules.basis = found
    age = (case.today - claim.on).days if claim.on else None
    verdict = "the message names no date, so this was not checked" if age is None else f"{age} days ago"
    rules.found.append(f"{notes.quoted(rules.basis)}: {verdict}.")
    if age is not None and age > days:
        rules.against.append(f"Too late: {readable(claim.on or case.today)} was {age} days ago, the rule gives {days}.")


def _currency(claim: Claim, house: str) -> list[str]:
    other = claim.amount.currency if claim.amount else ""
    return [f"The amount is in {other}; refunds are booked in {house}."] if house and other and other != house else []


def _bank_account(claim: Claim) -> list[str]:
    named = find_ibans(claim.text.upper())
    return ["The message names a bank account to pay to. A person checks that first."] if named else []


def _several_orders(claim: Claim, case: Case) -> list[str]:
    if len(claim.orders) < 2 or case.given("order_number") or len({a.value for a in claim.amounts}) < 2:
        return []
    return [f"The message is about several orders ({', '.join(claim.orders[:5])}) with different amounts."]


def _approval(claim: Claim, notes: Notebook, rules: Rules) -> None:
    """The highest amount above which a refund of this size needs a person's approval."""
    limits = [c for c in approval_above(notes.knowledge) if _REFUND.search(c.sentence)]
    passed = [c for c in limits if claim.amount and claim.amount.value > c.value]
    if passed:
        rules.found.append(notes.quoted(max(passed, key=lambda c: c.value).sentence))
