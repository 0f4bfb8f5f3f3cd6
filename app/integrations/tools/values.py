"""The values that tools take, read strictly: what a person sees on the card is what the code will do."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.errors import Invalid
from app.formats import DECIMALS
from app.integrations.tools.base import ToolRefused
from app.mail import checked_address

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?", re.ASCII)
# Bidirectional controls and invisible signs make a reader see another order or another word.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


class Arguments(BaseModel):
    """Base of every tool's arguments: nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


def _line(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = unicodedata.normalize("NFC", value.strip())
    if _HIDDEN.search(plain) or any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in plain):
        raise ValueError("holds control or invisible characters; write it on one line")
    return plain


def _prose(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").strip())
    if _HIDDEN.search(plain) or any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in plain):
        raise ValueError("holds control or invisible characters")
    return plain


def _amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("give a number like 1840.00")
    written = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value).strip()
    if not _AMOUNT.fullmatch(written):  # ASCII digits only: a look-alike digit would read as another amount
        raise ValueError("give a positive number with a point and no other signs, like 1840.00")
    whole, _, part = written.partition(".")
    if not Decimal(written):
        raise ValueError("give an amount above zero")
    part = part.rstrip("0")
    return f"{whole}.{part.ljust(2, '0')}"


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _address(value: str) -> str:
    try:
        return checked_address(value)
    except Invalid as refused:
        raise ValueError(f"{value!r} is not a plain mail address") from refused


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Line = Annotated[str, BeforeValidator(_line), Field(min_length=1, max_length=200)]
Note = Annotated[str, BeforeValidator(_prose), Field(max_length=2_000)]
Prose = Annotated[str, BeforeValidator(_prose), Field(min_length=1, max_length=20_000)]
Amount = Annotated[str, BeforeValidator(_amount), Field(json_schema_extra={"type": ["string", "number"]})]
Addresses = Annotated[
    list[Annotated[str, AfterValidator(_address)]],
    BeforeValidator(_one_or_more),
    AfterValidator(_each_once),
    Field(min_length=1, max_length=200),
]


def minor_units(amount: str, currency: str) -> int:
    """`amount` in whole minor units of `currency`. Raises ToolRefused for finer amounts than it has."""
    digits = DECIMALS.get(currency, 2)
    scaled = Decimal(amount).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ToolRefused(f"{currency} has {digits} decimals; {amount} has more.")
    return int(scaled)
