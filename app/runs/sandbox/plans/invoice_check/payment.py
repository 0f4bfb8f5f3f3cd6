"""Scheduling the payment of invoices on which everything agrees."""

from decimal import Decimal

from app.runs.sandbox.case import Case, Outcome
from app.runs.sandbox.plans.effects import Args, open_one, task
from app.runs.sandbox.plans.invoice_check.invoice import Invoice, facts
from app.runs.sandbox.reading.amounts import plain, said
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act_on_all
from app.runs.sandbox.wording import line


def schedule(case: Case, report: Report, invoices: list[Invoice]) -> Steps[int]:
    """Schedule each payment, in one turn: how many were. A task for a payment that could not be."""
    if not invoices:
        return 0
    listed = [_payment(i, case) for i in invoices]
    results = yield from act_on_all(case, "schedule_payment", listed, "Everything on the invoice agrees.")
    for invoice, (outcome, last) in zip(invoices, results, strict=True):
        _tell(report, invoice, outcome, last)
        if outcome.blocked:
            title, detail = f"Schedule the payment of {invoice.name}", [outcome.words, *facts(invoice)]
            yield from open_one(case, report, task(title, detail, team="finance"))
    return sum(outcome.done for outcome, _ in results)


def _tell(report: Report, invoice: Invoice, outcome: Outcome, last: Args) -> None:
    shown = str(outcome.get("amount_words") or said(Decimal(str(last["amount"])), invoice.currency))
    payment = f"Payment of {shown} to {last['party']}"
    if outcome.done:
        report.did(f"{payment} for {last['reference']} scheduled for {last['due_on']}")
    else:
        report.refused(payment, outcome)


def _payment(i: Invoice, case: Case) -> Args:
    assert i.total is not None and i.due is not None
    compared = next((r for r in i.right if "agrees with" in r or "not compared" in r), "")
    return {
        "party": line(i.supplier, 120),
        "amount": plain(i.total),
        "reference": line(i.number, 80),
        "due_on": max(i.due, case.today).isoformat(),
        "reason": line(f"Invoice {i.number}, {said(i.total, i.currency)}. {compared}", 400),
    }
