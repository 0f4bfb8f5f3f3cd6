"""What changed between two texts, or two sets of named values, word by word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

MOST_WORDS = 800
"""Of what lies between the first and the last change; beyond, it is shown as replaced: comparing takes the square."""
_WORDS = re.compile(r"\s+|\S+")
Pieces = list[tuple[str, str]]
"""(same | gone | new, text) in the order of reading."""


@dataclass(frozen=True)
class Change:
    """One value that is not what it was."""

    name: str
    pieces: Pieces


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Each value that changed, those of `before` first."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [Change(name, differences(as_text(before.get(name)), as_text(after.get(name)))) for name in names]


def differences(old: str, new: str) -> Pieces:
    """What stayed, went and came."""
    was, then = _WORDS.findall(old), _WORDS.findall(new)
    start = _alike(was, then)
    end = _alike(was[start:][::-1], then[start:][::-1])
    middle = _middle(was[start : len(was) - end], then[start : len(then) - end])
    pieces = [("same", "".join(was[:start])), *middle, ("same", "".join(was[len(was) - end :]))]
    return [(kind, text) for kind, text in pieces if text]


def _alike(one: list[str], other: list[str]) -> int:
    """How many words are the same from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _middle(was: list[str], then: list[str]) -> Pieces:
    if max(len(was), len(then)) > MOST_WORDS:
        return [("gone", "".join(was)), ("new", "".join(then))]
    found: Pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, was, then, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(was[a:b])))
        else:
            found += [("gone", "".join(was[a:b])), ("new", "".join(then[c:d]))]
    return found


def as_text(value: Any) -> str:
    """A value as people read it: a list as its lines."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
