"""The period within which a claim is made."""

import re

from app.runs.sandbox.reading.dates import find_periods
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.terms import stems, telling_stems

_DEADLINE = re.compile(
    r"\b(?:within|after|days of|reported|returned|claim|up to|innerhalb|binnen|dans les|plazo)\b", re.IGNORECASE
)
_NOT_A_DEADLINE = re.compile(
    r"\b(?:answer|reply|paid back|pays? back|go(?:es)? back to|transfer|bank|keep|records?|repair|letter|loan)\b",
    re.IGNORECASE,
)
_ANY_REFUND = re.compile(
    r"\brefund\w* (?:request|claim)|\brequest\w*|\ball refunds\b|\brefunds? (?:is|are|within|must)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:]|\bbut\b")
_IN_EVERY_MESSAGE = {"deliv", "order", "deliver", "report"}
_IN_EVERY_RULE = {"days", "with"}


def time_limit(reason: str, message: str, knowledge: str) -> tuple[int, str] | None:
    """(days, sentence) of the rule about this kind of claim, else of one about any refund."""
    about = telling_stems(reason) | (stems("return returned") if reason == "changed their mind" else frozenset())
    listed = _time_limits(knowledge)
    sentence = max(listed, key=lambda s: len(about & stems(s)), default="")
    if not about & stems(sentence):
        sentence = next((s for s in listed if _ANY_REFUND.search(s)), "")
    return (_days(sentence, message), sentence) if sentence else None


@remembered(64)
def _time_limits(knowledge: str) -> tuple[str, ...]:
    """The sentences that set a period for customers to claim in."""
    dated = (s for s in split(knowledge) if find_periods(s))
    return tuple(s for s in dated if _DEADLINE.search(s) and not _NOT_A_DEADLINE.search(s))


def _days(sentence: str, message: str) -> int:
    """Of several periods in a sentence, the one whose clause is about this message; else the longest."""
    clauses = [(c, periods) for c in _CLAUSE.split(sentence) if (periods := find_periods(c))]
    mine = telling_stems(message, 3) - _IN_EVERY_MESSAGE
    fits = [periods[0][0] for c, periods in clauses if mine & stems(c, 3) - _IN_EVERY_RULE]
    return fits[0] if len(clauses) > 1 and fits else max(days for days, _ in find_periods(sentence))
