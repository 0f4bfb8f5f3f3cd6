"""The dated lines of a log or chat in order of time, and the stages they show."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.runs.sandbox.reading.dates import Found, find_dates
from app.runs.sandbox.reading.sentences import on_one_line
from app.runs.sandbox.wording import plural

_TIME = re.compile(
    r"(?<![\d:.])(?P<h>[01]?\d|2[0-3])[:h](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:[.,]\d+)?\s?(?P<ap>[ap]\.?m\.?\b)?(?:Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_DATE_T = re.compile(r"(\d{4}-\d\d-\d\d)T(?=\d\d:)")
_ENDED = re.compile(
    r"\b(?:resolved|recover\w*|back to (?:normal|\d)|all clear|closed|restored|healthy again|stable|incident over|opgelost|behoben)\b",
    re.IGNORECASE,
)
_NOT_ENDED = re.compile(r"\bnot (?:yet )?(?:resolved|recovered|stable)", re.IGNORECASE)
_HELPED = re.compile(
    r"\b(?:roll(?:ed|ing)?[ -]?back|revert\w*|restart\w*|failover|failed over|disabled|switched off|scaled|hotfix|mitigat\w*|drained|blocked|renewed|increased|patched|workaround)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:alert\w*|alarm\w*|page[rd]?\b|pag(?:e|ing)|acknowledg\w*|report(?:ed|s)?\b|notic\w*|detect\w*|complain\w*|monitor\w*)\b",
    re.IGNORECASE,
)
_BROKE = re.compile(
    r"\b(?:error\w*|fail\w*|down|outage|timeouts?|timed out|crash\w*|exhausted|unavailable|5\d\d|slow|latency|deploy\w*|expired|full|oom|panic|refused|degraded|storing|ausfall)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Event:
    """One dated line of a log or chat."""

    at: datetime
    text: str
    dated: bool
    """Whether the material names the day; else it is taken to be today."""

    @property
    def when(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}" if self.dated else f"{self.at:%H:%M}"


def read_timeline(text: str, today: date) -> tuple[list[Event], list[str]]:
    """Lines with a time in order of time, and the sentences without one.

    A line without a day goes on with the day before it.
    """
    events: list[Event] = []
    others: list[str] = []
    day, dated = today, False
    for row in (_DATE_T.sub(r"\1 ", raw.strip(" \t>|")) for raw in text.splitlines()):
        days, spot = find_dates(row[:60], today=today), _TIME.search(row[:80])
        if days and days[0].start < 30:
            day, dated = days[0].on, True
        if spot is None:
            others += [row] if len(row.split()) > 2 else []
            continue
        at = _at(day, spot)
        if events and not days and at < events[-1].at - timedelta(hours=12):
            day, at = day + timedelta(days=1), at + timedelta(days=1)  # past midnight
        events.append(Event(at, _told(row, spot, days), dated))
    return sorted(events, key=lambda e: e.at), others


def _at(day: date, spot: re.Match[str]) -> datetime:
    return datetime(day.year, day.month, day.day, _hour(spot), int(spot["m"]), int(spot["s"] or 0))


def _hour(spot: re.Match[str]) -> int:
    hour, half = int(spot["h"]), (spot["ap"] or "").lower()[:1]
    return hour % 12 + (12 if half == "p" else 0) if half else hour


def _told(row: str, spot: re.Match[str], days: tuple[Found, ...]) -> str:
    """The line without its stamp; a time inside the sentence stays."""
    if spot.start() > 25:
        return row
    rest = row[: spot.start()] + row[spot.end() :]
    rest = rest.replace(days[0].text, "", 1) if days else rest
    return on_one_line(rest).strip(" []()|-–—,;:\t") or row


def stages_of(events: list[Event]) -> dict[str, Event]:
    """Start, detection, mitigation and end, as far as the words show them; nobody tells them in a question.

    What was seen comes before what was done about it, and both before the end.
    """
    told = [e for e in events if not e.text.rstrip(" \"'”’)").endswith("?")]
    start = next((e for e in told if _BROKE.search(e.text) and not _ENDED.search(e.text)), None)
    ended = next((e for e in reversed(told) if _ENDED.search(e.text) and not _NOT_ENDED.search(e.text)), None)
    during = [e for e in told if ended is None or e.at <= ended.at]
    helped = next((e for e in during if _HELPED.search(e.text) and (start is None or e.at >= start.at)), None)
    seen = next((e for e in during if _SEEN.search(e.text) and (helped is None or e.at <= helped.at)), None)
    found = {"Start": start or seen, "Detection": seen, "Mitigation": helped, "End": ended}
    return {stage: event for stage, event in found.items() if event is not None}


def lasted(stages: dict[str, Event]) -> list[str]:
    """How long it took from start to end; nothing where one of them is not known."""
    if "Start" not in stages or "End" not in stages or stages["End"].at < stages["Start"].at:
        return []
    minutes = int((stages["End"].at - stages["Start"].at).total_seconds() // 60)
    return [f"Lasted: {minutes // 60} h {minutes % 60} min" if minutes > 59 else f"Lasted: {plural(minutes, 'minute')}"]
