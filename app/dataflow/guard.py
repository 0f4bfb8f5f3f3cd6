"""The data-flow guard: which actions a person must see, whatever the rules say.

Once a run has read text that others may have written, whoever wrote it may be who speaks through the model. Then
nothing goes to a destination that no person of the workspace named. And what the company keeps to itself never
leaves it unseen. A pure function; nobody can switch it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dataflow.labels import PRIVATE, UNDECLARED, UNTRUSTED, Flow, Sink
from app.dataflow.origins import Kind, Origin, Source, Trust, trace

MOST_NAMED = 5
"""Values that one sentence names; a mail can go to two hundred."""


@dataclass(frozen=True)
class Finding:
    """What the guard found out about one action."""

    origins: tuple[Origin, ...]
    """Of every destination, in the order of the arguments."""
    reasons: tuple[str, ...]
    """Why a person must see it, each a clause that follows "because"; empty when nobody must."""

    @property
    def stops(self) -> bool:
        return bool(self.reasons)


def inspect(
    flow: Flow | None,
    args: Mapping[str, Any],
    sources: Sequence[Source],
    *,
    labels: frozenset[str],
    goes_outside: bool,
    can_be_put_right: bool,
) -> Finding:
    """Where the destinations came from, and whether a person must see this action.

    `labels` is what the run has read so far, `goes_outside` whether any recipient is outside the company (only asked
    for tools that send to recipients), `can_be_put_right` whether the tool undoes what it did, and moves no money.
    """
    declared = flow or UNDECLARED
    kinds = declared.destinations if flow is not None else dict.fromkeys(args, Kind.WORD)
    origins = tuple(origin for name, kind in kinds.items() for origin in trace(name, args.get(name), kind, sources))
    leaves = declared.sink is Sink.OUTSIDE or (declared.sink is Sink.RECIPIENTS and goes_outside)
    found = [*_unnamed(declared, origins, labels, can_be_put_right=can_be_put_right)]
    carries = flow is None or any(args.get(name) for name in declared.content)
    if leaves and carries and PRIVATE in labels:
        found.append("it sends outside, and the run has read what your company keeps to itself")
    if flow is None:
        found.append("nobody has said yet what this tool does with data")
    return Finding(origins, tuple(found))


def _unnamed(flow: Flow, origins: Sequence[Origin], labels: frozenset[str], *, can_be_put_right: bool) -> list[str]:
    """Reasons about destinations that no person named, once the run has read what others wrote."""
    if UNTRUSTED not in labels or (flow.sink is Sink.INSIDE and can_be_put_right):
        return []
    return reasons([origin for origin in origins if origin.trust is not Trust.NAMED])


def reasons(origins: Sequence[Origin]) -> list[str]:
    """ "the amount 1840.00 and the name Ada come from invoice.pdf, page 2, and nobody here named them" """
    found: dict[str, list[str]] = {}
    for origin in origins:
        found.setdefault(origin.title, []).append(f"the {origin.what} {_short(origin.value)}")
    return [_reason(title, values) for title, values in found.items()]


def _reason(title: str, values: Sequence[str]) -> str:
    one, many = ("comes", "stands", "it is", "it"), ("come", "stand", "they are", "them")
    come, stand, are, them = one if len(values) == 1 else many
    if title:
        return f"{_listed(values)} {come} from {title}, and nobody here named {them}"
    return f"{_listed(values)} {stand} nowhere: {are} the model's own"


def _listed(values: Sequence[str]) -> str:
    shown = [*values[:MOST_NAMED], f"{len(values) - MOST_NAMED} more"] if len(values) > MOST_NAMED else values
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _short(value: str) -> str:
    return value if len(value) <= 80 else f"{value[:79]}…"
