"""Where sentences and their clauses stand in a text, for telling which amount or number a word is about."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from app.runs.sandbox.reading.remembering import remembered

_STOP = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s|$)|\n")
_NOT_A_STOP = re.compile(
    r"(?:\b(?:no|nr|art|ca|approx|incl|excl|inv|ref|mr|mrs|ms|dr|st|vs|etc|bzw|inkl|zzgl|tel|rs|kr|fr)|\b[^\W\d]|(?:^|[^€$£\d.,\s]\s)\d{1,2})\.$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ \t]*(?:[-*•–+]|\d{1,2}[.)])\s")
_JOINT = re.compile(
    r"[,;:](?=\s)|\s[-–—](?=\s)|[()]|\b(?:and|but|while|whereas|until|except|und|aber|sondern|bis auf|et|mais|sauf|maar|y|pero)\b",
    re.IGNORECASE,
)
_WRAPPED = 50
"""A line at least this long may go on in the next one."""


class Span(NamedTuple):
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


@remembered(64)
def sentences_of(text: str) -> tuple[Span, ...]:
    """Every sentence. A paragraph, a list item and a short line end one as well; a mail program's line break does not."""
    ends = [stop.end() for stop in _STOP.finditer(text) if _ends(text, stop)]
    return _between([0, *ends, len(text)])


def clauses_of(text: str, sentence: Span) -> tuple[Span, ...]:
    """The parts of a sentence that commas and words like "but" set apart."""
    joints = [m.start() for m in _JOINT.finditer(text, *sentence)]
    return _between([sentence.start, *joints, sentence.end])


def sentence_at(text: str, at: int) -> Span:
    """The sentence that stands at this place."""
    listed = sentences_of(text)
    found = listed[max(0, bisect_right(listed, at, key=lambda s: s.start) - 1)] if listed else None
    return found if found and found.holds(at) else Span(0, len(text))


def _between(places: list[int]) -> tuple[Span, ...]:
    pairs: Iterator[tuple[int, int]] = zip(places, places[1:], strict=False)
    return tuple(Span(start, end) for start, end in pairs if start < end)


def _ends(text: str, stop: re.Match[str]) -> bool:
    if stop.group() == "\n":
        return _line_ends(text, stop.start())
    return not _NOT_A_STOP.search(text[max(0, stop.start() - 12) : stop.end()].rstrip("\"”’')]"))


def _line_ends(text: str, at: int) -> bool:
    """Whether the line that ends here ends its sentence."""
    line = text[text.rfind("\n", 0, at) + 1 : at].strip()
    end = text.find("\n", at + 1)
    following = text[at + 1 : end if end >= 0 else len(text)].strip()
    if not line or not following or _ITEM.match(text, at + 1):
        return True
    return not (line.endswith(",") or len(line) >= _WRAPPED or following[0].islower())
