"""Numbers as people type them into a start form."""

import re
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
