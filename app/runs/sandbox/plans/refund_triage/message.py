"""A customer's message as far as money goes: the amounts and orders it is about, and those it says to leave alone."""

import re
from dataclasses import dataclass

from app.runs.sandbox.plans.refund_triage.left_alone import left_alone
from app.runs.sandbox.reading.amounts import Amount, find_amounts
from app.runs.sandbox.reading.clauses import Span, sentence_at
from app.runs.sandbox.reading.cues import REASONS, REFUND, classify, has
from app.runs.sandbox.reading.mails import own_words
from app.runs.sandbox.reading.references import find_loose_references, find_references
from app.runs.sandbox.reading.remembering import remembered

_MONEY = re.compile(
    r"pa(?:id|y)|charg|price|cost|total|amount|refund|back\b|bill|invoice|debit|deduct|betrag|preis|zahl|buch|erstatt|summe|euro"
    r"|montant|prix|pay|débit|prélev|rembours|bedrag|betaal|prijs|kost|importe|precio|pag|cobr",
    re.IGNORECASE,
)
_A_DAY = re.compile(r"\b(?:am|on|vom|seit|le|op|since|bis|until|zum|den|um|dated)\s$", re.IGNORECASE)
_DAY_SHAPE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])")
_UNIT = re.compile(r"\s?(?:kg|g|l|ml|cm|mm|m|km|h|uhr|am|pm|inch|x|pcs|stück|stk|°)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Message:
    """What the customer wrote, without the older mails below it."""

    text: str
    amounts: tuple[Amount, ...]
    left: tuple[Amount, ...]
    """The amounts to leave alone."""
    orders: tuple[str, ...]
    """Labelled as an order or an invoice, or shaped like their numbers; those to leave alone are left out."""
    left_orders: frozenset[str]

    @property
    def values(self) -> list[Amount]:
        """Each different amount once."""
        return list({(a.value, a.currency): a for a in reversed(self.amounts)}.values())[::-1]


@remembered(16)
def read_message(whole: str) -> Message:
    """The customer's own words; the whole text where these ask for nothing."""
    own = own_words(whole)
    text = own if has(own, REFUND) or classify(own, REASONS) else whole
    named, spots = _amounts(text), _order_spots(text)
    left = left_alone(text, [Span(a.start, a.end) for a in named], [spot for spot, _ in spots])
    kept = [name for spot, name in spots if spot not in left]
    return Message(
        text=text,
        amounts=tuple(a for a in named if (a.start, a.end) not in left),
        left=tuple(a for a in named if (a.start, a.end) in left),
        orders=tuple(dict.fromkeys(kept)),
        left_orders=frozenset(name for spot, name in spots if spot in left and name not in kept),
    )


def _amounts(text: str) -> list[Amount]:
    found = find_amounts(text, bare=True)
    return [a for a in found if a.value and (a.currency or _is_money(text, a))]


def _is_money(text: str, bare: Amount) -> bool:
    """Whether a number without a currency is one: its sentence speaks of money, and it is no day, time or measure."""
    before, after = text[max(0, bare.start - 12) : bare.start], text[bare.end : bare.end + 8]
    if _UNIT.match(after) or (_DAY_SHAPE.fullmatch(bare.text) and (_A_DAY.search(before) or after.startswith("."))):
        return False
    return bool(_MONEY.search(text[slice(*sentence_at(text, bare.start))]))


def _order_spots(text: str) -> list[tuple[Span, str]]:
    """Every place that names an order, those labelled as one first."""
    names = dict.fromkeys(
        [*find_references(text, "order"), *find_references(text, "invoice"), *find_loose_references(text)]
    )
    return [
        (Span(m.start(), m.end()), name)
        for name in names
        for m in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    ]
