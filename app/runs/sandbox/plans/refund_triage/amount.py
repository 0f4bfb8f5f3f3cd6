"""How much a customer wants back. What the message does not settle is left to a person, never guessed."""

import re
from dataclasses import dataclass
from decimal import Decimal

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.refund_triage.left_alone import paid_back_before
from app.runs.sandbox.plans.refund_triage.message import Message
from app.runs.sandbox.reading.amounts import CODES, WORDS, Amount, find_amounts, parse_amount, said
from app.runs.sandbox.reading.amounts_in_words import written_out
from app.runs.sandbox.reading.clauses import Span, sentence_at
from app.runs.sandbox.reading.cues import REFUND

_ASKS = "|".join(
    [*REFUND, r"owe\w*(?: me| us)?", r"differen\w+", r"unterschied", r"verschil", r"over-?charged (?:me |us )?by"]
)
_ASKED_FOR = re.compile(rf"(?<!\w)(?:{_ASKS})(?P<between>[^.!?;,…]{{0,45}},?\s?\(?)$", re.IGNORECASE)
_ASKED_BACK = re.compile(
    r"\)?[^.!?;,…]{0,30}?\b(?:back\b|too much|refunded|returned|zurück|zu viel|\w*erstatt\w*|rembours\w*|en trop|terug\w*|te veel|reembols\w*|devuel\w*|de más)",
    re.IGNORECASE,
)
_NOT_THIS = re.compile(
    r"\b(?:not|no|nicht|kein\w*|pas|niet|geen|instead of|except|without|statt|sauf|but|or|otherwise|else|if|within|oder|sonst|falls|ou|sinon|anders|for order of)\b",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(
    r"\b(?:asked|demanded|requested|offered|promised|got|received|had|refused|earlier|previous|last|hatte\w*|erhielt\w*|reçu)\b[^.!?]{0,25}$",
    re.IGNORECASE,
)
_CHARGED = re.compile(
    r"\b(?:charg\w+|debit\w*|billed|payments? of|each|twice|double\w*|deducted|taken|abgebucht|belastet|doppelt\w*|zweimal|je(?:weils)?|zahlung\w* (?:von|über)"
    r"|abbuchung\w*|prélev\w+|débit\w*|deux fois|paiements? de|chacun\w*|afgeschreven|dubbel|twee keer|betalingen van|cobr\w+|dos veces)\b|\d ?x\b",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\b(?:total(?:ling)?|altogether|combined|insgesamt|zusammen|summe|au total|en tout|in totaal|samen)\b",
    re.IGNORECASE,
)
_EACH = re.compile(r"\b(?:each|apiece|je|jeweils|chacun\w*|elk|per stuk|cada un[oa])\b|\b2 ?x\b", re.IGNORECASE)
_AT = re.compile(r"\b(?:at|à|zu|je|@|[x×])\s*$", re.IGNORECASE)
_PRICE_OF_ONE = re.compile(
    r"\s*(?:each|apiece|a piece|per\b|pro\b|/|chacun|l['’]unité|das stück|je\b|elk|cada)", re.IGNORECASE
)
_COUNT = re.compile(
    rf"(?<!\w)(?:{'|'.join(REFUND)})(?: (?:me|us|of|back|only|just|the|mir|uns|nur|moi))* (?P<n>\d{{1,6}})(?![\d.,]*[\d%/€$£-])(?! ?(?:{'|'.join((*CODES, *WORDS))}|days?|weeks?)\b)",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?:half|hälfte|halbe\w*|moitié|helft|mitad|a (?:third|quarter)|partial\w*|teilweise|partiel\w*|gedeeltelijk)\b"
    r"|\d ?(?:%|percent|prozent)(?! ?(?:vat|mwst|ust|tva|btw|iva|tax|sure|happy|satisf))",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:instead of|rather than|should(?: have)?|advertised|quoted|agreed|listed|said|offer\w*|website|statt|anstatt|sollte|vereinbart|angeboten|au lieu de|convenu|in plaats van|afgesproken)\b",
    re.IGNORECASE,
)
_OF_A_PART = {"wrong price", "short delivery"}
"""Reasons for which the price of the order is not what goes back."""
_PAID = re.compile(r"\b(?:total|totaal|summe|gesamt\w*|importe|betaald|paid)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """The amount asked for, or why only a person can tell it; neither when the message names none."""

    amount: Amount | None = None
    doubt: str = ""


def amount_asked(case: Case, whole: str, message: Message, reason: str) -> Asked:
    """The amount in the form, else the one that the message settles."""
    if case.given("amount"):
        return _given(case, message)
    if doubt := _unsettled(whole, message):
        return Asked(doubt=doubt)
    if not message.amounts:
        return Asked()
    chosen = _settled(message, reason)
    if chosen is None:
        return Asked(doubt=_no_single_amount(message))
    if chosen.value < 0:
        return Asked(doubt=f"The amount {said(chosen.value, chosen.currency)} is below zero.")
    return Asked(chosen)


def _given(case: Case, message: Message) -> Asked:
    """As the form has it, in the currency of the message where that names only one."""
    given = parse_amount(case.given("amount"))
    if given is None or given.value <= 0:
        return Asked(doubt=f"“{case.given('amount')[:40]}” is no amount above zero.")
    named = {a.currency for a in message.amounts if a.currency}
    same = next((a.currency for a in message.amounts if a.value == given.value), "")
    only = next(iter(named)) if len(named) == 1 else case.currency
    return Asked(Amount(given.value, given.currency or same or only, given.text, 0, 0))


def _unsettled(whole: str, message: Message) -> str:
    """Why no amount of this message is taken, whatever it names."""
    if paid_back_before(message.text):
        return "The message speaks of money that was paid back before."
    if words := written_out(message.text):
        return f"The message writes an amount in words: “{words}”."
    if len({a.currency for a in message.amounts if a.currency}) > 1:
        return "The message names amounts in more than one currency: " + _listed(message)
    if not message.amounts and message.left:
        return "The only amount in the message is of something it says to leave alone."
    if not message.amounts and any(a.value for a in find_amounts(whole)):
        return "The amount stands only in an older mail below the message."
    return ""


def _no_single_amount(message: Message) -> str:
    if len(message.values) > 1:
        return "The message names several amounts and does not settle which one goes back: " + _listed(message)
    return f"The message names {_listed(message)} but not how much of it goes back."


def _listed(message: Message) -> str:
    return ", ".join(said(a.value, a.currency) for a in message.values[:6])


def _settled(m: Message, reason: str) -> Amount | None:
    """The one amount that the text asks for; None where it leaves a choice."""
    asked = [a for a in m.amounts if _is_asked_for(m, a)]
    if _SHARE.search(m.text) or _names_a_count(m) or len({a.value for a in asked}) > 1:
        return None
    if asked:
        return asked[0] if len(m.values) == 1 or _is_within_the_rest(m, asked) else None
    charged = [a for a in m.values if _is_charged(m, a)] if reason == "charged twice" else []
    if len(m.values) == 1:
        return _the_only(m, reason)
    if reason == "wrong price":
        return _difference(m)
    return _once(charged, m)


def _is_within_the_rest(m: Message, asked: list[Amount]) -> bool:
    """Whether something else in the message comes to as much: nobody gets back more than they name as paid."""
    return any(a.value >= asked[0].value for a in m.amounts if a not in asked)


def _names_a_count(m: Message) -> bool:
    """Whether a plain number is asked for, as in "refund 30" or "refund 2 of them"."""
    numbers = (found["n"] for found in _COUNT.finditer(_flat(m.text)))
    return any(Decimal(n) not in {a.value for a in m.amounts} and n not in m.orders for n in numbers)


def _the_only(m: Message, reason: str) -> Amount | None:
    """The only amount; not where it is the price of more than what goes back."""
    amount = m.values[0]
    words = m.text[slice(*sentence_at(m.text, amount.start))]
    both = reason == "charged twice" and _TOGETHER.search(words) and not _EACH.search(words)
    return (
        None if reason in _OF_A_PART or both or (reason != "charged twice" and _is_for_one(m.text, amount)) else amount
    )


def _is_for_one(text: str, amount: Amount) -> bool:
    """Whether it is the price of one of several things."""
    return bool(_PRICE_OF_ONE.match(text, amount.end) or _AT.search(text[max(0, amount.start - 6) : amount.start]))


def _once(charged: list[Amount], m: Message) -> Amount | None:
    """Of a double charge, what was charged once: the only amount charged, or the half of another one."""
    if len(charged) == 1 and not (_TOGETHER.search(m.text) and not _EACH.search(m.text)):
        return charged[0]
    low, high = min(m.values, key=lambda a: a.value), max(m.values, key=lambda a: a.value)
    return low if charged and len(m.values) == 2 and high.value == 2 * low.value else None


def _is_asked_for(m: Message, amount: Amount) -> bool:
    """Whether words of asking stand right before it, or "back" right after it."""
    sentence = sentence_at(m.text, amount.start)
    before = _flat(m.text[sentence.start : amount.start])
    after = _flat(m.text[amount.end : sentence.end])
    asked = _ASKED_FOR.search(before)
    if asked and not find_amounts(asked["between"], bare=True) and not _NOT_THIS.search(asked["between"]):
        return not _LONG_AGO.search(before[: asked.start()])
    back = _ASKED_BACK.match(after)
    return bool(back and not find_amounts(back.group(), bare=True) and not _NOT_THIS.search(back.group()))


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_charged(m: Message, amount: Amount) -> bool:
    """Whether any place that names it speaks of charging."""
    places = (sentence_at(m.text, a.start) for a in m.amounts if a.value == amount.value)
    return any(_CHARGED.search(m.text[slice(*place)]) for place in places)


def _difference(m: Message) -> Amount | None:
    """What two prices of the same thing differ by, where one sentence or the next holds them against each other."""
    if len(m.values) != 2:
        return None
    first, second = sorted(m.values, key=lambda a: a.start)
    span = Span(sentence_at(m.text, first.start).start, sentence_at(m.text, second.start).end)
    if len(m.orders) > 1 or not _CONTRAST.search(m.text[slice(*span)]):
        return None
    low, high = sorted((first.value, second.value))
    return Amount(high - low, first.currency or second.currency, f"{high} less {low}", first.start, first.end)


def never_above_receipt(asked: Asked, papers: str, notes: list[str]) -> Asked:
    """What is asked for, but never more than a receipt shows was charged."""
    totals = _totals(papers)
    if not totals or asked.doubt:
        return asked
    charged = max(totals, key=lambda a: a.value)
    amount = asked.amount
    if len({a.currency for a in (*totals, amount or charged) if a.currency}) > 1:
        return Asked(doubt="The message and the receipts name more than one currency.")
    if amount is None:
        return _of_the_receipt(totals, notes)
    if charged.value >= amount.value:
        return asked
    notes.append(f"Asked for {said(amount.value, amount.currency)}, but the receipt shows {said(charged.value)}.")
    return Asked(Amount(charged.value, amount.currency or charged.currency, charged.text, 0, 0))


def _of_the_receipt(totals: list[Amount], notes: list[str]) -> Asked:
    """The receipt's own total, where there is only one."""
    shown = ", ".join(dict.fromkeys(said(a.value, a.currency) for a in totals))
    if len({a.value for a in totals}) > 1:
        return Asked(doubt=f"The message names no amount; the receipts show several: {shown}.")
    notes.append(f"The message names no amount; the receipt shows {shown}.")
    return Asked(totals[0])


def _totals(papers: str) -> list[Amount]:
    rows = [row for row in papers.splitlines() if _PAID.search(row)]
    return [a for row in rows for a in find_amounts(row, bare=True) if a.value > 0]
