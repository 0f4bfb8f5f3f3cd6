"""Refund triage: who asks for how much and why, what the rules say, and then one of three ends."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.refund_triage.claim import facts, missing_from, read_claim
from app.runs.sandbox.plans.refund_triage.endings import ask, hand_over, refund
from app.runs.sandbox.plans.refund_triage.rules import check
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

__all__ = ["refund_triage"]


def refund_triage(case: Case) -> Steps[str]:
    """Book the refund and answer, ask for what is missing, or hand over to a person with the reason."""
    notes, report = Notebook(), Report()
    claim = read_claim(case, (yield from read_files(case, notes)))
    about = f"refund {claim.reason or 'refund'} within days"
    yield from search(case, notes, about, "refund approval above limit", "not refundable", query(claim.text))
    rules = check(claim, notes, case)
    report.section("Request", facts(claim))
    report.section("Rules", rules.found)
    if rules.against:
        yield from hand_over(case, report, claim, rules.against)
    elif missing := missing_from(claim, notes):
        yield from ask(case, report, claim, missing)
    else:
        yield from refund(case, report, claim, rules.basis)
    return report.text(notes)
