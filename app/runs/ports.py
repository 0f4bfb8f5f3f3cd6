"""What the engine is given. It knows neither Flask nor RQ nor approvals: tasks/runs.py wires these."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic_ai.models import Model

from app.access import Capability
from app.integrations.tools.base import Action, Tool, ToolContext
from app.runs.models import Run


@dataclass(frozen=True)
class Proposal:
    """One exact action the model asks for, described by the tool and not by the model."""

    run: Run
    call_key: str
    call_id: str
    tool: Tool
    arguments: BaseModel
    context: ToolContext
    action: Action
    purpose: str
    """What the model said around the call; shown as its words."""

    @property
    def args(self) -> dict[str, Any]:
        """The arguments as canonical JSON values."""
        return self.arguments.model_dump(mode="json")

    def with_arguments(self, arguments: BaseModel) -> "Proposal":
        """The same call with other arguments, described again."""
        return replace(self, arguments=arguments, action=self.tool.describe(arguments, self.context))


class Answer(StrEnum):
    """What the gate says to a proposal."""

    GO = "go"
    WAIT = "wait"
    DENIED = "denied"
    DONE = "done"
    """A person says that a call with an unknown outcome did happen."""


@dataclass(frozen=True)
class Permit:
    """The gate's answer. With GO, `args` are what may be done (a person may have edited them)."""

    answer: Answer
    args: dict[str, Any] | None = None
    approval_id: int | None = None
    is_consumed: bool = False
    """With GO, that the approval was used up before this call was cut off."""
    words: str = ""
    """With DENIED, what the model is told."""
    is_final: bool = True
    """With DENIED, that it is not wanted in another way either."""
    wake_at: datetime | None = None
    """With WAIT, when to look again by itself (the end of a hold window)."""


class Gate(Protocol):
    """Rules and people, as they are in the present transaction. Lives in approvals."""

    def permit(self, proposal: Proposal) -> Permit:
        """Whether this call may go on now. May create a card. Flushes."""
        ...

    def consume(self, approval_id: int, proposal: Proposal) -> bool:
        """Use an approval up, once, in the transaction that starts the effect. False: no longer valid."""
        ...

    def settle(self, approval_id: int, state: str, words: str) -> None:
        """Write the outcome (done | failed | unknown) on the card."""
        ...

    def unknown(self, proposal: Proposal) -> Permit:
        """Ask a person what became of a call that was cut off. GO means: do it again."""
        ...

    def close(self, words: str) -> None:
        """The run ends: nobody needs to decide on what still waits."""
        ...


class Standing(Protocol):
    """What a workspace may do, as it is in the present transaction."""

    def may(self, capability: Capability) -> bool: ...


@dataclass(frozen=True)
class Ports:
    """Everything the engine needs from outside."""

    model: Callable[[Run], Model]
    """Raises ProviderFailed when the run's model cannot be had."""
    gate: Callable[[Run], Gate]
    """Made anew for each transaction, so that rules and decisions count at once."""
    standing: Callable[[int], Standing]
    """Of this workspace; read afresh in each transaction."""
    tools: dict[str, Tool]
    owner: str
    """Who works: host and process, for people who look at a lease."""
    lease_seconds: int
    model_timeout_seconds: float
    model_deadline_seconds: float
