"""Password hashes and what counts as a password.

Verifying costs the same whether an account exists or not. Hashing needs 19 MiB each, so only a few run at once.
"""

import re
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200
STRONG = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
_hasher = STRONG
_slots = threading.BoundedSemaphore(4)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keS0wMA$dN9Vv/9rTyxd1QLcTyJaCd9v1yIZ5q6pCE6VvTAfXzE"
"""A hash of the same cost that no password fits."""
_LEET = str.maketrans("01345789@$!", "oieastbgasi")
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def hash_password(password: str) -> str:
    """The Argon2id hash to store. Takes about 30 ms: call it before the transaction begins."""
    with _slots:
        return _hasher.hash(_normal(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to `stored`. None costs the same time and is False."""
    try:
        with _slots:
            return _hasher.verify(stored or _NOBODY, _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """A sentence that says what to change, or None for a good password. `about` is the person's name and address."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    lowered = _normal(password).lower()
    if len(set(lowered)) < 4 or any(lowered in run for run in _RUNS) or _is_common(lowered):
        return "This password is on every list of common ones. Choose words that do not belong together."
    if _is_about(lowered, about):
        return "Choose a password without your name or address in it."
    return None


def _is_common(lowered: str) -> bool:
    core = re.sub(r"[\W\d_]+$", "", lowered)
    return any(
        len(lowered) - len(text) < 8 and _is_made_of(re.sub(r"[^a-z]", "", text), _common())
        for text in (lowered, core, core.translate(_LEET), lowered.translate(_LEET))
    )


def _is_made_of(text: str, words: frozenset[str]) -> bool:
    """Whether `text` is at most two of `words` in a row."""
    if not text:
        return False
    return text in words or any(text[:i] in words and text[i:] in words for i in range(3, len(text) - 2))


def _is_about(lowered: str, about: tuple[str, ...]) -> bool:
    """Whether little is left without the words of the person's name and address."""
    rest = lowered
    for word in {word for text in about for word in re.split(r"[\W_]+", text.lower()) if len(word) >= 4}:
        rest = rest.replace(word, "")
    return rest != lowered and len(rest) < 6


def _normal(password: str) -> str:
    """One form for what looks the same: keyboards differ in how they compose letters."""
    return unicodedata.normalize("NFKC", password)


@lru_cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
