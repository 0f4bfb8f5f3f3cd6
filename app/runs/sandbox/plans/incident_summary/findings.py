"""The sentences of an incident that say whom it hurt, why, what is unclear and what comes next."""

import re
from collections.abc import Iterable

from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.wording import line

_HURT = re.compile(
    r"\d[\d.,]*\s?(?:%|k\b|customers?|users?|orders?|requests?|payments?|errors?|tickets?|tenants?|sessions?|drivers?|clients?|messages?|transactions?|people)|(?:customers?|users?|orders?|payments?)\b.{0,40}\b(?:could not|couldn't|unable|failed|lost|affected|cannot)",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:because|caused by|due to|root cause|suspect\w*|exhausted|expired|out of (?:memory|disk)|disk full|leak\w*|misconfigur\w*|deploy\w*|migration|certificate|deadlock\w*|dns|config(?:uration)? change)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\?|\b(?:unclear|unknown|not (?:yet )?(?:known|clear|sure)|to be (?:confirmed|checked)|tbd|still (?:investigating|looking))\b",
    re.IGNORECASE,
)
_FOLLOW = re.compile(
    r"\b(?:we (?:need|should|must|have) to?|todo|to do|action|follow[- ]?up|next step|should add|must add)\b",
    re.IGNORECASE,
)


def impact_in(said: list[str]) -> list[str]:
    return _picked(said, _HURT)


def causes_in(said: list[str]) -> list[str]:
    return _picked((s for s in said if not s.endswith("?")), _CAUSE)


def questions_in(said: list[str]) -> list[str]:
    return _picked((s for t in said for s in split(t)), _OPEN)


def follow_ups_in(said: list[str]) -> list[str]:
    return _picked((s for t in said for s in split(t) if not s.endswith("?")), _FOLLOW)


def _picked(listed: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    return [line(s, 240) for s in dict.fromkeys(listed) if pattern.search(s)][:8]
