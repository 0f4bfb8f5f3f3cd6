"""The final answer: one sentence first, then sections, what was not done, and the sources."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.runs.sandbox.conversation import Outcome, Status
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
        if listed := [line for line in lines if line]:
            self.parts.append(f"## {title}\n" + "\n".join(f"- {line}" for line in listed))

    def block(self, title: str, text: str) -> None:
        """A titled paragraph or table; left out when empty."""
        if text.strip():
            self.parts.append(f"## {title}\n{text.strip()}")

    def did(self, what: str) -> None:
        """Say what was done."""
        self.done.append(what)

    def refused(self, what: str, outcome: Outcome) -> None:
        """Say what was not done, and why."""
        why = {
            Status.DECLINED: f"it was declined ({outcome.words})" if outcome.words else "it was declined",
            Status.CHANGES: f"changes were asked for that could not be applied here: {outcome.words}",
            Status.ABSENT: outcome.words,
            Status.MISFIT: f"the tool did not take it: {outcome.words}",
            Status.FAILED: f"the tool did not act: {outcome.words}",
        }.get(outcome.status, outcome.words)
        self.not_done.append(f"{what}: {why}".rstrip(".") + ".")

    def text(self, notes: Notebook) -> str:
        """The whole answer."""
        acted = "## Done\n" + "\n".join(f"- {line}." for line in self.done) if self.done else ""
        missed = "## Not done\n" + "\n".join(f"- {line}" for line in self.not_done) if self.not_done else ""
        trouble = "## Could not be read\n" + "\n".join(f"- {line}" for line in notes.problems) if notes.problems else ""
        return "\n\n".join(
            part for part in (self.headline, *self.parts, acted, missed, trouble, notes.sources()) if part
        )
