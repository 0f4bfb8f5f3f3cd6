"""The words of a job: the case it is about, the calls a plan wants, and what became of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    DONE = "done"
    DECLINED = "declined"
    CHANGES = "changes"
    FAILED = "failed"
    MISFIT = "misfit"
    """The arguments did not fit."""
    ABSENT = "absent"
    """The agent does not have this tool."""


@dataclass(frozen=True)
class Call:
    """One tool call."""

    tool: str
    args: dict[str, Any]
    why: str = ""
    """The reason, for the person who decides on it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call. `words` say it, for everything but success."""

    status: Status
    content: Any = None
    words: str = ""

    @property
    def done(self) -> bool:
        return self.status == Status.DONE

    @property
    def blocked(self) -> bool:
        """Whether nothing acted although nobody said no: something for a person to pick up."""
        return self.status in {Status.FAILED, Status.MISFIT, Status.ABSENT}

    def get(self, key: str, default: Any = None) -> Any:
        """A value out of the tool's answer."""
        return self.content.get(key, default) if isinstance(self.content, dict) else default


Turn = list[tuple[Call, Outcome]]


@dataclass(frozen=True)
class Case:
    """The job: what it is told to do, and what it is given."""

    instructions: str
    plan: str
    inputs: dict[str, str]
    files: tuple[str, ...]
    """The names of the attached files."""
    tools: frozenset[str]
    today: date
    currency: str = ""
    workspace: str = ""
    request: str = ""
    """The whole of what was given, as it was written."""

    def given(self, name: str) -> str:
        """An input's text; empty when it was left blank."""
        return self.inputs.get(name, "").strip()

    @property
    def text(self) -> str:
        """Everything the person typed."""
        return "\n".join(v for v in self.inputs.values() if v.strip()) or self.request
