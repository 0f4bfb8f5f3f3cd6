"""Where the arguments of an action came from: found in what was said and read, never taken from the model.

The model is a black box that is assumed to obey whoever wrote the last text it read. So a destination counts as
named only when it stands, whole and letter for letter, in what a person of the workspace wrote: the request, the
agent's live version, the directory. Otherwise it is looked for in what the run has read, to tell people whose word
it is; found nowhere, it is the model's own.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.addresses import plain_address
from app.numbers import amounts_in, numbers_in


class Trust(StrEnum):
    """Whose words a text is."""

    NAMED = "named"
    """A person of this workspace wrote it for this purpose."""
    READ = "read"
    """Others may have written it: files, knowledge, mail, pages, results of tools."""
    MADE_UP = "made_up"
    """It stands nowhere: the model's own."""


class Kind(StrEnum):
    """What sort of destination an argument is, and so what counts as the same."""

    ADDRESS = "address"
    """A mail address."""
    PARTY = "party"
    """The name of a person or company."""
    AMOUNT = "amount"
    LINK = "link"
    """A web address: its path and query too, because they can carry data away."""
    WORD = "word"
    """An account, a channel, a record, anything that is one exact sign."""


WHAT = {Kind.ADDRESS: "address", Kind.PARTY: "name", Kind.AMOUNT: "amount", Kind.LINK: "web address"}


@dataclass(frozen=True)
class Source:
    """A text or a list that the run could have taken a value from."""

    title: str
    """For people: "What you asked", "invoice.pdf, page 2"."""
    text: str
    trust: Trust
    ref: str = ""
    """Public id of the passage or file, where it is one."""
    is_amount: bool = False
    """It answers a question for an amount, so that a bare number is one."""
    domains: Collection[str] = ()
    """Every mail address at exactly one of these, in lower case, is named by it."""
    names: Mapping[Kind, Collection[str]] = field(default_factory=dict)
    """Single values that it names, each as `compared` writes them: looked up, never searched for."""

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def amounts(self) -> set[Decimal]:
        """A bare number names no amount, because it may be an order's; it can well be where one was read."""
        return numbers_in(self.text) if self.is_amount or self.trust is not Trust.NAMED else amounts_in(self.text)

    @cached_property
    def links(self) -> set[str]:
        return {link for found in _LINK.findall(self.text) if (link := canonical_link(found.rstrip(_CLOSING)))}


@dataclass(frozen=True)
class Origin:
    """Where one value of one argument came from."""

    argument: str
    value: str
    kind: Kind
    trust: Trust
    title: str = ""
    ref: str = ""

    @property
    def what(self) -> str:
        """What it is, for people: "address"; of a word the name of its argument."""
        return self.argument.replace("_", " ") if self.kind is Kind.WORD else WHAT[self.kind]

    def kept(self) -> dict[str, str]:
        """As a card keeps it."""
        return {
            "what": self.what,
            "kind": self.kind,
            "value": self.value,
            "trust": self.trust,
            "title": self.title,
            "ref": self.ref,
        }


_LINK = re.compile(r"https?://[^\s<>\"'“”|]+", re.IGNORECASE)
_CLOSING = ".,;:!?)]}’'"
_INSIDE_ADDRESS = "A-Za-z0-9._%+@-"


def fold(text: str) -> str:
    """`text` as it compares: composed, lower case, runs of space one space. Look-alike letters stay what they are."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def canonical_link(link: str) -> str:
    """A web address as it compares: scheme and host in lower case, all else exact. Empty for what is none."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, parts.fragment))


COMPARED: dict[Kind, Callable[[str], str]] = {
    Kind.ADDRESS: plain_address,
    Kind.PARTY: fold,
    Kind.AMOUNT: lambda value: "",
    Kind.LINK: canonical_link,
    Kind.WORD: fold,
}


def compared(value: str, kind: Kind) -> str:
    """The one form in which single values of this kind are the same or not; empty for what can be on no list."""
    return COMPARED[kind](value)


def _stands_in(value: str, source: Source) -> bool:
    """Whether the words stand there, with nothing of a word on either side."""
    wanted = fold(value)
    if not wanted:
        return False
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", source.folded) is not None


def _address_stands_in(value: str, source: Source) -> bool:
    """Whether the mail address stands there and is no part of a longer one."""
    if "@" not in value:
        return False
    if source.domains and plain_address(value).rpartition("@")[2] in source.domains:
        return True
    wanted = re.escape(fold(value))
    around = rf"(?<![{_INSIDE_ADDRESS}]){wanted}(?!@|[{_INSIDE_ADDRESS}]*[A-Za-z0-9_%+@-])"
    return re.search(around, source.folded) is not None


def _amount_stands_in(value: str, source: Source) -> bool:
    try:
        return Decimal(value) in source.amounts
    except InvalidOperation:
        return False


def _link_stands_in(value: str, source: Source) -> bool:
    return canonical_link(value) in source.links


STANDS: dict[Kind, Callable[[str, Source], bool]] = {
    Kind.ADDRESS: _address_stands_in,
    Kind.PARTY: _stands_in,
    Kind.AMOUNT: _amount_stands_in,
    Kind.LINK: _link_stands_in,
    Kind.WORD: _stands_in,
}


def trace(argument: str, value: Any, kind: Kind, sources: Sequence[Source]) -> list[Origin]:
    """Where each value of the argument came from: the first source that names it, else the first that was read."""
    return [_origin(argument, one, kind, sources) for one in values_of(value)]


def _origin(argument: str, value: str, kind: Kind, sources: Sequence[Source]) -> Origin:
    for trust in (Trust.NAMED, Trust.READ):
        for source in sources:
            if source.trust is trust and _names(source, value, kind):
                return Origin(argument, value, kind, trust, source.title, source.ref)
    return Origin(argument, value, kind, Trust.MADE_UP)


def _names(source: Source, value: str, kind: Kind) -> bool:
    """Whether the value is on the source's list, or stands in its text."""
    exact = compared(value, kind)
    return (exact != "" and exact in source.names.get(kind, ())) or STANDS[kind](value, source)


def values_of(value: Any) -> Iterable[str]:
    """The single values of an argument, however deep they lie. A key is a value too: it says where something goes."""
    if value is None or value == "":
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from values_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from values_of(inner)
    else:
        yield str(value)
