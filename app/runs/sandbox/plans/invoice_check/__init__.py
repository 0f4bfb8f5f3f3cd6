"""Invoice check: read each invoice, hold it against itself, the order and the terms, and schedule what agrees."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import Args, open_one, task
from app.runs.sandbox.plans.invoice_check.checks import check
from app.runs.sandbox.plans.invoice_check.invoice import Invoice, facts
from app.runs.sandbox.plans.invoice_check.layout import read_invoice
from app.runs.sandbox.plans.invoice_check.payment import schedule
from app.runs.sandbox.report import Report
from app.runs.sandbox.sources import Sheet
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import plural

__all__ = ["invoice_check"]


def invoice_check(case: Case) -> Steps[str]:
    """Schedule what agrees; one task for everything that does not."""
    notes, report = Notebook(), Report()
    invoices = _invoices(case, (yield from read_files(case, notes)))
    general = ("purchase orders open total", "payment terms invoice due days")
    yield from search(case, notes, *general, *_queries(invoices), limit=6)
    for at, invoice in enumerate(invoices):
        check(invoice, case, notes, invoices[:at])
    for i in invoices:
        title = i.name[:1].upper() + i.name[1:]
        report.section(title, [*facts(i), *i.right, *(f"Differs: {w}" for w in i.wrong)])
    paid = yield from schedule(case, report, [i for i in invoices if not i.wrong])
    differing = [i for i in invoices if i.wrong]
    if differing:
        report.not_done += [f"Payment of {i.name}: {plural(len(i.wrong), 'difference')}." for i in differing]
        yield from open_one(case, report, _settlement(differing), "Something on the invoice does not agree.")
    report.headline = (
        f"{plural(len(invoices), 'invoice')} checked: {paid} scheduled, {len(differing)} with differences."
    )
    if not invoices:
        report.headline = "No invoice could be read, so nothing was scheduled."
    return report.text(notes)


def _invoices(case: Case, sheets: list[Sheet]) -> list[Invoice]:
    texts = [(s.name, s.text or "\n".join(";".join(r) for r in s.rows)) for s in sheets]
    texts.append(("the pasted text", case.given("invoice_text")))
    return [read_invoice(name, text, case) for name, text in texts if text.strip()]


def _queries(invoices: list[Invoice]) -> list[str]:
    return [
        query
        for i in invoices[:6]
        for query in (f"purchase order {i.order}", f"{i.supplier} payment terms", f"invoice {i.number}")
    ][:12]


def _settlement(differing: list[Invoice]) -> Args:
    """The task to settle all that does not agree."""
    first, count = differing[0], sum(len(i.wrong) for i in differing)
    title = f"Settle {plural(count, 'difference')} on {first.name} from {first.supplier or first.source}"
    if len(differing) > 1:
        title = f"Settle the differences on {len(differing)} invoices"
    detail = [f"{i.supplier or i.source}, {i.name}: {w}" for i in differing for w in i.wrong]
    return task(title, detail, team="finance")
