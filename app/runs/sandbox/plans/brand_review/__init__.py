"""Brand review: every issue of a text with the words, the rule and a better wording."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.brand_guide import read_guide
from app.runs.sandbox.plans.brand_review.issues import issues_in
from app.runs.sandbox.plans.effects import open_one, task
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import clean, line, plural

__all__ = ["brand_review"]
_QUERIES = (
    "words to avoid",
    "say not use words we use",
    "brand tone of voice sentences",
    "claims guarantee promise",
    "exclamation marks capitals punctuation",
    "write our name as",
)
_NO_GUIDE = "No brand guide was found in the knowledge; only slips that any reader would notice were looked for."


def brand_review(case: Case) -> Steps[str]:
    """Every issue with the words, the rule and a better wording; a task when there are any."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    channel = line(case.given("channel"), 80)
    yield from search(case, notes, *_QUERIES, f"{channel} text rules", limit=8)
    text = clean("\n\n".join([case.given("text"), *(s.words for s in sheets)]))
    issues = issues_in(text, read_guide(notes.knowledge), notes)
    report.section("Issues", [i.shown for i in issues])
    report.section("The guide", [] if notes.passages else [_NO_GUIDE])
    where, found = f" for {channel.lower()}" if channel else "", plural(len(issues), "issue")
    read = f"{plural(len(text.split()), 'word')} reviewed{where}"
    report.headline = f"{read}: {found}." if issues else f"{read}; no issues found, so no task was opened."
    if not text:
        report.headline = "There was no text to review."
    elif issues:
        detail = [f"“{line(i.words, 80)}”: {line(i.rule, 200)}" for i in issues]
        revision = task(f"Revise a text{where}: {found}", detail, team="marketing")
        yield from open_one(case, report, revision, "The text breaks rules of the brand guide.")
    return report.text(notes)
