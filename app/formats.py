"""How amounts, times and sizes read on screen: the same words in every template, and the zone of the workspace."""

import json
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g

from app.db import now
from app.numbers import read_number

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND XAF"
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = dict.fromkeys(NO_DECIMALS.split(), 0) | dict.fromkeys(THREE_DECIMALS.split(), 3)
"""Of currencies that have not two."""
MINUTE, HOUR, DAY = 60, 3600, 86400


def number(value: int | float) -> str:
    """18204 -> 18,204; a true minus sign."""
    return f"{value:,}".replace("-", "−")


def read_money(typed: str, currency: str) -> int:
    """An amount as people type it, in minor units, from 0 to 10^15. Raises ValueError, also for parts of a cent."""
    scaled = Decimal(read_number(typed)).scaleb(DECIMALS.get(currency, 2))
    if scaled != scaled.to_integral_value() or not 0 <= scaled <= 10**15:
        raise ValueError(typed)
    return int(scaled)


def typed_money(minor: int, currency: str) -> str:
    """Minor units as a field shows them: 184000 -> 1840.00."""
    decimals = DECIMALS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


def money(minor: int | None, currency: str = "EUR") -> str:
    """Minor units as an amount: 184000, EUR -> €1,840.00. A currency without a sign of its own keeps its code."""
    if minor is None:
        return "Not set"
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**decimals)
    amount = f"{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")
    return ("−" if minor < 0 else "") + SIGNS.get(currency, f"{currency} ") + amount


def dollars(micro: int) -> str:
    """Millionths of a dollar, as providers bill: 21000 -> $0.021, 4100000 -> $4.10."""
    amount = micro / 1_000_000
    return f"${amount:,.2f}" if micro == 0 or amount >= 1 else f"${amount:.3f}" if micro >= 1000 else "under $0.001"


def duration(ms: int | float) -> str:
    """38200 -> 38.2 s, 252000 -> 4 min 12 s, 7500000 -> 2 h 5 min."""
    tenths = round(ms / 100)
    if tenths < 10 * MINUTE:
        return f"{tenths / 10:.1f} s"
    seconds = round(ms / 1000)
    if seconds < HOUR:
        return _two(seconds // MINUTE, "min", seconds % MINUTE, "s")
    if seconds < DAY:
        return _two(seconds // HOUR, "h", seconds % HOUR // MINUTE, "min")
    return _two(seconds // DAY, "d", seconds % DAY // HOUR, "h")


def _two(large: int, unit: str, small: int, unit_2: str) -> str:
    return f"{large} {unit} {small} {unit_2}" if small else f"{large} {unit}"


def filesize(count: int) -> str:
    """Bytes in decimal units: 900 -> 900 bytes, 24600 -> 25 kB, 1240000 -> 1.2 MB."""
    for limit, unit, decimals in ((1_000_000_000, "GB", 1), (1_000_000, "MB", 1), (1_000, "kB", 0)):
        if count >= limit:
            return f"{count / limit:.{decimals}f} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"


def zone() -> tzinfo:
    """The zone of the workspace on screen; UTC where there is none or its name is unknown here."""
    workspace = g.get("workspace") if g else None
    return zone_named(workspace.timezone) if workspace is not None else UTC


def zone_named(name: str) -> tzinfo:
    """The zone of this name; UTC when it is unknown here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def local(moment: datetime | None, style: str = "datetime") -> str:
    """22 Nov 2026, 14:02 in the workspace's zone. style: datetime | date | time."""
    if moment is None:
        return "Not yet"
    at = _aware(moment).astimezone(zone())
    on, clock = f"{at.day} {MONTHS[at.month - 1]} {at.year}", f"{at:%H:%M}"
    return {"datetime": f"{on}, {clock}", "date": on, "time": clock}[style]


def day(on: date) -> str:
    """A calendar day in words: "13 June 2026". Has no time zone."""
    return f"{on.day} {on:%B %Y}"


def short_day(on: date) -> str:
    """The same in short, where many stand together: "13 Jun 2026"."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def in_utc(at: datetime) -> str:
    """A moment for a letter, whose reader may be anywhere: "22 Nov 2026, 14:02 UTC"."""
    utc = _aware(at).astimezone(UTC)
    return f"{short_day(utc.date())}, {utc:%H:%M} UTC"


def ago(moment: datetime | None, at: datetime | None = None) -> str:
    """4 min ago, in 56 min; from a day on the date itself. leen.js says the same words."""
    if moment is None:
        return "Not yet"
    moment = _aware(moment)
    seconds = ((at or now()) - moment) // timedelta(seconds=1)
    past, size = seconds >= 0, abs(seconds)
    if size >= DAY:
        return local(moment, "date")
    if past and size < 10:
        return "just now"
    words = f"{size} s" if size < MINUTE else f"{size // MINUTE} min" if size < HOUR else f"{size // HOUR} h"
    return f"{words} ago" if past else f"in {words}"


def iso(moment: datetime) -> str:
    """For the datetime attribute: UTC, to the second."""
    return f"{_aware(moment).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def as_json(value: Any) -> str:
    """Raw data as people can read it: € stays €. The template escapes it like any text."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def initials(name: str) -> str:
    """Fennel & Rye -> FR. For avatars, never the only way to tell who."""
    return "".join(word[0] for word in name.split() if word[0].isalnum())[:2].upper() or "?"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def register(app: Flask) -> None:
    """Make the words above filters of `app`'s templates."""
    for words in (
        number,
        money,
        dollars,
        duration,
        filesize,
        local,
        day,
        short_day,
        in_utc,
        ago,
        iso,
        as_json,
        initials,
    ):
        app.jinja_env.filters[words.__name__] = words
