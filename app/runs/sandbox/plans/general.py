"""The plan for an agent of one's own: read, search, and say what the sources say."""

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.making import line
from app.runs.sandbox.reading.sentences import summarise
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search


def general(case: Case) -> Steps[str]:
    """A summary of what was given, with what the knowledge says about it. It acts on nothing."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    text = case.text
    yield from search(case, notes, query(text), query(text, case.instructions))
    report.section("What was given", [line(s, 300) for s in summarise(text, 4)])
    for sheet in sheets:
        report.section(sheet.name, [f"{line(s, 300)} {notes.cite(sheet)}" for s in summarise(sheet.words, 3)])
    sentence, mark = notes.quote(text)
    found = [f"{line(p.text, 300)} {notes.cite(p)}" for p in notes.passages[:3]]
    report.section("What the knowledge says", [f"“{line(sentence, 300)}” {mark}", *found] if sentence else found)
    report.headline = line(sentence or next(iter(summarise(text, 1)), "") or "Nothing was given to work on.", 240)
    acting = sorted(case.tools - {"search_knowledge", "read_attachment"})
    if acting:
        report.not_done.append(
            "No action was taken: the Sandbox model acts only in the jobs that agents can start from"
        )
    report.not_done = [n.rstrip(".") + "." for n in report.not_done]
    return report.text(notes)
