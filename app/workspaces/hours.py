"""Business hours: when a workspace is open, and time counted while it is. Pure.

A span opens at the first moment at which the local clock reads its beginning or later, and closes at the first at
which it reads its end or later. So an hour that the clock repeats counts once more, and one that it skips not at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Self

from app.errors import DomainError
from app.formats import zone_named

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = 24 * 60
MOST_SPANS = 2
DAY = timedelta(days=1)
LONGEST_WAIT = timedelta(days=366)
NOTHING = timedelta(0)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})")


class NeverOpen(DomainError):
    """There is no opening within a year, so nothing can be counted in these hours."""

    status = 422
    sentence = "These business hours have no opening within a year."


@dataclass(frozen=True, order=True)
class Span:
    """From `begin` to `end`, both minutes after midnight; one that does not end later than it begins ends the next day.

    Raises ValueError for what is no time of a day. An end of 24:00 is midnight.
    """

    begin: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.begin < MIDNIGHT and 0 < self.end <= MIDNIGHT and self.begin != self.end):
            raise ValueError(self)

    @property
    def last(self) -> int:
        """Its end in minutes after the midnight that its day began with."""
        return self.end if self.end > self.begin else self.end + MIDNIGHT

    @classmethod
    def read(cls, text: str) -> Self:
        """A span as people write it: 09:00-17:30. Raises ValueError for anything else."""
        found = _SPAN.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        hour, minute, last_hour, last_minute = map(int, found.groups())
        if max(minute, last_minute) > 59:
            raise ValueError(text)
        return cls(hour * 60 + minute, last_hour * 60 + last_minute or MIDNIGHT)

    def __str__(self) -> str:
        return f"{self.begin // 60:02d}:{self.begin % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"


@dataclass(frozen=True, order=True)
class Holiday:
    """A day on which nothing opens."""

    on: date
    name: str


Week = tuple[tuple[Span, ...], ...]
Opening = tuple[datetime, datetime]


@dataclass(frozen=True)
class BusinessHours:
    """When a workspace is open, in its own zone. Without a week it is always open, and time is the clock's.

    A span belongs to the day on which it begins; a holiday closes the spans that begin on it.
    Raises ValueError for a week that has not seven days, or spans that are too many or meet in time.
    """

    timezone: str
    week: Week | None = None
    holidays: tuple[Holiday, ...] = ()

    def __post_init__(self) -> None:
        if self.week is None:
            return
        if len(self.week) != len(DAYS) or any(len(spans) > MOST_SPANS for spans in self.week):
            raise ValueError(self.week)
        if (day := meeting_day(self.week)) is not None:
            raise ValueError(DAYS[day])

    @classmethod
    def read(cls, kept: dict[str, Any], timezone: str) -> Self:
        """What `kept()` gave; nothing kept is always open."""
        if "week" not in kept:
            return cls(timezone)
        week = tuple(tuple(Span.read(text) for text in spans) for spans in kept["week"])
        holidays = (Holiday(date.fromisoformat(row["on"]), row["name"]) for row in kept["holidays"])
        return cls(timezone, week, tuple(holidays))

    def kept(self) -> dict[str, Any]:
        """As JSON, without the zone, which the workspace keeps."""
        if self.week is None:
            return {}
        holidays = [{"on": day.on.isoformat(), "name": day.name} for day in self.holidays]
        return {"week": [[str(span) for span in spans] for spans in self.week], "holidays": holidays}

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The first moment, in UTC, by which there was so much open time after `start`.

        Raises NeverOpen when nothing opens for a year, ValueError for a negative duration.
        """
        if duration < NOTHING:
            raise ValueError(duration)
        moment = start.astimezone(UTC)
        if self.week is None or not duration:
            return moment + duration
        for begin, end in self._openings(moment):
            begin = max(begin, moment)
            if duration <= end - begin:
                return begin + duration
            duration -= end - begin
        raise NeverOpen()

    def open_between(self, a: datetime, b: datetime) -> timedelta:
        """How much open time lies between the two moments; nothing when `b` is not later."""
        a, b = a.astimezone(UTC), b.astimezone(UTC)
        if self.week is None:
            return max(b - a, NOTHING)
        total = NOTHING
        for begin, end in self._openings(a, until=b):
            total += max(min(end, b) - max(begin, a), NOTHING)
        return total

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this moment."""
        return self.week is None or any(begin <= at < end for begin, end in self._openings(at, until=at))

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from `at` on, in UTC, when it is open: `at` itself while it is. Raises NeverOpen."""
        if self.week is None:
            return at.astimezone(UTC)
        for begin, _ in self._openings(at):
            return max(begin, at.astimezone(UTC))
        raise NeverOpen()

    def _openings(self, start: datetime, until: datetime | None = None) -> Iterator[Opening]:
        """Openings in order that end after `start`, up to the day of `until`, or until a year passes without one."""
        zone, closed = zone_named(self.timezone), {holiday.on for holiday in self.holidays}
        seen = start.astimezone(zone).date()
        day = seen - DAY  # a span of yesterday may run into today
        last = until.astimezone(zone).date() + DAY if until else None  # the clock may go back over midnight
        while day <= (last or seen + LONGEST_WAIT):
            for span in () if day in closed else sorted((self.week or ())[day.weekday()]):
                begin, end = (_moment(day, minutes, zone) for minutes in (span.begin, span.last))
                if begin < end and end > start:
                    yield begin, end
                    seen = day
            day += DAY


def meeting_day(week: Week) -> int | None:
    """The first day, 0 for Monday, with a span that runs into the next one, of the same day or the day after."""
    starts = ((n, n * MIDNIGHT, span) for n, spans in enumerate(week) for span in spans)
    times = sorted((midnight + span.begin, midnight + span.last, n) for n, midnight, span in starts)
    after = [*times[1:], *((begin + 7 * MIDNIGHT, end, n) for begin, end, n in times[:1])]
    return next((n for (_, end, n), (begin, _, _) in zip(times, after, strict=True) if end > begin), None)


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The first moment, in UTC, at which the clock of `zone` reads so many minutes after that midnight, or later."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # the clock skips this time: when does it jump?
    while found - before > timedelta(seconds=1):
        middle = before + (found - before) // 2
        jumped = middle.astimezone(zone).replace(tzinfo=None) >= wall
        before, found = (before, middle) if jumped else (middle, found)
    return found.replace(microsecond=0)
