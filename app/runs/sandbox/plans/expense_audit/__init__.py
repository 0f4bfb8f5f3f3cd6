"""Expense audit: every line of a list held against the policy, and one task with all that breaks it."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.currency import house_currency
from app.runs.sandbox.plans.effects import Args, open_one, task
from app.runs.sandbox.plans.expense_audit.approved import clear_approved
from app.runs.sandbox.plans.expense_audit.limits import flag_over_in_a_day, flag_over_limits, limits_in
from app.runs.sandbox.plans.expense_audit.line import Line, expense_lines
from app.runs.sandbox.plans.expense_audit.policy import flag_against_policy, flag_duplicates
from app.runs.sandbox.reading.amounts import parse_amount
from app.runs.sandbox.reading.tables import markdown
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import plural

__all__ = ["expense_audit"]
_HEADINGS = ("Line", "Date", "Person", "Category", "Amount", "Finding")
_NO_POLICY = "No expense policy was found in the knowledge; only the checks that need none were made."


def expense_audit(case: Case) -> Steps[str]:
    """Flag what breaks the policy, line by line, and open one task with all of it."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    lines = expense_lines(case, sheets)
    yield from search(case, notes, *_queries(lines))
    _flag(case, notes, lines)
    cleared = clear_approved(case, lines)
    if lines:
        report.block("Lines", markdown(_HEADINGS, [i.cells for i in lines]) + notes.cite_tables(sheets))
    report.section("Approved by the notes given", cleared)
    report.section("Rules", [] if notes.passages else [_NO_POLICY])
    flagged = [i for i in lines if i.flags]
    report.headline = _headline(lines, flagged)
    if not lines:
        report.not_done.append("Audit: paste the list with its headings or attach it as CSV or XLSX.")
    if flagged:
        yield from open_one(case, report, _look_at(flagged), "These lines break a rule or need an explanation.")
    return report.text(notes)


def _queries(lines: list[Line]) -> list[str]:
    kinds = " ".join(dict.fromkeys(i.category for i in lines if i.category))
    return [
        "expense policy limits",
        f"expense limit {kinds[:120]}",
        "receipts required above",
        "not reimbursed",
        "weekend expense reason",
        "hand in expenses within days",
    ]


def _flag(case: Case, notes: Notebook, lines: list[Line]) -> None:
    """Write into each line what is wrong with it."""
    rules = notes.knowledge + "\n\n" + case.given("policy_notes")
    limits, house = limits_in(rules), house_currency(case, notes)
    own = parse_amount(case.given("line_limit")) if case.given("line_limit") else None
    for item in lines:
        flag_against_policy(item, case.today, rules, notes)
        flag_over_limits(item, limits, own, house, notes)
    flag_over_in_a_day(lines, limits, notes)
    flag_duplicates(lines)


def _headline(lines: list[Line], flagged: list[Line]) -> str:
    if not lines:
        return "Nothing was audited: no list with a date and an amount column was found."
    if not flagged:
        return f"{plural(len(lines), 'line')} checked; nothing to flag, so no task was opened."
    return f"{plural(len(lines), 'line')} checked, {len(flagged)} flagged."


def _look_at(flagged: list[Line]) -> Args:
    title = f"Look at {plural(len(flagged), 'expense line')} that may break the policy"
    return task(title, [f"{i.shown}: {'; '.join(i.flags)}" for i in flagged], team="finance")
