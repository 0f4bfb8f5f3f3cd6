"""Plans for engineering: incident summaries and pull requests."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import line, mail, open_one, plural, send_one, task
from app.runs.sandbox.reading.dates import find_dates
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.rules import number_limit
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.terms import query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

_TIME = re.compile(
    r"(?<![\d:.])(?P<h>[01]?\d|2[0-3])[:h](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:[.,]\d+)?\s?(?P<ap>[ap]\.?m\.?\b)?(?:Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_DATE_T = re.compile(r"(\d{4}-\d\d-\d\d)T(?=\d\d:)")
_ENDED = re.compile(
    r"\b(?:resolved|recover\w*|back to (?:normal|\d)|all clear|closed|restored|healthy again|stable|incident over|opgelost|behoben)\b",
    re.IGNORECASE,
)
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
_CAUSE = re.compile(
    r"\b(?:because|caused by|due to|root cause|suspect\w*|exhausted|expired|out of (?:memory|disk)|disk full|leak\w*|misconfigur\w*|deploy\w*|migration|certificate|deadlock\w*|dns|config(?:uration)? change)\b",
    re.IGNORECASE,
)
_HURT = re.compile(
    r"\d[\d.,]*\s?(?:%|k\b|customers?|users?|orders?|requests?|payments?|errors?|tickets?|tenants?|sessions?|drivers?|clients?|messages?|transactions?|people)|(?:customers?|users?|orders?|payments?)\b.{0,40}\b(?:could not|couldn't|unable|failed|lost|affected|cannot)",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\?|\b(?:unclear|unknown|not (?:yet )?(?:known|clear|sure)|to be (?:confirmed|checked)|tbd|still (?:investigating|looking))\b",
    re.IGNORECASE,
)
_FOLLOW = re.compile(
    r"\b(?:we (?:need|should|must|have) to?|todo|to do|action|follow[- ]?up|next step|should add|must add)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Event:
    """One dated line of a log or chat."""

    at: datetime
    text: str
    dated: bool

    @property
    def when(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}" if self.dated else f"{self.at:%H:%M}"


def incident_summary(case: Case) -> Steps[str]:
    """Timeline, impact, suspected cause and open questions; a mail to the people named."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    text = "\n".join([case.given("log") or ("" if sheets else case.text), *(_lines_of(s) for s in sheets)])
    events, others = events_of(text, case)
    service = line(case.given("service"), 80) or "the service"
    yield from search(
        case,
        notes,
        f"runbook {case.given('service')} {query(text, limit=5)}",
        f"earlier incident {case.given('service')}",
    )
    said = [*[e.text for e in events], *others]
    stages = stages_of(events)
    impact = _picked(said, _HURT)
    causes = _picked([s for s in said if not s.endswith("?")], _CAUSE)
    questions = _picked([s for t in said for s in split(t)], _OPEN)
    follow = _picked([s for t in said for s in split(t) if not s.endswith("?")], _FOLLOW)
    shown = [f"{k}: {e.when}, {line(e.text, 160)}" for k, e in stages.items()] + _lasted(stages)
    sections = {
        "In short": shown or ["The times of start and end could not be told from the material."],
        "Timeline": [f"{e.when} {line(e.text, 220)}" for e in events[:40]]
        + ([f"And {len(events) - 40} more lines."] if len(events) > 40 else []),
        "Impact": impact or ["No figures are in the material."],
        "Suspected cause (not confirmed)": causes or ["Nothing in the material points to one."],
        "Open questions": questions + _unanswered(stages, impact, causes),
        "Follow-ups named": follow,
    }
    for title, rows in sections.items():
        report.section(title, rows)
    sentence, mark = notes.quote(f"{service} {query(text, limit=8)}")
    report.section("Related guidance", [f"“{line(sentence, 300)}” {mark}"] if sentence else [])
    sent = yield from _tell(case, report, service, sections)
    state = "over" if "End" in stages else "no end found in the material"
    report.headline = f"Incident on {service}: {plural(len(events), 'event')}, {state}. " + (
        "Summary sent." if sent else "Summary not sent."
    )
    return report.text(notes)


def _lines_of(sheet: Sheet) -> str:
    return sheet.text or "\n".join(" ".join(c for c in row if c) for t in sheet.tables for row in t.rows)


def events_of(text: str, case: Case) -> tuple[list[Event], list[str]]:
    """Lines with a time in order of time, and the lines without one; a line without a time goes on with the day before it."""
    events: list[Event] = []
    others: list[str] = []
    day, dated = case.today, False
    for raw in text.splitlines():
        row = _DATE_T.sub(r"\1 ", raw.strip(" \t>|"))
        days = find_dates(row[:60], today=case.today)
        if days and days[0].start < 30:
            day, dated = days[0].on, True
        spot = _TIME.search(row[:80])
        if spot is None:
            others += [row] if len(row.split()) > 2 else []
            continue
        at = datetime(day.year, day.month, day.day, _hour(spot), int(spot["m"]), int(spot["s"] or 0))
        if events and not days and at < events[-1].at - timedelta(hours=12):
            day += timedelta(days=1)  # past midnight
            at += timedelta(days=1)
        events.append(Event(at, _told(row, spot, days[0].text if days else ""), dated))
    return sorted(events, key=lambda e: e.at), others


def _hour(spot: re.Match[str]) -> int:
    hour, half = int(spot["h"]), (spot["ap"] or "").lower()[:1]
    return hour % 12 + (12 if half == "p" else 0) if half else hour


def _told(row: str, spot: re.Match[str], day: str) -> str:
    """The line without its stamp; a time inside the sentence stays."""
    if spot.start() > 25:
        return row
    rest = (
        (row[: spot.start()] + row[spot.end() :]).replace(day, "", 1)
        if day
        else row[: spot.start()] + row[spot.end() :]
    )
    return re.sub(r"\s+", " ", rest).strip(" []()|-–—,;:\t") or row


def stages_of(events: list[Event]) -> dict[str, Event]:
    """Start, detection, mitigation and end, as far as the words show them."""
    start = next((e for e in events if _BROKE.search(e.text) and not _ENDED.search(e.text)), None)
    seen = next((e for e in events if _SEEN.search(e.text)), None)
    helped = next((e for e in events if _HELPED.search(e.text) and (start is None or e.at >= start.at)), None)
    ended = next(
        (
            e
            for e in reversed(events)
            if _ENDED.search(e.text)
            and not re.search(r"\bnot (?:yet )?(?:resolved|recovered|stable)", e.text, re.IGNORECASE)
        ),
        None,
    )
    found = {"Start": start or seen, "Detection": seen, "Mitigation": helped, "End": ended}
    return {k: e for k, e in found.items() if e is not None}


def _lasted(stages: dict[str, Event]) -> list[str]:
    if "Start" not in stages or "End" not in stages or stages["End"].at < stages["Start"].at:
        return []
    minutes = int((stages["End"].at - stages["Start"].at).total_seconds() // 60)
    return [f"Lasted: {minutes // 60} h {minutes % 60} min" if minutes > 59 else f"Lasted: {plural(minutes, 'minute')}"]


def _picked(listed: list[str], pattern: re.Pattern[str]) -> list[str]:
    return [line(s, 240) for s in dict.fromkeys(listed) if pattern.search(s)][:8]


def _unanswered(stages: dict[str, Event], impact: list[str], causes: list[str]) -> list[str]:
    asked = [f"When was the {k.lower()}?" for k in ("Start", "Mitigation", "End") if k not in stages]
    return asked + ([] if impact else ["How many were affected?"]) + ([] if causes else ["What caused it?"])


def _tell(case: Case, report: Report, service: str, sections: dict[str, list[str]]) -> Steps[bool]:
    people = find_emails(case.given("recipients"))
    if not people:
        report.not_done.append("Mail: nobody with a mail address was named, so nothing was sent.")
        return False
    body = [f"{title}\n" + "\n".join(f"- {r}" for r in rows) for title, rows in sections.items() if rows]
    args = mail(people, f"Incident summary: {service}", [f"First summary of the incident on {service}.", *body])
    return (yield from send_one(case, report, args, "The people named are to be told."))


_FILE = re.compile(
    r"^(?:diff --git a/(?P<git>\S+)|\+\+\+ (?:b/)?(?P<new>[^\t\n]+)|--- (?:a/)?(?P<old>[^\t\n]+)|Index: (?P<svn>\S+))"
)
_AREAS = {
    "sign-in": r"auth|login|sign.?in|session|password|oauth|sso|token|accounts?/",
    "permissions": r"permission|polic(?:y|ies)|access|roles?\b|acl|authoriz",
    "money": r"pay|billing|invoice|price|refund|ledger|checkout|tax|currency",
    "data": r"migrat|schema|\.sql$|models?\b|alembic|database|personal|privacy",
    "deployment": r"deploy|docker|\.github/|ci/|terraform|helm|k8s|kubernetes|nginx|\.ya?ml$|settings|config|\.env|requirements|package\.json|pyproject|go\.mod",
}
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__)/|(?:^|/)test_|[._-](?:test|spec)s?\.\w+$|Tests?\.\w+$", re.IGNORECASE
)
_CODE = re.compile(
    r"\.(?:py|js|jsx|ts|tsx|go|rs|java|kt|rb|php|cs|c|cc|cpp|h|swift|scala|ex|sql|sh|vue)$", re.IGNORECASE
)
_MADE = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|poetry\.lock|go\.sum|Cargo\.lock|pnpm-lock\.yaml|.*\.min\.(?:js|css)|dist/|vendor/|.*\.snap)",
    re.IGNORECASE,
)
_ADDED = {
    "a secret in the code": r"(?:password|passwd|secret|api_?key|token|private_key)\w*[\"']?\s*[:=]\s*[\"'][^\"'\s{$<]{6,}[\"']|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|\b(?:sk|ghp|xox[bp])[-_][A-Za-z0-9_-]{16,}",
    "a print or debugger left over": r"^\s*(?:print\(|console\.log\(|debugger\b|breakpoint\(\)|import pdb|var_dump\(|System\.out\.print|fmt\.Println\(|dd\()",
    "a note to do it later": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "an exception that is dropped": r"except(?: \w+)?:\s*(?:pass|\.\.\.)?\s*$|catch\s*\([^)]*\)\s*\{\s*\}",
    "SQL or a command put together from text": r"(?:execute|query|raw)\(\s*(?:f[\"']|[\"'][^\"']*[\"']\s*(?:%|\+|\.format))|os\.system\(|shell\s*=\s*True|\beval\(|\bexec\(",
    "money in floating point": r"float\([^)]*(?:price|amount|total|cost)|(?:price|amount|total)\w*\s*:\s*float\b",
    "certificate checks switched off": r"verify\s*=\s*False|InsecureSkipVerify|rejectUnauthorized\s*:\s*false",
    "rows or columns dropped": r"\b(?:DROP (?:TABLE|COLUMN)|TRUNCATE|DELETE FROM \w+\s*;)|drop_(?:table|column)\(",
    "a new flag that starts switched on": r"DEFAULT TRUE\b|default\s*=\s*True",
    "a skipped test": r"@(?:pytest\.mark\.)?skip|\bit\.skip\(|\bxit\(|\.only\(|t\.Skip\(",
}
_REMOVED = re.compile(
    r"\b(?:if not\b|raise\b|assert\w*|require\w*|permission\w*|authori[sz]e\w*|login_required|csrf|validate\w*|verify\w*|check\w*|throw new|abort\(|forbidden|limit\w*)",
    re.IGNORECASE,
)
_STOP_SIGNS = ("a secret", "an exception", "SQL", "money", "certificate", "rows", "a removed check")


@dataclass
class Changed:
    """One file of a diff."""

    path: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.added) + len(self.removed)


def pull_request_triage(case: Case) -> Steps[str]:
    """Size, risky parts, missing tests and lines to look at; one review task."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    diff = "\n".join([case.given("diff"), *(s.words for s in sheets)])
    files = files_of(diff)
    areas = {
        name: [f.path for f in files if re.search(p, f.path, re.IGNORECASE) and not _TEST.search(f.path)]
        for name, p in _AREAS.items()
    }
    areas = {name: paths for name, paths in areas.items() if paths}
    yield from search(
        case,
        notes,
        "review guide pull request size lines",
        "pull request tests description",
        "review " + " ".join(areas),
        "stop signs secret removed check",
    )
    size = sum(f.size for f in files if not _MADE.search(f.path))
    lines = _lines_to_see(files)
    untested = _untested(files)
    limit = number_limit(notes.knowledge, r"(?:changed )?lines")
    rules = (
        [f"Size {size} is above {limit[0]}: “{line(limit[1], 160)}” {notes.cite_sentence(limit[1])}"]
        if limit and size > limit[0]
        else []
    )
    rules += _sentences_for(areas, lines, notes)
    rules += [] if case.given("description") else ["There is no description."]
    kind = _priority(files, areas, lines, size)
    title = line(case.given("title") or "Untitled change", 120)
    measured = f"{plural(len(files), 'file')}, {sum(len(f.added) for f in files)} lines added, {sum(len(f.removed) for f in files)} removed"
    report.section(
        "Size",
        [
            measured if files else "No diff was given, so the change was not measured.",
            *[f"{f.path}: +{len(f.added)} -{len(f.removed)}" for f in sorted(files, key=lambda f: -f.size)[:12]],
        ],
    )
    report.section("Risky parts", [f"{name}: {', '.join(paths[:6])}" for name, paths in areas.items()])
    report.section("Changed without a test", untested)
    report.section("Lines to look at", lines)
    report.section("Review guide", rules)
    detail = [
        measured if files else "No diff was given; read the description.",
        *(f"{n}: {', '.join(p[:4])}" for n, p in areas.items()),
        *(f"No test: {u}" for u in untested[:5]),
        *lines,
        *rules,
    ]
    opened = yield from open_one(
        case,
        report,
        task(f"Review: {title}", detail, team="engineering", priority=kind),
        "A person reviews the change.",
    )
    report.headline = f"{title}: {measured if files else 'no diff given'}, {kind} priority" + (
        ", review task opened." if opened else "."
    )
    return report.text(notes)


def files_of(diff: str) -> list[Changed]:
    """The files of a unified diff, each once."""
    files: dict[str, Changed] = {}
    current: Changed | None = None
    left = right = 0
    for row in diff.splitlines():
        if hunk := re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", row):
            left, right = int(hunk[1] or 1), int(hunk[2] or 1)
        elif (
            (left > 0 or right > 0) and not row.startswith("diff --git") and row[:1] in {"+", "-", " ", ""} and current
        ):
            (current.added if row[:1] == "+" else current.removed if row[:1] == "-" else []).append(row[1:])
            left, right = left - (row[:1] != "+"), right - (row[:1] != "-")
        elif head := _FILE.match(row):
            path = (head["git"] or head["new"] or head["svn"] or head["old"] or "").strip()
            left = right = 0
            if path and path != "/dev/null":
                current = files.setdefault(path, Changed(path))
        elif row[:1] in {"+", "-"} and current:  # hunks whose counts are off
            (current.added if row[0] == "+" else current.removed).append(row[1:])
    return [f for f in files.values() if f.path]


def _lines_to_see(files: list[Changed]) -> list[str]:
    found = []
    for f in files:
        if _MADE.search(f.path):
            continue
        for what, pattern in _ADDED.items():
            hits = [
                a for a in f.added if re.search(pattern, a, re.IGNORECASE if what != "a note to do it later" else 0)
            ]
            found += [f"{f.path}: {what}" + ("" if "secret" in what else f": `{line(h, 100)}`") for h in hits[:3]]
        kept = {a.strip() for a in f.added}
        gone = [
            r
            for r in f.removed
            if _REMOVED.search(r) and r.strip() not in kept and not r.strip().startswith(("#", "//", "*"))
        ]
        found += [f"{f.path}: a removed check: `{line(r, 100)}`" for r in gone[:3]]
    return found[:20]


def _untested(files: list[Changed]) -> list[str]:
    tests = [f.path for f in files if _TEST.search(f.path) and f.added]
    code = [
        f.path
        for f in files
        if _CODE.search(f.path) and not _TEST.search(f.path) and f.size and not _MADE.search(f.path)
    ]
    names = " ".join(tests).lower()
    return [
        p
        for p in code
        if not (len(tests) and (re.sub(r"\.\w+$", "", p.rsplit("/", 1)[-1]).lower() in names or len(code) == 1))
    ]


def _priority(files: list[Changed], areas: dict[str, list[str]], lines: list[str], size: int) -> str:
    if (
        any(f": {sign}" in entry for entry in lines for sign in _STOP_SIGNS)
        or {"sign-in", "permissions", "money"} & areas.keys()
    ):
        return "high"
    plain_only = files and all(re.search(r"\.(?:md|rst|txt)$", f.path) or _TEST.search(f.path) for f in files)
    return "low" if plain_only or (files and size == 0) else "normal"


def _sentences_for(areas: dict[str, list[str]], lines: list[str], notes: Notebook) -> list[str]:
    found = []
    for about in (
        *areas,
        *(["removed check"] if any("removed check" in x for x in lines) else []),
        "test for each change",
    ):
        sentence, mark = notes.quote(f"{about} review")
        found += (
            [f"“{line(sentence, 200)}” {mark}"]
            if sentence and re.search(about.split()[0], sentence, re.IGNORECASE)
            else []
        )
    return list(dict.fromkeys(found))[:5]
