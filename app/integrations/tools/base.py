"""What a tool is: what it may do, said in code, so that rules and cards never depend on a model's words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from app.dataflow.labels import Flow
from app.errors import DomainError


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class EffectClass(StrEnum):
    """What a crash in the middle means."""

    READ = "read"
    """Changes nothing: asked again."""
    LOCAL = "local"
    """Writes rows in the journal's own transaction: happened, or did not."""
    KEYED = "keyed"
    """The receiver honours the idempotency key: sent again with the same key."""
    ONCE = "once"
    """Anything else: the outcome is unknown and a person decides."""


class ToolRefused(DomainError):
    """The tool did not act and says why in words the model can use. Nothing happened."""

    status = 422


@dataclass(frozen=True)
class Evidence:
    """Something the agent read, with where it stands."""

    kind: str
    """`passage`, `attachment` or `input`."""
    title: str
    place: str
    quote: str
    ref: str
    """Public id of the passage or attachment."""


@dataclass
class ToolContext:
    """Whom a call works for. Built by the engine; a tool never looks further."""

    workspace_id: int
    run_id: int
    run_public_id: str
    effect_key: str
    """Unique per call; the idempotency key at a receiver."""
    team: str
    currency: str
    company_domains: tuple[str, ...]
    collections: tuple[str, ...]
    """Public ids of the collections this agent's version may read."""
    read: list[Evidence] = field(default_factory=list)
    """What this call read; the engine keeps it as evidence."""
    lacks: set[str] = field(default_factory=set)
    """Labels that what this call read does not have, though its tool may read such. Counts once the call succeeded."""

    def cite(self, evidence: Evidence) -> None:
        self.read.append(evidence)


@dataclass(frozen=True)
class Action:
    """One exact call in plain words and figures, computed from its arguments."""

    title: str
    """ "Refund €1,840.00 to Hartwell Ltd" """
    facts: tuple[tuple[str, str], ...] = ()
    """(label, words) for the card: Amount, Goes to, …"""
    amount: int | None = None
    """Minor units."""
    currency: str = ""
    recipients: tuple[str, ...] = ()
    """Mail addresses, lower case; for a webhook its host."""
    party: str = ""
    """Who gets the money, where it moves any."""
    button: str = "Approve"
    """What the approve button says: "Approve €1,840.00"."""
    body: tuple[str, str] | None = None
    """(subject, text) when the action carries a message, shown as the reader will see it."""


@dataclass(frozen=True)
class Tool:
    """Something an agent can use."""

    name: str
    version: int
    title: str
    """For people: "Book a refund"."""
    summary: str
    """For the model: what it does and when to use it."""
    arguments: type[BaseModel]
    """With `extra="forbid"`; field descriptions are for the model."""
    risk: Risk
    effect: EffectClass | Callable[[ToolContext], EffectClass]
    run: Callable[[Any, ToolContext], dict[str, Any]]
    """Acts. Returns JSON for the model. Raises ToolRefused when it cannot; flushes, never commits."""
    describe: Callable[[Any, ToolContext], Action]
    flow: Flow | None = None
    """What it reads and where what it is given goes. A tool that does not say counts as the strictest."""
    sends_outside: bool = False
    moves_money: bool = False
    reversible: bool = True
    by_name_only: bool = False
    """Only rules that name it are about it, and models are not offered it."""
    areas: frozenset[str] = frozenset()
    """Of high impact on people, which its use touches: app/dataflow/impact.py."""
    undo: str = "Changes nothing"
    """How it is undone, in words for the card."""
    settled: Callable[[ToolContext], dict[str, Any] | None] = lambda ctx: None
    """After a crash: the result if our own records prove that this call happened, else None."""
    phrase: Callable[[Any, dict[str, Any]], str] | None = None
    """One line for the timeline from (args, result): "Searched knowledge for “duplicate charges”"."""

    def effect_class(self, ctx: ToolContext) -> EffectClass:
        return self.effect(ctx) if callable(self.effect) else self.effect
