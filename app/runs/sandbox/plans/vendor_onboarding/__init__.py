"""Vendor onboarding: what a new supplier sent, whether it fits together, and what is still missing."""

import re

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import Args, mail, open_one, send_one, task
from app.runs.sandbox.plans.vendor_onboarding.fit import misfits_of
from app.runs.sandbox.plans.vendor_onboarding.papers import missing_papers
from app.runs.sandbox.plans.vendor_onboarding.vendor import Vendor, facts, missing_facts, read_vendor
from app.runs.sandbox.reading.people import find_name, first_name
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import line, plural

__all__ = ["vendor_onboarding"]
_QUERIES = (
    "new supplier requirements set up",
    "supplier documents certificate register",
    "supplier bank account VAT country",
)


def vendor_onboarding(case: Case) -> Steps[str]:
    """Ask for what is missing, hand over what does not fit, or open the set-up task."""
    notes, report = Notebook(), Report()
    vendor = read_vendor(case, (yield from read_files(case, notes)))
    yield from search(case, notes, *_QUERIES)
    misfits = misfits_of(vendor)
    missing = missing_facts(vendor) + missing_papers(case, vendor, notes)
    report.section("What was given", facts(vendor))
    report.section("Does not fit", misfits)
    report.section("Missing", missing)
    name = line(vendor.name or "the vendor", 80)
    if misfits:
        yield from _hand_over(case, report, name, misfits, missing)
    elif missing:
        yield from _ask(case, report, vendor, name, missing)
    else:
        report.headline = f"{name} is complete and everything fits."
        yield from open_one(case, report, task(f"Set up {name} as a supplier", facts(vendor), team="operations"))
    return report.text(notes)


def _hand_over(case: Case, report: Report, name: str, misfits: list[str], missing: list[str]) -> Steps[None]:
    report.headline = f"{name} was not set up: {plural(len(misfits), 'thing')} to look at."
    report.not_done.append("Mail to the supplier: nothing is asked while something does not fit.")
    detail = [*misfits, *(f"Missing: {m}" for m in missing)]
    yield from open_one(case, report, task(f"Check {name} before set-up", detail, team="finance", priority="high"))


def _ask(case: Case, report: Report, vendor: Vendor, name: str, missing: list[str]) -> Steps[None]:
    report.headline = f"{name} is not complete: {plural(len(missing), 'thing')} missing."
    listed = "\n".join("- " + re.sub(r"\s*\[\d+\]$", "", m) for m in missing)
    if vendor.email:
        letter = _letter(vendor, name, listed, writer=find_name(case.given("notes")))
        yield from send_one(case, report, letter, "The vendor's details are not complete.")
        return
    report.not_done.append("Mail to the supplier: there is no address to write to.")
    yield from open_one(case, report, task(f"Ask {name} for what is missing", listed.splitlines(), team="operations"))


def _letter(vendor: Vendor, name: str, listed: str, *, writer: str) -> Args:
    greeting = f"Hello {first_name(writer)}," if writer else "Hello,"
    request = "Thank you for your details. To set you up as a supplier we still need:"
    paragraphs = [greeting, request, listed, "Kind regards,\nOperations"]
    return mail([vendor.email], f"What we still need to set up {name}", paragraphs)
