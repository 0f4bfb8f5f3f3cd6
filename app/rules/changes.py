"""What is different between two lists of rules, in sentences."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.rules.policy import Mode, RuleLine
from app.rules.sentences import Words, sentence


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    SWITCHED = "switched"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    """One rule that is not as it was."""

    kind: Kind
    key: str
    before: str
    """Its sentence, empty for one that was added; for one that moved, its place."""
    after: str


SWITCHED = {Mode.OFF: "Off", Mode.WATCH: "Only watched", Mode.ENFORCE: "Enforced"}


def changes(old: Sequence[RuleLine], new: Sequence[RuleLine], words: Words) -> list[Change]:
    """Everything that differs, in the order of `new`, and then what was removed. Empty when both say the same."""
    before, after = {rule.key: rule for rule in old}, {rule.key: rule for rule in new}
    moved = _moved([rule.key for rule in old if rule.key in after], [rule.key for rule in new if rule.key in before])
    found: list[Change] = []
    for place, rule in enumerate(new, 1):
        was = before.get(rule.key)
        if was is None:
            found.append(Change(Kind.ADDED, rule.key, "", sentence(rule, words)))
            continue
        if replace(was, mode=rule.mode) != rule:
            found.append(Change(Kind.CHANGED, rule.key, _said(was, words), _said(rule, words)))
        if was.mode is not rule.mode:
            found.append(Change(Kind.SWITCHED, rule.key, SWITCHED[was.mode], f"{SWITCHED[rule.mode]}: {rule.name}"))
        if rule.key in moved:
            found.append(Change(Kind.MOVED, rule.key, f"Line {old.index(was) + 1}", f"Line {place}: {rule.name}"))
    gone = (rule for rule in old if rule.key not in after)
    return found + [Change(Kind.REMOVED, rule.key, sentence(rule, words), "") for rule in gone]


def _said(rule: RuleLine, words: Words) -> str:
    return f"{sentence(rule, words)} Shown as: {rule.name}."


def _moved(old: list[str], new: list[str]) -> set[str]:
    """The keys whose place among the others changed: as few as explain the new order."""
    kept = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks()
    still = {key for block in kept for key in old[block.a : block.a + block.size]}
    return set(old) - still
