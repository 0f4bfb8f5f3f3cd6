"""Campaign draft: a mail out of the brief's own facts in the house style, sent to the recipients named."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.brand_guide import read_guide
from app.runs.sandbox.plans.campaign_draft.draft import Draft, write
from app.runs.sandbox.plans.campaign_draft.remarks import concerns, house_style
from app.runs.sandbox.plans.effects import mail, send_one
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

__all__ = ["campaign_draft"]
_QUERIES = (
    "brand tone of voice",
    "words to avoid say not",
    "campaign mail subject text sign",
    "exclamation marks punctuation",
    "write our name as",
)


def campaign_draft(case: Case) -> Steps[str]:
    """A draft from the brief's own facts in the house style; sent to the recipients named."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    yield from search(case, notes, *_QUERIES, limit=8)
    guide = read_guide(notes.knowledge)
    brief = "\n".join([case.given("brief") or case.text, *(s.text[:3000] for s in sheets)])
    draft = write(case, brief, guide)
    report.block("Draft", f"Subject: {draft.subject}\n\n{draft.body}")
    report.section("House style", house_style(draft, brief, guide, notes))
    report.section("To decide", concerns(draft, guide, notes, case))
    yield from _send(case, report, draft)
    return report.text(notes)


def _send(case: Case, report: Report, draft: Draft) -> Steps[None]:
    people = find_emails(case.given("recipients"))
    sent = False
    if people:
        args = mail(people, draft.subject, [draft.body])
        sent = yield from send_one(case, report, args, "The campaign mail, for the recipients named.")
    else:
        report.not_done.append("Mail: no recipients were named, so the draft was not sent.")
    to = "1 address" if len(people) == 1 else f"{len(people)} addresses"
    report.headline = f"Campaign mail “{draft.subject}” " + (f"sent to {to}." if sent else "drafted, not sent.")
