"""Amounts of money and plain numbers, in the notations people use."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.runs.sandbox.reading.remembering import remembered

SYMBOLS = {
    "US$": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₺": "TRY", "₩": "KRW", "₴": "UAH",
    "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "Rs.": "INR", "kr.": "", "kr": "", "Fr.": "CHF",
}  # fmt: skip
"""`kr` names a krona or krone: an amount, in a currency the text does not settle."""
CODES = (
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON",
    "BGN", "TRY", "AUD", "CAD", "NZD", "SGD", "HKD", "BRL", "MXN", "ZAR", "ILS", "AED", "KRW", "UAH",
)  # fmt: skip
WORDS = {
    "euros": "EUR", "euro": "EUR", "dollars": "USD", "dollar": "USD", "pounds": "GBP", "pound": "GBP",
    "francs": "CHF", "franken": "CHF", "rupees": "INR", "yen": "JPY", "zloty": "PLN", "kronor": "SEK",
    "kroner": "", "eur": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "sek": "SEK", "pln": "PLN",
}  # fmt: skip
_SPACE = " \u00a0\u202f\u2009"
_NUMBER = rf"\d{{1,3}}(?:[.,'’{_SPACE}]\d{{2,3}})+(?:[.,]\d{{1,2}})?(?!\d)|\d+(?:[.,]\d+)?"
_UNIT = "|".join([*(re.escape(s) for s in sorted(SYMBOLS, key=len, reverse=True)), *CODES])
_AFTER = _UNIT + "|" + "|".join(rf"(?i:{w})(?!\w)" for w in WORDS)
_MONEY = re.compile(
    rf"(?P<sign>[-−(]\s?)?(?<![\w])(?:(?P<pre>{_UNIT}|(?i:eur|usd|gbp|chf))[{_SPACE}]?(?P<inner>[-−]\s?)?"
    rf"(?P<a>{_NUMBER})(?:[.,][-–—]{{1,2}})?(?P<mag>[kKmM](?![\w]))?"
    rf"|(?P<b>{_NUMBER})(?:[.,][-–—]{{1,2}})?[{_SPACE}]?(?P<post>{_AFTER})(?![A-Za-z]))"
)
_BARE = re.compile(
    rf"(?<![\w.,/:-])-?(?:\d{{1,3}}(?:[.,'’{_SPACE}]\d{{3}})+|\d+)[.,]\d{{2}}(?![\d%/:-])(?![.,]\d)(?!\s?%)"
)
_CURRENCY = re.compile(_AFTER)
_BLANK = re.compile(rf"[{_SPACE}\s'’_]")
_NO_CENTS = re.compile(r"[.,][-–—]{1,2}$")
_DIGITS = re.compile(r"[\d.,]*\d[\d.,]*")
_NEW_THOUGHT = re.compile(r"[.!?]\s|\n")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Amount:
    """An amount found in text. `currency` is its ISO code, or empty where the text does not say."""

    value: Decimal
    currency: str
    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """As a tool takes it: `1840.00`."""
        return plain(self.value)


def plain(value: Decimal) -> str:
    """A decimal string in major units with two places."""
    return str(value.quantize(CENT, ROUND_HALF_UP))


def said(value: Decimal, currency: str = "") -> str:
    """For people: `EUR 1,840.00`."""
    return f"{currency} {value.quantize(CENT, ROUND_HALF_UP):,}".strip()


def parse_number(text: str, decimal_mark: str = "") -> Decimal | None:
    """The number that `text` is, or None. `decimal_mark` settles what "1.840" means; without it, thousands."""
    bare = _BLANK.sub("", text.strip())
    negative = bare.startswith(("-", "−", "(")) or bare.endswith("-") and bare[-2:-1].isdigit()
    bare = _NO_CENTS.sub("", bare.strip("-−()"))
    if not _DIGITS.fullmatch(bare):
        return None
    try:
        value = Decimal(_unmarked(bare, decimal_mark))
    except InvalidOperation:
        return None
    return -value if negative else value


def _unmarked(digits: str, decimal_mark: str) -> str:
    """Without thousands marks, and with a full stop as the decimal mark."""
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return digits
    mark = marks[-1]
    if decimal_mark:
        mark = decimal_mark
    elif len(set(marks)) == 1 and (len(marks) > 1 or _is_thousands(digits, mark)):
        mark = ""
    other = [c for c in ".," if c != mark]
    for c in other:
        digits = digits.replace(c, "")
    return digits.replace(mark, ".") if mark else digits


def _is_thousands(digits: str, mark: str) -> bool:
    head, _, tail = digits.partition(mark)
    return len(tail) == 3 and 1 <= len(head) <= 3 and head != "0"


def decimal_mark_of(texts: Iterable[str]) -> str:
    """The decimal mark that a column of numbers uses, or an empty string when nothing shows it."""
    votes = {".": 0, ",": 0}
    for text in texts:
        digits = re.sub(r"[^\d.,]", "", text)
        marks = [c for c in digits if c in ".,"]
        if len(set(marks)) == 2:
            votes[marks[-1]] += 2
        elif len(marks) == 1 and not _is_thousands(digits, marks[0]):
            votes[marks[0]] += 1
    if votes["."] == votes[","]:
        return ""
    return max(votes, key=lambda mark: votes[mark])


@remembered(512)
def find_amounts(text: str, *, bare: bool = False) -> tuple[Amount, ...]:
    """Amounts with a currency, in reading order; with `bare`, also numbers with two decimals."""
    found = [amount for match in _MONEY.finditer(text) if (amount := _amount(match)) is not None]
    if bare:
        taken = [(a.start, a.end) for a in found]
        found += [a for m in _BARE.finditer(text) if (a := _bare_amount(m)) and not _overlaps(m.span(), taken)]
    return tuple(sorted(found, key=lambda amount: amount.start))


def _overlaps(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _amount(match: re.Match[str]) -> Amount | None:
    value = parse_number(match["a"] or match["b"])
    if value is None:
        return None
    value *= {"k": 1_000, "m": 1_000_000}.get((match["mag"] or "").lower(), 1)
    if match["inner"] or (match["sign"] or "").strip() in {"-", "−"} or _in_brackets(match):
        value = -value
    return Amount(value, _currency(match["pre"] or match["post"]), match.group().strip(), match.start(), match.end())


def _in_brackets(match: re.Match[str]) -> bool:
    """Accounting's (5.00); an amount in brackets inside a sentence is not negative."""
    line_start = match.string.rfind("\n", 0, match.start()) + 1
    alone = not match.string[line_start : match.start()].strip(" \t:|;,")
    return bool(match["sign"]) and alone and match.string[match.end() : match.end() + 1] == ")"


def _bare_amount(match: re.Match[str]) -> Amount | None:
    value = parse_number(match.group())
    return None if value is None else Amount(value, "", match.group(), match.start(), match.end())


def _currency(mark: str) -> str:
    return SYMBOLS.get(mark) or WORDS.get(mark.lower()) or (mark.upper() if mark.upper() in CODES else "")


def parse_amount(text: str, decimal_mark: str = "") -> Amount | None:
    """The one amount that a cell or a field holds, with or without its currency."""
    found = find_amounts(text)
    if found and not decimal_mark:
        return found[0]
    stripped = _CURRENCY.sub("", text).strip()
    value = parse_number(stripped, decimal_mark)
    if value is None:
        return found[0] if found else None
    return Amount(value, found[0].currency if found else "", text.strip(), 0, len(text))


def nearest(text: str, amounts: Sequence[Amount], cues: re.Pattern[str]) -> Amount | None:
    """The amount that stands closest to one of `cues`, on the same line first; None when no cue is there."""
    spots = [m.span() for m in cues.finditer(text)]
    if not spots or not amounts:
        return None
    return min(amounts, key=lambda amount: min(_gap(text, amount, spot) for spot in spots))


def _gap(text: str, amount: Amount, spot: tuple[int, int]) -> int:
    first, last = min(amount.start, spot[0]), max(amount.end, spot[1])
    between = text[first:last]
    gap = amount.start - spot[1] if amount.start >= spot[1] else spot[0] - amount.end + 8
    return gap + 60 * len(_NEW_THOUGHT.findall(between))
