"""Amounts of money and plain numbers, in the notations people use."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.runs.sandbox.reading.remembering import remembered

SYMBOLS = {
    "US$": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD",
    "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₺": "TRY", "₩": "KRW", "₴": "UAH",
    "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "Rs.": "INR", "kr.": "kr", "kr": "kr", "Fr.": "CHF",
    "₽": "RUB", "₪": "ILS", "₱": "PHP", "₫": "VND", "₦": "NGN", "฿": "THB", "₸": "KZT", "₾": "GEL", "лв": "BGN", "RM": "MYR",
}  # fmt: skip
KRONA = "kr"
"""A krona or krone: an amount, in a currency the text does not settle."""
_KRONA_COUNTRIES = frozenset({"SEK", "NOK", "DKK", "ISK"})
CODES = (
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON",
    "BGN", "TRY", "AUD", "CAD", "NZD", "SGD", "HKD", "BRL", "MXN", "ZAR", "ILS", "AED", "KRW", "UAH",
    "ISK", "RUB", "THB", "IDR", "MYR", "PHP", "VND", "NGN", "KES", "EGP", "SAR", "QAR", "KWD", "MAD", "TND", "PKR",
    "BDT", "LKR", "TWD", "ARS", "CLP", "COP", "RSD", "KZT",
)  # fmt: skip
WORDS = {
    "euros": "EUR", "euro": "EUR", "dollars": "USD", "dollar": "USD", "pounds": "GBP", "pound": "GBP",
    "francs": "CHF", "franken": "CHF", "rupees": "INR", "yen": "JPY", "zloty": "PLN", "kronor": "SEK",
    "kroner": "kr", "kronen": "kr", "quid": "GBP", "bucks": "USD", "forint": "HUF", "lei": "RON", "lira": "TRY",
    "rubles": "RUB", "roubles": "RUB", "pesos": "MXN", "reais": "BRL", "koruna": "CZK", "eur": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "sek": "SEK", "pln": "PLN",
}  # fmt: skip
_SPACE = " \u00a0\u202f\u2009"
NUMBER = (
    rf"(?:\d{{1,3}}(?:\.\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,3}}(?:,\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?:\.\d{{1,2}})?"
    rf"|\d{{1,3}}(?:['’]\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,3}}(?:[{_SPACE}]\d{{3}})+(?:[.,]\d{{1,2}})?|\d+(?:[.,]\d+)?)(?!\d)"
)
"""Thousands in threes with one mark throughout, India's lakhs, or none."""
_UNIT = "|".join([*(re.escape(s) for s in sorted(SYMBOLS, key=len, reverse=True)), *CODES])
_AFTER = _UNIT + "|" + "|".join(rf"(?i:{w})(?!\w)" for w in WORDS)
_MONEY = re.compile(
    rf"(?P<sign>[-−(]\s?)?(?<![\w])(?<!\d[.,/:'’-])(?:(?P<pre>{_UNIT}|(?i:eur|usd|gbp|chf))[{_SPACE}]?(?P<inner>[-−]\s?)?"
    rf"(?P<a>{NUMBER})(?:[.,][-–—]{{1,2}})?(?P<mag>[kKmM](?![\w]))?"
    rf"|(?P<b>{NUMBER})(?:[.,][-–—]{{1,2}})?[{_SPACE}]?(?P<post>{_AFTER})(?![A-Za-z]))"
)
_BARE = re.compile(
    rf"(?<![\w.,/:-])-?(?:\d{{1,3}}(?:[.,'’{_SPACE}]\d{{3}})+|\d+)[.,]\d{{2}}(?![\d%/:-])(?![.,]\d)(?!\s?%)"
)
_CURRENCY = re.compile(_AFTER)
_NAMED = re.compile(
    rf"(?<!\w)(?:{'|'.join(CODES)}|(?i:euros?|dollars?|franken))(?!\w)|(?:US|NZ|HK|[ACRS])?\$|[€£¥₹₺₽₪₱₫₦฿]"
)
"""A currency on its own, as in "all prices in USD"; not the words that also name something else, like pounds."""
_OF_THE_NEXT = re.compile(rf"[{_SPACE}]?{NUMBER}")
_NO_AMOUNT = re.compile(
    r"(?:\b(?:order|invoice|bill|no|nr|number|ref|id|bestellung|rechnung|auftrag|commande|facture|pedido|factura|bestelling|factuur"
    r"|jan\w*|feb\w*|mar\w*|mär\w*|apr\w*|ma[iy]|jun\w*|jul\w*|aug\w*|sep\w*|o[ck]t\w*|nov\w*|de[cz]\w*)[.:]?|#)\s*#?$",
    re.IGNORECASE,
)
"""What stands before a number that is a year or names something."""
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
    whole, mark, part = _cut_at_last_mark(digits)
    mixed, may_be_decimal = set(whole) & set(".,") - {mark}, mark == decimal_mark and mark not in whole
    if not mark or (not mixed and not may_be_decimal and _in_threes(whole, mark, part)):
        return re.sub("[.,]", "", digits)
    return re.sub("[.,]", "", whole) + "." + part


def _cut_at_last_mark(digits: str) -> tuple[str, str, str]:
    at = max(digits.rfind("."), digits.rfind(","))
    return (digits[:at], digits[at], digits[at + 1 :]) if at >= 0 else (digits, "", "")


def _in_threes(whole: str, mark: str, part: str) -> bool:
    """Whether the last mark sets thousands apart: three digits after it, and no head like the one of 0.500."""
    return len(part) == 3 and (mark in whole or 1 <= len(whole) <= 3 and whole != "0")


def decimal_mark_of(texts: Iterable[str]) -> str:
    """The decimal mark that a column of numbers uses, or an empty string when nothing shows it."""
    votes = {".": 0, ",": 0}
    for text in texts:
        digits = re.sub(r"[^\d.,]", "", text)
        whole, mark, part = _cut_at_last_mark(digits)
        if mark and set(whole) & set(".,") - {mark}:
            votes[mark] += 2
        elif mark and mark not in whole and not _in_threes(whole, mark, part):
            votes[mark] += 1
    if votes["."] == votes[","]:
        return ""
    return max(votes, key=lambda mark: votes[mark])


@remembered(512)
def find_amounts(text: str, *, bare: bool = False) -> tuple[Amount, ...]:
    """Amounts with a currency, in reading order; with `bare`, also numbers with two decimals."""
    found = [amount for match in _money(text) if (amount := _amount(match)) is not None]
    if bare:
        taken = [(a.start, a.end) for a in found]
        found += [a for m in _BARE.finditer(text) if (a := _bare_amount(m)) and not _overlaps(m.span(), taken)]
    return tuple(sorted(found, key=lambda amount: amount.start))


def _money(text: str) -> Iterator[re.Match[str]]:
    """Each amount; a currency between two numbers belongs to the one that can be money."""
    at = 0
    while match := _MONEY.search(text, at):
        at = match.end()
        if match["post"] and _belongs_to_the_next(text, match):
            at = match.start("post")
        else:
            yield match


def _belongs_to_the_next(text: str, match: re.Match[str]) -> bool:
    """ "order 4711 EUR 50.00" is EUR 50.00; "50 EUR 3 times" is 50 EUR."""
    following = _OF_THE_NEXT.match(text, match.end())
    if following is None or _has_cents(match["b"]):
        return False
    close = text[match.end("b")] == " " and following.group()[0].isdigit() and match["post"] in SYMBOLS
    return close or _has_cents(following.group()) or bool(_NO_AMOUNT.search(text[: match.start("b")][-20:]))


def _has_cents(number: str) -> bool:
    return number[-3:-2] in (".", ",")


def find_currencies(text: str) -> frozenset[str]:
    """Every currency that is named anywhere, as a code, a sign or a word."""
    named = {_currency(m.group()) for m in _NAMED.finditer(text)}
    return frozenset(named | {a.currency for a in find_amounts(text)}) - {""}


def same_currency(named: str, house: str) -> bool:
    """Whether an amount in `named` can be booked in `house`; an unnamed one can, and kronor in their countries."""
    return named in ("", house) or not house or (named == KRONA and house in _KRONA_COUNTRIES)


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
