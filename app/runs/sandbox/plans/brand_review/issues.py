"""What in a text is against the guide, and slips that any reader would notice."""

import re
from collections.abc import Callable
from typing import NamedTuple

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.brand_guide import NO_EXCLAMATION, Guide, as_word, cite_word, misspelt, sentence_with
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.wording import line

_EXCLAIMED = re.compile(r"[^.!?\n]*!+")
_CAPITALS = re.compile(r"\b(?:[A-ZÀ-Þ]{4,})(?:\s+[A-ZÀ-Þ]{2,})*\b")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_SENTENCE_LIMIT = re.compile(r"sentences?\b[^.]{0,40}?(\d{1,2})\s+words", re.IGNORECASE)
_DESCRIBING = re.compile(r"-|ly$")
"""A word that a sentence can do without."""
_TWICE = re.compile(r"\b(\w{2,})[ \t]+\1\b", re.IGNORECASE)
_DOUBLED = re.compile(r"[?]{2,}|,{2,}")
_LONG_SENTENCE = 35


class Issue(NamedTuple):
    words: str
    rule: str
    better: str = ""
    """A better wording, where one can be told."""

    @property
    def shown(self) -> str:
        better = f" Better: “{line(self.better, 240)}”" if self.better else ""
        return f"“{line(self.words, 120)}”: {self.rule}{better}"


def issues_in(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    """Every issue: words first, then style, long sentences and slips."""
    return [
        *_name(text, guide, notes),
        *_words_with_another(text, guide, notes),
        *_words_to_avoid(text, guide, notes),
        *_style(text, guide, notes),
        *_long_sentences(text, guide, notes),
        *_slips(text),
    ]


def _name(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    """The company's name, each time that it is written in another way than the guide's."""
    written = dict.fromkeys(m.group() for m in misspelt(guide.name).finditer(text)) if guide.name else {}
    return [Issue(w, f"the guide writes “{guide.name}” {cite_word(notes, guide.name)}.", guide.name) for w in written]


def _words_with_another(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    found = ((hit, bad, good) for bad, good in guide.instead if (hit := as_word(bad).search(text)))
    return [
        Issue(
            hit.group(),
            f"the guide says “{good}” {cite_word(notes, bad)}.",
            guide.improved(sentence_with(text, as_word(bad))),
        )
        for hit, bad, good in found
    ]


def _words_to_avoid(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    found = ((hit, word, rule) for word, rule in guide.avoid if (hit := as_word(word).search(text)))
    return [
        Issue(
            hit.group(), f"{notes.quoted(rule, 160)}.", _without(word, text, guide) if _DESCRIBING.search(word) else ""
        )
        for hit, word, rule in found
    ]


def _without(word: str, text: str, guide: Guide) -> str:
    """The sentence without the word."""
    rest = re.sub(r"  +", " ", as_word(word).sub("", sentence_with(text, as_word(word))))
    return guide.improved(re.sub(r"\s+([,.!?])", r"\1", rest).strip())


def _without_exclamation(words: str) -> str:
    return words.strip().rstrip("!") + "."


_STYLE: tuple[tuple[re.Pattern[str], re.Pattern[str], Callable[[str], str]], ...] = (
    (NO_EXCLAMATION, _EXCLAIMED, _without_exclamation),
    (re.compile(r"\bcapitals?\b", re.IGNORECASE), _CAPITALS, str.capitalize),
    (re.compile(r"\bno emoji", re.IGNORECASE), _EMOJI, lambda _: ""),
)
"""(what the guide speaks of, what to look for in the text, how to say it better)"""


def _style(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    found = []
    for rule, pattern, better in _STYLE:
        sentence, hit = guide.sentence_with(rule), pattern.search(text)
        if sentence and hit:
            found.append(Issue(hit.group().strip(), f"{notes.quoted(sentence, 160)}.", better(hit.group())))
    return found


def _long_sentences(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    rule = guide.sentence_with(_SENTENCE_LIMIT)
    named = _SENTENCE_LIMIT.search(rule)
    most = int(named[1]) if named else _LONG_SENTENCE
    why = notes.quoted(rule, 120) if rule else "a long sentence is hard to follow"
    long = [s for s in split(text) if len(s.split()) > most]
    return [Issue(s, f"{len(s.split())} words: {why}.") for s in long[:6]]


def _slips(text: str) -> list[Issue]:
    twice = [m for m in _TWICE.finditer(text) if m[1].lower() not in {"that", "had"}]
    doubled = list(_DOUBLED.finditer(text))
    return [
        *(Issue(m.group(), "the word stands twice.", m[1]) for m in twice[:4]),
        *(Issue(m.group(), "a doubled sign reads as a slip.", m.group()[0]) for m in doubled[:2]),
    ]
