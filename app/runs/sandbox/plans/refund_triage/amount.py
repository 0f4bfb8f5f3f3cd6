"""How much a customer wants back."""

import re
from collections.abc import Sequence
from decimal import Decimal

from app.runs.sandbox.case import Case
from app.runs.sandbox.reading.amounts import Amount, find_amounts, nearest, parse_amount, said
from app.runs.sandbox.reading.cues import REFUND

_ASKED = re.compile(
    "|".join(rf"\b{cue}" for cue in (*REFUND, r"owe\w*", r"difference", r"second payment")), re.IGNORECASE
)
_CHARGED = re.compile(
    r"\bcharged|\bpaid|\bpayments? of|\bcost\w*|\btotal|\bprice|\bamount|\bbetrag|\bbedrag|\bmontant|\bimporte",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"differen\w*|too much|over-?charged (?:me |us )?(?:by|of)|verschil|unterschied", re.IGNORECASE
)
_LEFT_ALONE = re.compile(
    r"leave (?:it|that|this|the)\b.*\balone|\b(?:was|is|were|are) (?:all )?(?:fine|ok(?:ay)?|correct)\b|nothing (?:is |was )?wrong"
    r"|\bno (?:problem|issue)s? with\b|\bin ordnung\b|\bklopt(?:e)?\b|\bcorrecte?\b",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE_END = re.compile(r"[.!?]\s+|\n\s*\n")
_PAID = re.compile(r"\b(?:total|totaal|summe|gesamt\w*|importe|betaald|paid)\b", re.IGNORECASE)


def amount_asked(case: Case, text: str, named: Sequence[Amount], reason: str, notes: list[str]) -> Amount | None:
    """The amount the customer wants back; None when the message leaves it open."""
    amounts = [a for a in named if a.value > 0 and not _LEFT_ALONE.search(_sentence(text, a))]
    if given := parse_amount(case.given("amount")) if case.given("amount") else None:
        currency = given.currency or next((a.currency for a in amounts if a.value == given.value), "")
        return Amount(given.value, currency or case.currency, given.text, 0, 0)
    if len({a.currency for a in amounts if a.currency}) > 1:
        notes.append("The message names amounts in more than one currency.")
    if settled := _by_reason(text, amounts, reason):
        return settled
    cues = (_CHARGED, _ASKED) if reason == "charged twice" else (_ASKED, _CHARGED)
    return nearest(text, amounts, cues[0]) or nearest(text, amounts, cues[1])


def _sentence(text: str, amount: Amount) -> str:
    """The sentence that names this amount."""
    start = max((m.end() for m in _SENTENCE_END.finditer(text, 0, amount.start)), default=0)
    end = _SENTENCE_END.search(text, amount.end)
    return text[start : end.start() if end else len(text)]


def _by_reason(text: str, amounts: list[Amount], reason: str) -> Amount | None:
    """The only amount, or what two amounts come to for this reason."""
    values = sorted({a.value for a in amounts})
    if len(values) == 1:
        return amounts[0]
    if len(values) != 2:
        return None
    if reason == "charged twice" and values[1] == 2 * values[0]:
        return next(a for a in amounts if a.value == values[0])
    if reason == "wrong price" and not _names_difference(text, amounts):
        return _difference(amounts[0], values)
    return None


def _names_difference(text: str, amounts: list[Amount]) -> bool:
    return any(_DIFFERENCE.search(text[max(0, a.start - 25) : a.end + 25]) for a in amounts)


def _difference(first: Amount, values: list[Decimal]) -> Amount:
    return Amount(values[1] - values[0], first.currency, f"{values[1]} less {values[0]}", first.start, first.end)


def never_above_receipt(asked: Amount | None, papers: str, notes: list[str]) -> Amount | None:
    """What is asked for, but never more than a receipt shows was charged."""
    charged = _charged(papers)
    if charged is None:
        return asked
    if asked is None:
        notes.append(f"The message names no amount; the receipt shows {said(charged.value, charged.currency)}.")
        return charged
    if charged.value >= asked.value or charged.currency not in ("", asked.currency):
        return asked
    notes.append(f"Asked for {said(asked.value, asked.currency)}, but the receipt shows {said(charged.value)}.")
    return Amount(charged.value, asked.currency, charged.text, 0, 0)


def _charged(papers: str) -> Amount | None:
    totals = [a for row in papers.splitlines() if _PAID.search(row) for a in find_amounts(row, bare=True)]
    return max((a for a in totals if a.value > 0), key=lambda a: a.value, default=None)
