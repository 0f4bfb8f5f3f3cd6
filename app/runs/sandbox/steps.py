"""What plans are made of: reading, searching, acting, and taking no for an answer.

A plan is a generator: it yields the calls it wants and is sent what became of them. The model holds no
state between turns; it runs the plan again from the start and feeds it the recorded outcomes, so a plan
must want the same calls when it is told the same things.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from app.runs.sandbox.amending import amended, corrected
from app.runs.sandbox.conversation import Call, Case, Outcome, Status
from app.runs.sandbox.notebook import Notebook, Passage, Sheet

T = TypeVar("T")
Steps = Generator[list[Call], list[Outcome], T]
Plan = Callable[[Case], Steps[str]]
ROUNDS = 3
"""A call, and at most two more after changes were asked for."""


def search(case: Case, notes: Notebook, *queries: str, limit: int = 5) -> Steps[list[Passage]]:
    """Search the knowledge with each query in one turn; passages come back once each, best first."""
    wanted = [q for q in dict.fromkeys(q.strip() for q in queries) if q]
    if "search_knowledge" not in case.tools or not wanted:
        return []
    outcomes = yield [Call("search_knowledge", {"query": q, "limit": limit}) for q in wanted]
    for query, outcome in zip(wanted, outcomes, strict=True):
        if not outcome.done:
            notes.problem(f"The search for “{query}” gave no answer: {outcome.words}")
    return notes.keep(outcomes)


def read_files(case: Case, notes: Notebook) -> Steps[list[Sheet]]:
    """Read every attached file in one turn; a file that cannot be read is noted and left out."""
    if "read_attachment" not in case.tools or not case.files:
        return []
    outcomes = yield [Call("read_attachment", {"name": f.name}) for f in case.files]
    sheets = []
    for file, outcome in zip(case.files, outcomes, strict=True):
        if outcome.done:
            sheets.append(Sheet.of(file.name, outcome.content))
        else:
            notes.problem(f"{file.name} was not read: {outcome.words}")
    return sheets


def act(case: Case, tool: str, args: dict[str, Any]) -> Steps[tuple[Outcome, dict[str, Any]]]:
    """Make one call with an effect: what became of it, and the arguments it was last made with.

    A no is final. Changes are applied and asked again at most twice, an argument error is corrected once.
    """
    if tool not in case.tools:
        return Outcome(Status.ABSENT, words=f"This agent does not have {tool.replace('_', ' ')}."), args
    for left in reversed(range(ROUNDS)):
        [outcome] = yield [Call(tool, args)]
        better = _better(args, outcome, case) if left else None
        if better is None or better == args:
            return outcome, args
        args = better
    return outcome, args


def act_on_all(case: Case, tool: str, listed: Sequence[dict[str, Any]]) -> Steps[list[tuple[Outcome, dict[str, Any]]]]:
    """Make a call for each set of arguments, one after the other; stop asking once one is declined."""
    results: list[tuple[Outcome, dict[str, Any]]] = []
    for args in listed:
        results.append((yield from act(case, tool, args)))
    return results


def _better(args: dict[str, Any], outcome: Outcome, case: Case) -> dict[str, Any] | None:
    if outcome.status == Status.CHANGES:
        return amended(args, outcome.words, today=case.today)
    if outcome.status == Status.MISFIT:
        return corrected(args, outcome.words, today=case.today)
    return None


def advance(plan: Plan, case: Case, turns: Sequence[Sequence[tuple[Call, Outcome]]]) -> list[Call] | str:
    """The next calls of `plan` after `turns`, or its final answer."""
    steps = plan(case)
    try:
        wanted = next(steps)
        for turn in turns:
            if [c.tool for c in wanted] != [c.tool for c, _ in turn]:
                return stopped(turns)
            wanted = steps.send([outcome for _, outcome in turn])
    except StopIteration as end:
        return str(end.value)
    return wanted


def stopped(turns: Sequence[Sequence[tuple[Call, Outcome]]]) -> str:
    """An honest end when the history is not one this plan made: what was done, and that it stops here."""
    lines = [f"- {call.tool.replace('_', ' ')}: {outcome.words or 'done'}" for turn in turns for call, outcome in turn]
    return "Stopped: the steps taken so far do not fit this plan, so nothing more was done.\n\n" + "\n".join(lines)
