"""The ways in which one text can be read when somebody looks for a key in it.

A key that was pasted arrives wrapped by a mail client, with invisible characters from a web page, in full-width
letters, with dashes that a word processor set, escaped by an editor, or percent-encoded. Each reading undoes some of
that and remembers for every character where it stands in the text as it was typed. The price is linear: a reading has
at most a few times as many characters as the text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_ODD = re.compile(r"\r\n?|[^\t\n\x20-\x7e]")
_BREAK = re.compile(r"(?<=\S)[ \t]{0,8}\n[ \t]{0,20}(?:[>|][ \t>|]{0,20})?(?=\S)")
"""The end of one line up to the next, as mail wraps and quotes it. An empty line is no wrap."""
_CODED = re.compile(r"%[0-7][0-9A-Fa-f]|=3[Dd](?=\S)|=\n(?=\S)|\\[nrt]|\\[_*~`.-]")
_LINE_ENDS = frozenset("\x0b\x0c\x85\u2028\u2029")
_SHOWN_AS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0")


@dataclass(frozen=True)
class Reading:
    """A text as read, and for each of its characters the piece of the typed text that it stands for."""

    text: str
    at: list[int]
    to: list[int]
    joints: frozenset[int] = field(default=frozenset())
    """Where two lines were joined: a word may begin or end here."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` to `end` stand in the typed text."""
        return self.at[start], self.to[end - 1]


def readings(typed: str) -> Iterator[Reading]:
    """`typed` as it is to be read: plain, joined, decoded, decoded and joined. Those that differ from earlier ones."""
    plain = _rewrite(_as_typed(typed), _ODD, lambda odd: _folded(odd[0]))
    decoded = _rewrite(plain, _CODED, lambda coded: _decoded(coded[0]))
    for reading in (plain, decoded) if decoded.text != plain.text else (plain,):
        yield reading
        joined = _rewrite(reading, _BREAK, lambda _: "")
        if joined.joints:
            yield joined


def _as_typed(typed: str) -> Reading:
    return Reading(typed, list(range(len(typed))), list(range(1, len(typed) + 1)))


def _rewrite(reading: Reading, what: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> Reading:
    """The reading with each match replaced; a replacement stands for all that it replaced."""
    parts: list[str] = []
    at: list[int] = []
    to: list[int] = []
    joints: list[int] = []
    done = 0
    for match in what.finditer(reading.text):
        start, end, instead = match.start(), match.end(), by(match)
        parts += (reading.text[done:start], instead)
        at += reading.at[done:start] + [reading.at[start]] * len(instead)
        to += reading.to[done:start] + [reading.to[end - 1]] * len(instead)
        done = end
        if not instead:
            joints.append(len(at))
    if not done:
        return reading
    text = "".join(parts) + reading.text[done:]
    return Reading(
        text, at + reading.at[done:], to + reading.to[done:], frozenset(joints) if what is _BREAK else frozenset()
    )


_INVISIBLE = re.compile("[\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\U000e0000-\U000e0fff]")
"""Signs without a shape, also those that no standard has given a name yet."""


@lru_cache(4096)
def _folded(sign: str) -> str:
    """The plain sign that `sign` looks like; nothing for what is not seen; itself for any other."""
    if sign in _LINE_ENDS or sign[0] == "\r":
        return "\n"
    kind = unicodedata.category(sign)
    if kind in ("Cf", "Cc", "Cs") or sign in _SHOWN_AS_NOTHING or _INVISIBLE.fullmatch(sign):
        return ""
    if kind == "Pd" or sign == "\u2212":
        return "-"
    plain = unicodedata.normalize("NFKC", sign)
    return plain if plain.isascii() else sign


def _decoded(coded: str) -> str:
    """What a percent sign, quoted-printable mail or a backslash stands for."""
    if coded[0] == "%":
        sign = chr(int(coded[1:], 16))
        return sign if sign in "\t\n" or " " <= sign <= "~" else _folded(sign)
    return {"\\n": "\n", "\\r": "\n", "\\t": "\t", "=\n": "\n"}.get(coded, coded[-1] if coded[0] == "\\" else "=")
