"""The company's brand guide: words to use and to avoid, and limits for texts. Shared by campaigns and reviews."""

import re
from dataclasses import dataclass
from functools import partial

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.rules import avoided, swaps
from app.runs.sandbox.reading.sentences import split

NO_EXCLAMATION = re.compile(
    r"\b(?:no|avoid|without|never use|do not use|don't use)\b[^.\n]{0,30}\bexclamation", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“„]([^\"”“\n]{1,40})[\"”]")
_LEAVE_OUT = re.compile(
    r"\bleave (?:them|it|these|those) out\b|\bmake a promise\b|\bwords such as\b|\bnot (?:on brand|our style)\b",
    re.IGNORECASE,
)
_ABOUT_WORDS = re.compile(
    r"\b(?:words?|capitals?|exclamation|emoji|marks?|claims?|competitors?|names?|text|sentences?|jargon|slang|emphasis|hand|customers?|mails?|prices?)\b",
    re.IGNORECASE,
)
_NAME_RULE = re.compile(
    r"\b(?:write|spell|use|print|set)\s+(?:our|the|its)\s+(?:company['’]?s? |brand |company |shop )?name\s+(?:always )?(?:in full )?(?:as|like this|exactly as)?\s*:?\s*"
    r"(?:[\"“„«‘'](?P<quoted>[^\"”“»\n]{2,60}?)[\"”“»’']|(?P<plain>[A-ZÀ-ÖØ-Þ0-9][\w’-]*(?: (?:&|and|of|the|[A-ZÀ-ÖØ-Þ0-9][\w’-]*))*))",
    re.IGNORECASE,
)
_AND = frozenset({"&", "and", "und", "et", "en", "y", "+"})
_OWN = r"(?:(?:our|your|the|my|their)[ ]+)?"
_WITH_OWN = re.compile(r"(?:our|your|at|the|my|their)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Guide:
    """What the brand guide says, as far as it can be checked."""

    instead: tuple[tuple[str, str], ...]
    """(word to avoid, word to use)"""
    avoid: tuple[tuple[str, str], ...]
    """(word to avoid, the sentence that says so)"""
    text: str
    no_exclamation: bool
    name: str = ""
    """The company's name as it is to be written."""

    @property
    def has_rules(self) -> bool:
        return bool(self.instead or self.avoid or self.no_exclamation or self.name)

    def improved(self, text: str) -> str:
        """With the guide's own words in place of the ones to avoid, and without exclamation marks where it wants none."""
        text = misspelt(self.name).sub(lambda _: self.name, text) if self.name else text
        for bad, good in self.instead:
            text = _swapped(bad, good).sub(partial(_as_cased, good), text)
        return re.sub(r"!+", ".", text) if self.no_exclamation else text

    def sentence_with(self, pattern: re.Pattern[str]) -> str:
        """Its first sentence that `pattern` is found in; empty when none is."""
        return sentence_with(self.text, pattern)


@remembered(32)
def read_guide(text: str) -> Guide:
    """The guide out of the passages that were found."""
    instead = swaps(text)
    known = {word.lower() for pair in instead for word in pair}
    quoted = [(w.strip(" ,."), s) for s in split(text) if _LEAVE_OUT.search(s) for w in _QUOTED.findall(s)]
    listed = dict([*quoted, *avoided(text)])
    avoid = tuple((w, s) for w, s in listed.items() if _is_a_word(w) and w.lower() not in known)
    return Guide(instead, avoid, text, bool(NO_EXCLAMATION.search(text)), _name_in(text))


def _name_in(text: str) -> str:
    """The name that the guide says how to write; its words begin with capitals or it is quoted."""
    found = _NAME_RULE.search(text)
    name = (found["quoted"] or found["plain"]).strip(" .,") if found else ""
    return name if found and (found["quoted"] or name[:1].isupper()) else ""


@remembered(32)
def misspelt(name: str) -> re.Pattern[str]:
    """Finds the name in other letters, with another "and", or with other spaces; not in an address."""
    words = [w for w in re.split(r"[\s-]+", name) if w.lower() not in _AND]
    joined = r"(?:[\s-]*(?:&|\+|\b(?:and|und|et|en|y)\b)[\s-]*|[\s-]+)".join(map(re.escape, words))
    return re.compile(rf"(?<![\w@./&-])(?!(?-i:{re.escape(name)})(?!\w))(?:{joined})(?![\w@-]|\.\w)", re.IGNORECASE)


def _is_a_word(word: str) -> bool:
    """Something that can be searched for in a text; not a description of a kind of words."""
    return len(word) > 2 and not _ABOUT_WORDS.search(word)


@remembered(512)
def as_word(word: str) -> re.Pattern[str]:
    """Finds the word, or the phrase with its spaces as hyphens."""
    return re.compile(_as_word(word), re.IGNORECASE)


def _as_word(word: str) -> str:
    return rf"(?<![\w-]){re.escape(word).replace(chr(92) + ' ', r'[ -]')}(?![\w-])"


@remembered(512)
def _swapped(bad: str, good: str) -> re.Pattern[str]:
    """Finds the word to avoid; with "our" or "the" before it where the word to use brings its own."""
    return re.compile((_OWN if _WITH_OWN.match(good) else "") + _as_word(bad), re.IGNORECASE)


def _as_cased(good: str, found: re.Match[str]) -> str:
    return good[:1].upper() + good[1:] if found.group()[0].isupper() else good


def sentence_with(text: str, pattern: re.Pattern[str]) -> str:
    """The first sentence that `pattern` is found in; empty when none is."""
    return next((s for s in split(text) if pattern.search(s)), "")


def cite_word(notes: Notebook, word: str) -> str:
    """The number of the passage that names the word."""
    source = next((p for p in notes.passages if as_word(word).search(p.text)), None)
    return notes.cite(source) if source else ""
