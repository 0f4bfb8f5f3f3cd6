"""The words that matter in a text: for searching, and for comparing."""

import re
from collections import Counter

from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.stop_words import STOP

_WORD = re.compile(r"[^\W\d_][\w’'-]*", re.UNICODE)
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s")


@remembered(2048)
def words(text: str) -> tuple[str, ...]:
    """The words of `text`, lower case, in order."""
    return tuple(m.group().lower().strip("'’-") for m in _WORD.finditer(text))


@remembered(4096)
def stem(word: str) -> str:
    """A word without its commonest English endings, so that "refunds" meets "refunded"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@remembered(2048)
def stems(text: str, longer_than: int = 0) -> frozenset[str]:
    """The stems of the words of more than `longer_than` letters."""
    return frozenset(stem(w) for w in words(text) if len(w) > longer_than)


@remembered(2048)
def telling_stems(text: str, longer_than: int = 0) -> frozenset[str]:
    """The same without the words that say nothing of what a text is about."""
    return frozenset(stem(w) for w in words(text) if w not in STOP and len(w) > longer_than)


def key_terms(text: str, limit: int = 6) -> list[str]:
    """The words that say most about `text`: frequent, long, early."""
    listed = [w for w in words(text) if len(w) > 2 and w not in STOP]
    first = {w: i for i, w in reversed(list(enumerate(listed)))}
    counts = Counter(listed)
    rank = sorted(counts, key=lambda w: (-counts[w] * (1 + min(len(w), 10) / 10), first[w]))
    return rank[:limit]


def query(*parts: str, limit: int = 8) -> str:
    """A search query: the key terms of each part, earlier parts first, each word once."""
    share = max(2, limit // max(1, len(parts)))
    chosen = [term for part in parts for term in key_terms(part, share)]
    return " ".join(list(dict.fromkeys(chosen))[:limit])


def overlap(one: str, other: str) -> float:
    """How much of `one`'s vocabulary stands in `other`, 0 to 1."""
    mine, theirs = telling_stems(one, 2), telling_stems(other, 2)
    return len(mine & theirs) / len(mine) if mine else 0.0
