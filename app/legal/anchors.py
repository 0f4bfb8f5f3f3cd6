"""Addresses of clauses that last: where an anchor of an earlier version leads in this one."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.legal.texts import Clause, Policy


@dataclass(frozen=True)
class Lost:
    """A clause of an earlier version that this one has no more."""

    anchor: str
    number: str
    policy: Policy
    """The last version that had it."""


def older_names(policy: Policy, earlier: Iterable[Policy]) -> dict[str, list[str]]:
    """For each anchor of `policy`, the names that earlier versions knew it by."""
    here = policy.anchors
    names: dict[str, list[str]] = {}
    for old in dict.fromkeys(anchor for one in earlier for anchor in one.anchors):
        if old not in here and (new := leads_to(policy, old)) in here:
            names.setdefault(new, []).append(old)
    return names


def lost(policy: Policy, earlier: Iterable[Policy]) -> list[Lost]:
    """The clauses of `earlier` versions, newest first, that have no place in `policy`, in the order they stood."""
    here, found = policy.anchors, {}
    for one in earlier:
        for clause in clauses(one):
            if leads_to(policy, clause.anchor) not in here and clause.anchor not in found:
                found[clause.anchor] = Lost(clause.anchor, clause.number, one)
    return list(found.values())


def leads_to(policy: Policy, anchor: str) -> str:
    """The name that an older anchor has in `policy`, as far as its `moved` says."""
    seen = set()
    while anchor in policy.moved and anchor not in seen:
        seen.add(anchor)
        anchor = policy.moved[anchor]
    return anchor


def clauses(policy: Policy) -> list[Clause]:
    return [clause for section in policy.sections for clause in section.clauses]
