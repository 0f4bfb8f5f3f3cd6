"""Sentences: splitting a text, and keeping the ones that carry it."""

import re
from collections import Counter
from collections.abc import Iterable, Set

from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.stop_words import STOP
from app.runs.sandbox.reading.terms import stem, stems, words

_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|no|nr|vs|etc|inc|ltd|co|corp|approx|dept|est|fig|e\.g|i\.e|z\.b|bzw|ca|usw|incl|excl|vol|p|pp|sp|art|tel|sr|jr)|\b[A-Za-z]|^\d{1,3})\.$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-ZÀ-ÖØ-Þ0-9])")
_BULLET = re.compile(r"^\s*(?:[-*•–+]|\d{1,2}[.)])\s+")
_QUOTED = re.compile(r"^\s*>+ ?", re.MULTILINE)


@remembered(256)
def split(text: str) -> tuple[str, ...]:
    """The sentences of `text`, in order. A list item or a paragraph's end also ends one."""
    found: list[str] = []
    for block in _blocks(_QUOTED.sub("", text)):
        found += _joined(_BREAK.split(block))
    return tuple(s for raw in found if len(s := on_one_line(raw)) > 1)


@remembered(256)
def whole_sentences(text: str) -> tuple[str, ...]:
    """Those of more than three words that end as sentences do: no headings, no fragments."""
    return tuple(s for s in split(text) if len(s.split()) > 3 and s.rstrip(')”"').endswith((".", "!", "?", ";")))


def on_one_line(text: str) -> str:
    """`text` with single spaces for all its white space."""
    return " ".join(text.split())


def _blocks(text: str) -> list[str]:
    """Paragraphs and list items; lines that a mail program wrapped are joined again."""
    blocks: list[str] = []
    for line in text.splitlines():
        bullet = _BULLET.match(line)
        body = line[bullet.end() :].strip() if bullet else line.strip()
        if not bullet and body and body[0].islower() and blocks and _wraps(blocks[-1]):
            blocks[-1] += " " + body
        else:
            blocks.append(body)
    return [b for b in blocks if b]


def _wraps(line: str) -> bool:
    """Whether a line is long enough to have been wrapped, and ends no sentence."""
    return len(line) > 50 and not line.endswith((".", "!", "?", ":"))


def _joined(pieces: list[str]) -> list[str]:
    """Pieces that were cut after an abbreviation, put together again."""
    joined: list[str] = []
    for piece in pieces:
        if joined and _ABBREVIATION.search(joined[-1]):
            joined[-1] += " " + piece
        else:
            joined.append(piece)
    return joined


def summarise(text: str, count: int = 3) -> list[str]:
    """The `count` sentences that carry most of the text's vocabulary, in the order they stand."""
    listed = list(dict.fromkeys(s for s in split(text) if 3 <= len(s.split()) <= 60))
    weights = Counter(stem(w) for s in listed for w in words(s) if w not in STOP and len(w) > 2)
    chosen: list[str] = []
    while len(chosen) < count and len(chosen) < len(listed):
        chosen.append(max((s for s in listed if s not in chosen), key=lambda s: _score(s, weights, listed.index(s))))
        for w in stems(chosen[-1]):
            weights[w] //= 3  # the next sentence should say something else
    return sorted(chosen, key=listed.index)


def _score(sentence: str, weights: Counter[str], place: int) -> float:
    own = stems(sentence)
    total = sum(weights[s] for s in own)
    figures = 1.2 if re.search(r"\d", sentence) else 1.0
    return figures * total / (len(own) + 4) * (1.15 if place < 2 else 1.0)


def shorten(text: str, limit: int = 160) -> str:
    """`text` on one line, cut at a word."""
    line = on_one_line(text)
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def best_match(sentences: Iterable[str], terms: Set[str]) -> str:
    """The sentence that holds most of `terms` (stems); the first of them when several do, empty when none does."""
    scored = [(len(terms & stems(s)), s) for s in sentences]
    best = max((n for n, _ in scored), default=0)
    return next((s for n, s in scored if n == best and n), "")
