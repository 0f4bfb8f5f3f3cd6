"""Text that the tools take and the answer shows."""

import re

from app.runs.sandbox.reading.sentences import shorten

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def clean(text: str) -> str:
    """Without control and invisible characters, which the tools do not take."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(text: str, limit: int = 160) -> str:
    """On one line, cut at a word."""
    return shorten(clean(text), limit)


def plural(count: int, word: str) -> str:
    """1 line, 2 lines."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
