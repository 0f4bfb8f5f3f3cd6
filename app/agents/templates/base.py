"""What a template is: everything a new agent starts with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from app.agents.inputs import Input


@dataclass(frozen=True)
class Template:
    """A job that agents can be given. `key` is also the name of the Sandbox model's plan for it."""

    key: str
    name: str
    team: str
    purpose: str
    """One sentence: what it does and where it ends."""
    instructions: str
    inputs: tuple[Input, ...]
    """The start form. Text that comes from outside stands last: see the order rule of the Sandbox model."""
    tools: tuple[str, ...]
    risks: tuple[str, ...]
    """What a person should know before using it, in words."""
    knowledge: str = ""
    """What it looks for in knowledge; empty when it needs none."""
    needs_one_of: tuple[str, ...] = ()
    """Inputs of which at least one is filled in."""
    sample_input: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    sample_files: tuple[tuple[str, str, str], ...] = ()
    """(name, media type, text) of files that go with the sample."""

    @property
    def plan(self) -> str:
        return self.key

    @property
    def settings(self) -> dict[str, Any]:
        """What a version of it starts with."""
        return {"max_steps": 20, "needs_one_of": list(self.needs_one_of)}


def text(name: str, label: str, hint: str = "", *, required: bool = False, outside: bool = False) -> Input:
    return _input(name, label, "text", hint, required, outside)


def long(name: str, label: str, hint: str = "", *, required: bool = False, outside: bool = True) -> Input:
    return _input(name, label, "long", hint, required, outside)


def money(name: str, label: str, hint: str = "") -> Input:
    return _input(name, label, "money", hint)


def email(name: str, label: str, hint: str = "", *, required: bool = False) -> Input:
    return _input(name, label, "email", hint, required)


def date(name: str, label: str, hint: str = "") -> Input:
    return _input(name, label, "date", hint)


def files(label: str, hint: str, *, name: str = "files") -> Input:
    return _input(name, label, "files", hint, outside=True)


def choice(name: str, label: str, choices: tuple[str, ...], hint: str = "") -> Input:
    return _input(name, label, "choice", hint) | {"choices": list(choices)}


def _input(name: str, label: str, kind: str, hint: str, required: bool = False, outside: bool = False) -> Input:
    """`outside`: somebody else may have written what is given here, a customer or a supplier."""
    given = {"name": name, "label": label, "kind": kind, "required": required, "hint": hint}
    return given | {"choices": [], "outside": outside}
