"""The final answer: one sentence first, then sections, what was not done, and the sources."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.runs.sandbox.case import Outcome, Status
from app.runs.sandbox.notebook import Notebook


@dataclass
class Report:
    """Built in reading order. Plain words; lists with a dash; tables as Markdown."""

    headline: str = ""
    parts: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)

    def section(self, title: str, lines: Iterable[str]) -> None:
        """A titled list; left out when it has no lines."""
        self.parts.append(_section(title, lines))

    def block(self, title: str, text: str) -> None:
        """A titled paragraph or table; left out when empty."""
        if text.strip():
            self.parts.append(f"## {title}\n{text.strip()}")

    def did(self, what: str) -> None:
        """Say what was done."""
        self.done.append(what)

    def refused(self, what: str, outcome: Outcome) -> None:
        """Say what was not done, and why."""
        self.not_done.append(f"{what}: {_why_not(outcome)}".rstrip(".") + ".")

    def text(self, notes: Notebook) -> str:
        """The whole answer."""
        parts = (
            self.headline,
            *self.parts,
            _section("Done", [f"{line}." for line in self.done]),
            _section("Not done", self.not_done),
            _section("Could not be read", notes.problems),
            notes.sources(),
        )
        return "\n\n".join(part for part in parts if part)


def _section(title: str, lines: Iterable[str]) -> str:
    listed = [f"- {line}" for line in lines if line]
    return "\n".join([f"## {title}", *listed]) if listed else ""


def _why_not(outcome: Outcome) -> str:
    words = outcome.words
    return {
        Status.DECLINED: f"it was declined ({words})" if words else "it was declined",
        Status.CHANGES: f"changes were asked for that could not be applied here: {words}",
        Status.MISFIT: f"the tool did not take it: {words}",
        Status.FAILED: f"the tool did not act: {words}",
    }.get(outcome.status, words)
