"""Numbers as people write them."""

import re
from collections.abc import Iterator
from decimal import Decimal

_SPACE = " \u00a0\u202f\u2009"
_THREES = rf"[1-9]\d{{0,2}}(?P<mark>[.,'’{_SPACE}])\d{{3}}(?:(?P=mark)\d{{3}})*"
_LAKHS = r"[1-9]\d?(?:,\d{2})+,\d{3}"
_DECIMALS = r"(?:(?!(?P=mark))[.,](?:\d+|[-–—]{0,2}))?"
"""With another mark than the one between the thousands; Swiss and German people write `20.-` for none."""
_NUMBER = rf"(?P<whole>{_THREES}|{_LAKHS}|\d+){_DECIMALS}|[.,]\d+"
_SIGNS = r"(?:US|NZ|HK|[ACRS])?\$|[€£¥₹₺₩₴₽₪₱₫₦฿₸₾]|zł|Kč|Ft|Rs\.?|kr\.?|Fr\.|лв"
_CODES = (
    "EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|AUD|CAD|NZD|SGD|HKD|BRL|MXN|ZAR|ILS|AED|KRW|UAH"
    "|ISK|RUB|THB|IDR|MYR|PHP|VND|NGN|KES|EGP|SAR|QAR|KWD|MAD|TND|PKR|BDT|LKR|TWD|ARS|CLP|COP|RSD|KZT"
)
_NAMES = "euros?|dollars?|pounds?|francs?|franken|rupees|yen|zloty|kron(?:or|er|en)|forint|lei|lira|pesos|koruna"
_CURRENCY = rf"(?:{_SIGNS}|(?i:{_CODES}|{_NAMES}))"
_ONE_NUMBER = re.compile(
    rf"(?P<sign>[-−])?(?:{_CURRENCY}[{_SPACE}]?)?(?P<inner>[-−])?(?P<number>{_NUMBER})(?:[{_SPACE}]?{_CURRENCY})?"
)


def read_number(text: str) -> str:
    """The one number that `text` is, with or without a currency, as a plain decimal: 1.840,00 € is 1840.00.

    1.840 is eighteen hundred and forty. Raises ValueError for anything else, also for a number among words.
    """
    found = _ONE_NUMBER.fullmatch(text.strip())
    if found is None or (found["sign"] and found["inner"]):
        raise ValueError(text)
    whole, sign = found["whole"] or "", "-" if found["sign"] or found["inner"] else ""
    decimals = found["number"][len(whole) + 1 :].strip("-–—")
    digits = re.sub(r"\D", "", whole) or "0"
    return format(Decimal(f"{sign}{digits}.{decimals}"), "f")


_NUMBERS = re.compile(
    rf"(?<![\w.,'’/:-])(?P<before>{_CURRENCY}[{_SPACE}]?)?(?P<number>{_NUMBER})(?P<after>[{_SPACE}]?{_CURRENCY})?(?![\w]|[.,'’/:-]\d)"
)
_CENTS = re.compile(r"[.,]\d{2}")


def numbers_in(text: str) -> set[Decimal]:
    """Every number that stands in `text` as a word of its own: €1,840.00 and 1.840,00 are both 1840."""
    return {number for number, _ in _numbers(text)}


def amounts_in(text: str) -> set[Decimal]:
    """Those that are written as money, with a currency or with cents: an order number is no amount."""
    return {number for number, is_money in _numbers(text) if is_money}


def _numbers(text: str) -> Iterator[tuple[Decimal, bool]]:
    for match in _NUMBERS.finditer(text):
        try:
            number = Decimal(read_number(match["number"]))
        except ValueError:  # what may stand among words is wider than what may stand alone
            continue
        has_cents = _CENTS.fullmatch(match["number"][-3:]) is not None
        yield number, bool(match["before"] or match["after"] or has_cents)
