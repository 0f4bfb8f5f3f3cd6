"""The plan for an agent of one's own: read, search, and say what the sources say."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.reading.sentences import summarise
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import line

_READING = {"search_knowledge", "read_attachment"}


def general(case: Case) -> Steps[str]:
    """A summary of what was given, with what the knowledge says about it. It acts on nothing."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    text = case.text
    yield from search(case, notes, query(text), query(text, case.instructions))
    report.section("What was given", [line(s, 300) for s in summarise(text, 4)])
    for sheet in sheets:
        report.section(sheet.name, [f"{line(s, 300)} {notes.cite(sheet)}" for s in summarise(sheet.words, 3)])
    sentence, guidance = notes.most_about(text)[0], notes.guidance(text)
    found = [f"{line(p.text, 300)} {notes.cite(p)}" for p in notes.passages[:3]]
    report.section("What the knowledge says", [*guidance, *found])
    report.headline = line(sentence or next(iter(summarise(text, 1)), "") or "Nothing was given to work on.", 240)
    if case.tools - _READING:
        report.not_done.append(
            "No action was taken: the Sandbox model acts only in the jobs that agents can start from."
        )
    return report.text(notes)
