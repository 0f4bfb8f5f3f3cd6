"""Signs that mislead a reader: those that nobody sees, and letters that look like others."""

import re
import unicodedata
from collections import Counter
from string import digits

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of signs without a shape."""
_EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters, marks and symbols without one."""
_PHONETIC = re.compile("[\u01c0-\u01c3\u0250-\u02af\u1d00-\u1dbf\ua720-\ua7ff]")
"""Latin letters of phonetic scripts: no name has them, and most look like a common one."""
_APART = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
"""Scripts whose signs nobody takes for letters of another."""


def misleading(text: str) -> str:
    """The first sign of `text` that nobody sees, or that can be taken for another; empty when there is none.

    Letters of one script are what they are. Of two in one text, such as Latin and Cyrillic, those of the rarer mislead.
    """
    return next((sign for sign in text if is_unseen(sign) or _looks_plain(sign)), "") or _stranger(text)


def is_unseen(sign: str) -> bool:
    """Whether the sign leaves no trace on screen."""
    return unicodedata.category(sign) in _UNSEEN or _EMPTY.match(sign) is not None


def spelled(sign: str) -> str:
    """ "“а” (Cyrillic small letter a, U+0430)", for people who cannot tell it apart by looking"""
    name = unicodedata.name(sign, "a sign without a name").capitalize()
    shown = "an invisible sign" if is_unseen(sign) else f"“{sign}”"
    return f"{shown} ({name}, U+{ord(sign):04X})"


def _looks_plain(sign: str) -> bool:
    """A wide, bold, small or joined form of letters and digits that every keyboard has."""
    if sign.isascii():
        return False
    plain = unicodedata.normalize("NFKC", sign)
    return (plain != sign and any(c.isascii() for c in plain)) or _PHONETIC.match(sign) is not None


def _stranger(text: str) -> str:
    """The first sign of the script that has the fewest letters here, where there is more than one."""
    scripts = {sign: _script(sign) for sign in text if sign.isalnum() and sign not in digits}
    counts = Counter(scripts[sign] for sign in text if sign in scripts and scripts[sign] not in _APART)
    if len(counts) < 2:
        return ""
    rarest = min(counts, key=counts.__getitem__)
    return next(sign for sign, script in scripts.items() if script == rarest)


def _script(sign: str) -> str:
    return re.split("[ -]", unicodedata.name(sign, ""))[0]
