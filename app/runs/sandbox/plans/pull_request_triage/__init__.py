"""Pull request triage: how large a change is, what it touches and what to look at, as one review task."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import open_one, task
from app.runs.sandbox.plans.pull_request_triage.diff import read_diff
from app.runs.sandbox.plans.pull_request_triage.review import Review
from app.runs.sandbox.plans.pull_request_triage.review_guide import rules_for
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import line

__all__ = ["pull_request_triage"]


def pull_request_triage(case: Case) -> Steps[str]:
    """Size, risky parts, missing tests and lines to look at; one review task."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    review = Review.of(read_diff("\n".join([case.given("diff"), *(s.words for s in sheets)])))
    yield from search(case, notes, *_queries(review))
    rules = rules_for(review, notes) + ([] if case.given("description") else ["There is no description."])
    _show(report, review, rules)
    title, priority = line(case.given("title") or "Untitled change", 120), review.priority
    asked = task(f"Review: {title}", [*review.points, *rules], team="engineering", priority=priority)
    opened = yield from open_one(case, report, asked, "A person reviews the change.")
    end = ", review task opened." if opened else "."
    report.headline = f"{title}: {review.measured or 'no diff given'}, {priority} priority{end}"
    return report.text(notes)


def _queries(review: Review) -> list[str]:
    return [
        "review guide pull request size lines",
        "pull request tests description",
        "review " + " ".join(review.areas),
        "stop signs secret removed check",
    ]


def _show(report: Report, review: Review, rules: list[str]) -> None:
    largest = sorted(review.files, key=lambda f: -f.size)[:12]
    sizes = [f"{f.path}: +{len(f.added)} -{len(f.removed)}" for f in largest]
    report.section("Size", [review.measured or "No diff was given, so the change was not measured.", *sizes])
    report.section("Risky parts", [f"{area}: {', '.join(paths[:6])}" for area, paths in review.areas.items()])
    report.section("Changed without a test", review.untested)
    report.section("Lines to look at", review.lines)
    report.section("Review guide", rules)
