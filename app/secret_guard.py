"""The secret guard: keys and passwords are cut out of what people write before it is kept, sent, logged or queued.

`scan` touches nothing but the text it is given. What it returns holds no secret: the text without them, and per find
the pattern's id, its length and a fingerprint (HMAC under a key made of SECRET_KEY for this alone), with which the
same key can be recognised when it comes again. Whoever takes text from people calls `scan` first of all.

Python's own `re` does the matching, not google-re2: every repetition is bounded and nearly all are possessive or
followed by what their class leaves out, so time grows with the length of the text alone (tests/test_secret_guard.py
measures it); a second engine would bring a compiled dependency and no lookahead.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Mapped

from app.db import Base, code, created, db, pk, sha256
from app.secret_patterns import BY_ID, PATTERNS, Home, Pattern
from app.secret_readings import Reading, readings

LONGEST = 100_000
"""Characters that are read. What is longer is not kept at all."""
LABEL = b"leenops secret-findings v1"
ROUNDS = 3
_COMPILED = [(pattern, re.compile(pattern.regex)) for pattern in PATTERNS]
_NEEDED = {pattern.needs: re.compile(pattern.needs) for pattern in PATTERNS if pattern.needs}
_ANY = re.compile("|".join(re.sub(r"\?P<\w+>", "?:", p.regex) for p in PATTERNS if p.joins and not p.needs))
_REST = re.compile(r"[A-Za-z0-9_+/=-]*")
_INSIDE = re.compile(r"[A-Za-z0-9]{2}")
_PROSE = re.compile(r"[A-Z]?[a-z]{0,14}[.,;:!?)]{0,3}|[-=_]{1,40}")
"""The word that the next line begins with, rather than the end of a key."""
_MASK = re.compile(r"[a-z0-9]{0,6}x{5,}|\d{1,4}")
_PAGE = re.compile(r"://[^/]|[A-Za-z0-9-]\.[A-Za-z]{2,24}(?::\d{1,5})?/")
"""What a word holds that is the address of a page, with its scheme or without."""
_QUERY = 500
"""How far back the beginning of such an address is looked for."""
_SMALL, _FEW = 32, 8
"""A value shorter than this, or of no more different characters than that, is no key that opens much."""
_STAND_INS = frozenset(
    "your my the a an api key token secret here goes insert replace me this with placeholder redacted removed example"
    " sample test live prod dummy fake foo bar openai anthropic gemini google github gitlab slack stripe sk ant proj"
    " api03 v1 or rk pat ghp gho hf gsk xoxb npm pypi project enter put and".split()
)
_STAND_IN_PASSWORDS = frozenset("password passwd pass pwd secret changeme example user postgres root guest".split())
_STAND_IN_HOSTS = frozenset("localhost 127.0.0.1 host hostname server db database example.com example.org".split())


class SecretFinding(Base):
    """That a secret was sent to us. Nothing of the secret itself."""

    __tablename__ = "secret_findings"
    id: Mapped[pk]
    pattern: Mapped[code]
    length: Mapped[int]
    fingerprint: Mapped[sha256]
    place: Mapped[code]
    """Which form."""
    found_at: Mapped[created]


@dataclass(frozen=True)
class Found:
    """One secret that was cut out."""

    pattern: str
    length: int
    fingerprint: str

    @property
    def words(self) -> str:
        return BY_ID[self.pattern].words

    @property
    def home(self) -> Home:
        return BY_ID[self.pattern].home


@dataclass(frozen=True)
class Scan:
    """A text without its secrets, and what they were."""

    text: str
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    rank: int
    value: str


class TooLong(ValueError):
    """More than LONGEST characters: not read, so not to be kept. Says nothing of the text."""


def scan(text: str, *, key: bytes | None = None) -> Scan:
    """`text` with each secret replaced by words that say what it was. Raises TooLong.

    Looks again at what it returns; where cutting brought something to light three times over, nothing is left.
    """
    if len(text) > LONGEST:
        raise TooLong()
    key = key or fingerprint_key()
    found: list[Found] = []
    for _ in range(ROUNDS):
        hits = _merged(sorted(_hits(text), key=lambda hit: (hit.start, hit.rank)))
        if not hits:
            return Scan(text, tuple(found))
        found += [_found(hit, key) for hit in hits]
        text = _without(text, hits)
    return Scan(_instead(found[0].words), tuple(found))


def keep(found: tuple[Found, ...], *, place: str) -> None:
    """Write down that these were sent, as far as it may be written down. Flushes."""
    for one in found:
        row = SecretFinding(pattern=one.pattern, length=one.length, fingerprint=one.fingerprint, place=place)
        db.session.add(row)
    db.session.flush()


def fingerprint_key() -> bytes:
    """The key of the fingerprints: made of SECRET_KEY, and of use for nothing else."""
    secret: str = current_app.config["SETTINGS"].secret_key
    return hmac.new(secret.encode(), LABEL, hashlib.sha256).digest()


def _found(hit: _Hit, key: bytes) -> Found:
    digest = hmac.new(key, hit.value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    return Found(PATTERNS[hit.rank].id, len(hit.value), digest)


def _without(text: str, hits: list[_Hit]) -> str:
    parts, done = [], 0
    for hit in hits:
        parts += [text[done : hit.start], _instead(PATTERNS[hit.rank].words)]
        done = hit.end
    return "".join(parts) + text[done:]


def _instead(words: str) -> str:
    return f"[removed: looks like {words}]"


def _merged(hits: list[_Hit]) -> list[_Hit]:
    """One hit for those that overlap, named after the most specific pattern and its longest value."""
    merged: list[_Hit] = []
    for hit in hits:
        if not merged or hit.start >= merged[-1].end:
            merged.append(hit)
            continue
        last = merged[-1]
        best = min(last, hit, key=lambda one: (one.rank, -len(one.value)))
        merged[-1] = _Hit(last.start, max(last.end, hit.end), best.rank, best.value)
    return merged


def _hits(text: str) -> Iterator[_Hit]:
    for reading in readings(text):
        needed = {needs for needs, regex in _NEEDED.items() if regex.search(reading.text)}
        for rank, (pattern, regex) in enumerate(_COMPILED):
            if (pattern.needs and pattern.needs not in needed) or (reading.joints and not pattern.joins):
                continue
            for start, end in _spans(reading, pattern, regex):
                yield _Hit(*reading.span(start, end), rank, reading.text[start:end])


def _spans(reading: Reading, pattern: Pattern, regex: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where `pattern` matches whole words. After a match that is none, the search goes on one character further."""
    position = 0
    while match := regex.search(reading.text, position):
        position = match.start() + 1
        if not _is_edge(reading, match.start()) or (pattern.exact and not _is_edge(reading, match.end())):
            continue
        if _is_stand_in(match):
            position = match.end()
            continue
        group = "value" if "value" in regex.groupindex and match["value"] else 0
        start, end = match.span(group)
        if not pattern.exact:
            rest = _REST.match(reading.text, end)
            end = _end(reading, regex, match, rest.end() if rest and group == 0 else end)
        position = max(position, end)
        if not _is_evidence(reading.text, match, reading.text[start:end]):
            yield start, end


def _is_edge(reading: Reading, at: int) -> bool:
    """Whether a word may begin or end at this place: also between 密钥是 and a key, which need no space."""
    return not _INSIDE.match(reading.text, at - 1) or at in reading.joints if at else True


def _end(reading: Reading, regex: re.Pattern[str], match: re.Match[str], end: int) -> int:
    """Where a key ends whose line was joined with the next ones: before the next key, and before words."""
    if not reading.joints:
        return end
    for at in range(match.start() + 1, end):
        if at in reading.joints and _ANY.match(reading.text, at) and regex.fullmatch(reading.text, match.start(), at):
            return at
    for at in range(end - 1, match.start(), -1):
        if at in reading.joints:
            if not _PROSE.fullmatch(reading.text, at, end) or not regex.fullmatch(reading.text, match.start(), at):
                break
            end = at
    return end


def _is_evidence(text: str, match: re.Match[str], value: str) -> bool:
    """Whether this is the small token that the address of a page carries: who reports the page must be able to name it.

    Only under a name that says no more than token: an api_key in an address is a key.
    """
    if "evidence" not in match.re.groupindex or not match["evidence"]:
        return False
    word = re.split(r"[\s\"'<>]", text[max(0, match.start() - _QUERY) : match.start()])[-1]
    page, mark, query = word.partition("?")
    names = re.fullmatch(r"(?:[^#]*[?&;])?[A-Za-z0-9_.-]{0,40}", query)
    is_small = len(value) < _SMALL or len(set(value)) <= _FEW
    return bool(is_small and mark and names and _PAGE.search(page))


def _is_stand_in(match: re.Match[str]) -> bool:
    """Whether this is what instructions show in place of a secret, as sk-xxxx or postgres://user:password@localhost."""
    groups = match.re.groupindex
    if "password" in groups:
        password, host = match["password"].lower(), match["host"].lower()
        is_template = not password.strip("*x.") or (
            password[0] in "<{$[%" and password[-1] in ">}]%" or password[0] == "$"
        )
        return is_template or (password in _STAND_IN_PASSWORDS and host in _STAND_IN_HOSTS)
    words = [word for word in re.split(r"[^a-z0-9]+", match[0].lower()) if word]
    return len(words) < 40 and all(word in _STAND_INS or _MASK.fullmatch(word) for word in words)
