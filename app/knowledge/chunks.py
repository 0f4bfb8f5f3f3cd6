"""Cutting text into passages of about 900 characters, on the borders a reader would choose."""

import re
from collections.abc import Iterator

SIZE = 900
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n")


def cut(text: str, size: int = SIZE) -> Iterator[str]:
    """Yield pieces of at most `size` characters: whole paragraphs, else sentences, else words."""
    current = ""
    for piece in _pieces(text, size):
        joined = f"{current}\n\n{piece}" if current else piece
        if len(joined) <= size:
            current = joined
            continue
        yield current
        current = piece
    if current:
        yield current


def _pieces(text: str, size: int) -> Iterator[str]:
    for paragraph in filter(None, (p.strip() for p in re.split(r"\n[ \t]*\n", text))):
        if len(paragraph) <= size:
            yield paragraph
        else:
            yield from _packed(_SENTENCE_END.split(paragraph), size)


def _packed(sentences: list[str], size: int) -> Iterator[str]:
    current = ""
    for sentence in filter(None, (s.strip() for s in sentences)):
        for part in _short(sentence, size):
            joined = f"{current} {part}" if current else part
            if len(joined) <= size:
                current = joined
                continue
            yield current
            current = part
    if current:
        yield current


def _short(sentence: str, size: int) -> Iterator[str]:
    """A sentence longer than `size` is cut at a blank, or hard where there is none."""
    while len(sentence) > size:
        at = sentence.rfind(" ", size // 2, size)
        at = at if at > 0 else size
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if sentence:
        yield sentence
