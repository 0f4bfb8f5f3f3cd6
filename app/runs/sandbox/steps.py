"""What plans are made of: reading, searching, acting, and taking no for an answer.

A plan is a generator: it yields the calls it wants and is sent what became of them. The model holds no
state between turns; it runs the plan again from the start and feeds it the recorded outcomes, so a plan
must want the same calls when it is told the same things.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from app.runs.sandbox.amending import amended, corrected
from app.runs.sandbox.case import Call, Case, Outcome, Status
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.sources import Passage, Sheet
from app.runs.sandbox.wording import line

T = TypeVar("T")
Steps = Generator[list[Call], list[Outcome], T]
Plan = Callable[[Case], Steps[str]]
_QUERY_LETTERS = 190
ROUNDS = 3
"""A call, and at most two more after changes were asked for."""


def search(case: Case, notes: Notebook, *queries: str, limit: int = 5) -> Steps[list[Passage]]:
    """Search the knowledge with each query in one turn; passages come back once each, best first."""
    wanted = [q for q in dict.fromkeys(line(q, _QUERY_LETTERS) for q in queries) if q]
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
    outcomes = yield [Call("read_attachment", {"name": name}) for name in case.files]
    sheets = []
    for name, outcome in zip(case.files, outcomes, strict=True):
        if outcome.done:
            sheets.append(Sheet.of(name, outcome.content))
        else:
            notes.problem(f"{name} was not read: {outcome.words}")
    return sheets


def act(case: Case, tool: str, args: dict[str, Any], why: str = "") -> Steps[tuple[Outcome, dict[str, Any]]]:
    """Make one call with an effect: what became of it, and the arguments it was last made with."""
    [result] = yield from act_on_all(case, tool, [args], why)
    return result


def act_on_all(
    case: Case, tool: str, listed: Sequence[dict[str, Any]], why: str = ""
) -> Steps[list[tuple[Outcome, dict[str, Any]]]]:
    """Make a call for each set of arguments, in one turn.

    A no is final. Changes are applied and asked again at most twice; arguments that do not fit are corrected.
    """
    if tool not in case.tools:
        absent = Outcome(Status.ABSENT, words=f"this agent does not have the tool {tool.replace('_', ' ')}")
        return [(absent, args) for args in listed]
    results: dict[int, tuple[Outcome, dict[str, Any]]] = {}
    pending = dict(enumerate(listed))
    for left in reversed(range(ROUNDS)):
        outcomes = (yield [Call(tool, args, why) for args in pending.values()]) if pending else []
        results |= {n: (o, args) for (n, args), o in zip(pending.items(), outcomes, strict=True)}
        again = {n: _better(results[n][1], results[n][0], case) for n in pending}
        pending = {n: args for n, args in again.items() if args is not None and args != results[n][1] and left}
    return [results[n] for n in range(len(listed))]


def _better(args: dict[str, Any], outcome: Outcome, case: Case) -> dict[str, Any] | None:
    if outcome.status == Status.CHANGES:
        return amended(args, outcome.words, today=case.today)
    if outcome.status in {Status.MISFIT, Status.FAILED}:
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
