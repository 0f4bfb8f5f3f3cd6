"""What a tool declares about the data that goes through it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.dataflow.origins import Kind


class Sink(StrEnum):
    """Where what a tool is given ends up."""

    NOWHERE = "nowhere"
    """It only reads."""
    INSIDE = "inside"
    """In the workspace, where a person can put it right."""
    RECIPIENTS = "recipients"
    """Inside when every recipient is at the company's own domains, else outside."""
    OUTSIDE = "outside"


@dataclass(frozen=True, eq=False)  # one per tool, and tools are looked up by identity
class Flow:
    """What a tool says of itself. What it does not say counts as the strictest (UNDECLARED)."""

    sink: Sink
    destinations: Mapping[str, Kind] = field(default_factory=dict)
    """Arguments that decide where something goes, or what is done to which record."""
    content: frozenset[str] = frozenset()
    """Arguments that carry words or data to the destination."""
    reads_untrusted: bool = True
    """Its result holds text that others may have written."""
    reads_private: bool = True
    """Its result holds what the company keeps to itself."""
    may_lack: frozenset[str] = frozenset()
    """Labels that the result of one call can turn out not to have, when the tool says so of that call."""


UNTRUSTED, PRIVATE = "untrusted", "private"
READS = Flow(Sink.NOWHERE)
"""It looks something up in the workspace."""
MOVES = Flow(
    Sink.INSIDE,
    {"party": Kind.PARTY, "amount": Kind.AMOUNT},
    frozenset({"reference", "reason"}),
    reads_untrusted=False,
    reads_private=False,
)
"""It writes down that somebody gets money."""
UNDECLARED = Flow(Sink.OUTSIDE)
"""A tool that declares nothing: it sends everything outside, and every argument is a destination."""


def labels_of_result(flow: Flow | None, lacks: Collection[str] = ()) -> set[str]:
    """What the run has read once it has the result of such a tool: all that it declares but what the call `lacks`.

    A call can lack only what the declaration says it may.
    """
    declared = flow or UNDECLARED
    read = ((UNTRUSTED, declared.reads_untrusted), (PRIVATE, declared.reads_private))
    return {label for label, has in read if has} - (declared.may_lack & {*lacks})
