"""Dates in the notations people use, periods in days, and working days."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.runs.sandbox.reading.remembering import remembered

_MONTHS = (
    "jan january januar januari janvier enero gennaio janeiro",
    "feb february februar februari février fevrier febrero febbraio fevereiro fév",
    "mar march märz maerz maart mars marzo março mrt mär",
    "apr april avril abril aprile avr abr",
    "may mai mei mayo maggio maio mag",
    "jun june juni juin junio giugno junho giu",
    "jul july juli juillet julio luglio julho juil lug",
    "aug august augustus août aout agosto ago",
    "sep sept september septembre septiembre settembre setembro set",
    "oct october oktober octobre octubre ottobre outubro okt ott out",
    "nov november novembre noviembre novembro",
    "dec december dezember décembre decembre diciembre dicembre dezembro dez dic déc",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_M = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?<![\d.,/-])(?:"
    r"(?P<iso>(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2}))"
    r"|(?P<p1>\d{1,2})(?P<sep>[-/.])(?P<p2>\d{1,2})(?P=sep)(?P<y2>(?:19|20)\d\d|\d\d)"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[ -](?:of |de )?(?P<m3>{_M})\b\.?(?:,?[ -](?:de )?(?P<y3>(?:19|20)\d\d)\b)?"
    rf"|\b(?P<m4>{_M})\.? (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<y4>(?:19|20)\d\d)\b)?"
    r")(?![\d/-])",
    re.IGNORECASE,
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RELATIVE = re.compile(
    rf"\b(?:(?P<near>today|tonight|tomorrow|yesterday)|(?:(?P<which>by|on|next|this|before|last) )(?P<day>{'|'.join(_WEEKDAYS)})"
    r"|in (?P<in>\d{1,3}) (?P<unit>days?|weeks?)|(?P<ago>\d{1,3}) (?P<agounit>days?|weeks?) ago|(?P<eow>end of (?:the )?week))\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,3})[\s-]?(?P<unit>(?:calendar |working |business )?days?|weeks?|months?|hours?|tage[n]?|wochen?|monate?n?"
    r"|dagen|weken|maanden|jours|semaines|mois|d[ií]as|semanas|giorni|settimane)\b",
    re.IGNORECASE,
)
_UNIT_DAYS = {"w": 7, "s": 7, "m": 30}


@dataclass(frozen=True)
class Found:
    """A date and where it stands."""

    on: date
    text: str
    start: int
    end: int


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def month_first(text: str) -> bool:
    """Whether the numeric dates of this text put the month first; one date that cannot be otherwise settles it."""
    pairs = [(int(m["p1"]), int(m["p2"])) for m in _DATE.finditer(text) if m["p1"]]
    return any(b > 12 >= a for a, b in pairs) and not any(a > 12 for a, b in pairs)


@remembered(512)
def find_dates(text: str, *, today: date, us: bool | None = None) -> tuple[Found, ...]:
    """Dates in reading order. Day before month unless the text itself shows otherwise; no year means the nearest."""
    us = month_first(text) if us is None else us
    return tuple(Found(on, m.group(), *m.span()) for m in _DATE.finditer(text) if (on := _of(m, today, us)))


def _of(match: re.Match[str], today: date, us: bool) -> date | None:
    if match["iso"]:
        return _made(int(match["y1"]), int(match["m1"]), int(match["d1"]))
    if match["p1"]:
        return _numeric(int(match["p1"]), int(match["p2"]), _year(match["y2"]), us and match["sep"] == "/")
    day, month, year = (
        (match["d3"], match["m3"], match["y3"]) if match["d3"] else (match["d4"], match["m4"], match["y4"])
    )
    number = MONTHS[month.lower()]
    return _made(int(year), number, int(day)) if year else _closest(number, int(day), today)


def _numeric(first: int, second: int, year: int, us: bool) -> date | None:
    if first > 12 or (second <= 12 and not us):
        return _made(year, second, first)
    return _made(year, first, second)


def _closest(month: int, day: int, today: date) -> date | None:
    options = [d for y in (today.year - 1, today.year, today.year + 1) if (d := _made(y, month, day))]
    return min(options, key=lambda d: abs((d - today).days), default=None)


def find_relative(text: str, *, today: date) -> list[Found]:
    """ "tomorrow", "by Friday", "in 3 days" as dates, in reading order."""
    return [Found(_relative(m, today), m.group(), *m.span()) for m in _RELATIVE.finditer(text)]


def _relative(match: re.Match[str], today: date) -> date:
    if match["near"]:
        days = {"tomorrow": 1, "yesterday": -1}.get(match["near"].lower(), 0)
    elif match["day"]:
        days = _until(match["day"], match["which"], today)
    elif match["eow"]:
        days = _until("friday", "by", today)
    elif match["in"]:
        days = int(match["in"]) * (7 if match["unit"].lower().startswith("w") else 1)
    else:
        days = -int(match["ago"]) * (7 if match["agounit"].lower().startswith("w") else 1)
    return today + timedelta(days=days)


def _until(weekday: str, which: str, today: date) -> int:
    ahead = (_WEEKDAYS.index(weekday.lower()) - today.weekday()) % 7
    if which.lower() == "last":
        return ahead - 7
    return ahead or 7


def deadline(text: str, *, today: date) -> date | None:
    """The first day on or after today that the text names."""
    named = [*find_dates(text, today=today), *find_relative(text, today=today)]
    return next((f.on for f in sorted(named, key=lambda f: f.start) if f.on >= today), None)


@remembered(1024)
def find_periods(text: str) -> tuple[tuple[int, str], ...]:
    """(days, words) for "within 30 days", "14-day", "2 Wochen"; hours count as part of one day."""
    return tuple((_days(m), m.group()) for m in _PERIOD.finditer(text))


def _days(match: re.Match[str]) -> int:
    unit = match["unit"].lower().removeprefix("working ").removeprefix("business ").removeprefix("calendar ")
    count = int(match["n"])
    if unit.startswith("h"):
        return max(1, (count + 23) // 24)
    return count * _UNIT_DAYS.get(unit[0], 1)


def parse_date(text: str, *, today: date, us: bool | None = None) -> date | None:
    """The date that a cell or a field holds."""
    return next((f.on for f in find_dates(text, today=today, us=us)), None)


def column_is_us(cells: Iterable[str]) -> bool:
    """Whether a column of dates puts the month first."""
    return month_first("\n".join(cells))


def is_weekend(on: date) -> bool:
    return on.weekday() >= 5


def next_working_day(on: date) -> date:
    """`on`, or the Monday after it."""
    return on + timedelta(days=(7 - on.weekday()) if is_weekend(on) else 0)


def readable(on: date) -> str:
    """22 Nov 2026."""
    return f"{on.day} {on:%b %Y}"
