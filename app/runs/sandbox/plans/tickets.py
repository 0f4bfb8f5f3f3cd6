"""The plan that summarises support tickets."""

import re
from dataclasses import dataclass
from datetime import date

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import Args, line, open_all, plural, task
from app.runs.sandbox.reading.cues import TEAMS, classify, priority
from app.runs.sandbox.reading.dates import deadline, find_dates, readable
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.references import find_reference
from app.runs.sandbox.reading.sentences import split, summarise
from app.runs.sandbox.reading.tables import with_roles
from app.runs.sandbox.reading.terms import overlap, query
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

_FROM = re.compile(
    r"^[ \t>*]*(?:from|von|van|de|author|sender)[ \t]*:[ \t]*(?P<who>[^\n]+)$", re.IGNORECASE | re.MULTILINE
)
_WROTE = re.compile(
    r"^[ \t>]*(?:on|am|op|le) (?P<when>[^\n]{6,60}?),? (?P<who>[^\n,]{2,60}?) (?:wrote|schrieb|schreef|a écrit)\s*:[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_CHAT = re.compile(
    r"^[ \t]*(?P<when>\[?(?:\d{4}-\d\d-\d\d[ T]|\d{1,2}[./-]\d{1,2}[./-]\d{2,4},? |\d{1,2} \w{3,9}(?: \d{4})?,? )?\d{1,2}[:.]\d\d(?::\d\d)?(?: ?[ap]m)?\]?)"
    r"[ \t]*[-–|]?[ \t]*(?P<who>[A-ZÀ-Þ][^:\n]{0,40}):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKER = re.compile(
    r"^(?P<when>)(?P<who>(?:[A-ZÀ-Þ][\w’'.-]*)(?: [A-ZÀ-Þ(][\w’'.)-]*){0,3}):[ \t]+(?=\S)", re.MULTILINE
)
_HEADER = re.compile(
    r"^[ \t>*]*(?:date|sent|to|cc|subject|datum|an|aan|betreff|onderwerp|status|priority)[ \t]*:[^\n]*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_PEOPLE = frozenset(
    [
        "subject",
        "date",
        "sent",
        "to",
        "cc",
        "status",
        "priority",
        "action",
        "actions",
        "todo",
        "note",
        "notes",
        "ticket",
        "re",
        "order",
        "summary",
    ]
)
_STAFF = re.compile(r"\b(?:support|team|agent|service|help ?desk|operator|staff|internal|bot)\b", re.IGNORECASE)
_PROMISE = re.compile(
    r"\b(?:(?:I|we)(?:['’]ll| will| shall| am going to| are going to)|will (?:be )?(?:send|sent|call|get back|refund|replace|check)\w*|let you know|(?:I|we) promise)\b",
    re.IGNORECASE,
)
_TODO = re.compile(r"^(?:action(?: item| point)?s?|todo|to do|next steps?|follow[- ]?up)\b\s*[:\-–]?\s*", re.IGNORECASE)
_NEEDED = re.compile(r"\b(?:needs? to|has to|have to|must|should|someone|somebody)\s+(?P<do>\w.+)", re.IGNORECASE)
_REQUEST = re.compile(
    r"\b(?:(?:can|could|will|would) (?:you|someone|somebody)(?: please)?|please|kindly|we (?:want|need|expect)(?: you to)?|I (?:want|need|expect|would like)(?: you to)?)\s+(?P<do>\w.+)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^.*?\b(?:I|we)(?:['’]ll| will| shall| am going to| are going to)\s+(?:also |then |now )?(?P<do>\w.+)",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:done|sent|shipped|refunded|resolved|fixed|arrived|received|works now|solved|closed|replaced|booked)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:(?:I am|we are|I'm) sorry|sorry|thank|thanks|hello|hi\b|dear|kind regards|best)", re.IGNORECASE
)


@dataclass(frozen=True)
class Post:
    """One message of a thread."""

    who: str
    on: date | None
    text: str
    staff: bool = False

    @property
    def place(self) -> str:
        return ", ".join(p for p in (readable(self.on) if self.on else "", self.who) if p)


@dataclass(frozen=True)
class Point:
    """Something that somebody has to do, and the words it comes from."""

    do: str
    quote: str
    post: Post


def ticket_summariser(case: Case) -> Steps[str]:
    """What is wanted, what happened, what was promised, what is open; a task for each thing to do."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    posts = posts_of(case, sheets)
    text = "\n".join(p.text for p in posts)
    number = case.given("ticket_number") or find_reference(text, "ticket", "order")
    yield from search(case, notes, query(text), query(" ".join(_wanted(posts)) or text))
    points = action_points(posts)
    report.section("What the customer wants", [f"“{s}”" for s in _wanted(posts)])
    report.section("What happened", _story(posts))
    report.section("What was promised", [f"“{p.quote}” ({p.post.place})" for p in points if p.post.staff])
    report.section("Still open", _open(posts))
    report.section("Related guidance", _guidance(notes, text))
    opened = yield from open_all(
        case, report, [_task(p, number, case.today) for p in points], "The thread names things somebody has to do."
    )
    subject = f"Ticket {number}" if number else "This thread"
    report.headline = f"{subject}: {plural(len(posts), 'message')}, {plural(len(points), 'thing')} to do, {plural(opened, 'task')} opened."
    return report.text(notes)


def posts_of(case: Case, sheets: list[Sheet]) -> list[Post]:
    """The messages of everything that was given, in order; staff told from the customer where the names allow."""
    raw = [p for s in sheets for p in (_rows(s, case.today) or _thread(s.words, case.today))]
    raw += _thread(case.given("thread") or ("" if sheets else case.text), case.today)
    raw = [p for p in raw if p.text]
    dated = all(p.on for p in raw)
    raw = sorted(raw, key=lambda p: p.on or date.min) if dated else raw
    customer = next((p.who for p in raw if p.who and not _STAFF.search(p.who)), "")
    return [Post(_shown(p.who), p.on, p.text, _is_staff(p.who, customer)) for p in raw]


def _is_staff(who: str, customer: str) -> bool:
    if not who or who == customer:
        return False
    theirs, own = find_emails(customer), find_emails(who)
    if theirs and own:
        return theirs[0].partition("@")[2] != own[0].partition("@")[2]
    return bool(_STAFF.search(who)) or _shown(who) != _shown(customer)


def _shown(who: str) -> str:
    return line(re.sub(r"\s*<[^>]*>|\"", "", who).strip() or who, 60)


def _rows(sheet: Sheet, today: date) -> list[Post]:
    """A ticket export: a row for each message."""
    posts = []
    for table in sheet.tables:
        with_roles(
            table,
            {
                "text": ("message", "body", "comment", "text", "content", "description", "note"),
                "who": ("author", "from", "sender", "name", "user", "customer", "agent"),
                "on": ("date", "created", "created at", "time", "sent", "timestamp"),
            },
        )
        if "text" in table.roles:
            days = table.dates("on", today=today)
            posts += [Post(table.cell(i, "who"), days[i], table.cell(i, "text")) for i in range(len(table.rows))]
    return posts


def _thread(text: str, today: date) -> list[Post]:
    for pattern in (_FROM, _WROTE, _CHAT, _SPEAKER):
        marks = [m for m in pattern.finditer(text) if m["who"].strip().lower() not in _NOT_PEOPLE]
        if len(marks) > (1 if pattern is _SPEAKER else 0):
            ends = [*(m.start() for m in marks[1:]), len(text)]
            first = (
                [Post("", None, text[: marks[0].start()].strip())] if len(text[: marks[0].start()].split()) > 5 else []
            )
            return first + [_post(m, text[m.end() : end], today) for m, end in zip(marks, ends, strict=True)]
    return [Post("", None, text.strip())] if text.strip() else []


def _post(mark: re.Match[str], body: str, today: date) -> Post:
    named = mark.groupdict().get("when") or "\n".join(m.group() for m in _HEADER.finditer(body[:400])) or mark["who"]
    on = next((f.on for f in find_dates(named, today=today)), None)
    return Post(mark["who"].strip(), on, _HEADER.sub("", body).strip())


def _wanted(posts: list[Post]) -> list[str]:
    said = [s for p in posts if not p.staff for s in split(p.text)]
    asked = [s for s in said if _REQUEST.search(s) or s.endswith("?")]
    return [line(s, 240) for s in list(dict.fromkeys(asked))[:4]] or [
        line(s, 240) for s in summarise(" ".join(said), 1)
    ]


def _story(posts: list[Post]) -> list[str]:
    told = []
    for post in posts[:30]:
        plain = " ".join(s for s in split(post.text) if not _POLITE.search(s)) or post.text
        best = " ".join(summarise(plain, 1)) or plain
        told.append((f"{post.place}: " if post.place else "") + line(best, 220))
    return told


def _open(posts: list[Post]) -> list[str]:
    """Questions that no later message of the other side takes up."""
    listed = []
    for at, post in enumerate(posts):
        later = " ".join(p.text for p in posts[at + 1 :] if p.staff != post.staff)
        for asked in (s for s in split(post.text) if s.endswith("?")):
            if overlap(asked, later) < 0.35:
                listed.append(f"“{line(asked, 220)}”" + (f" ({post.place})" if post.place else ""))
    return list(dict.fromkeys(listed))[:8]


def _guidance(notes: Notebook, text: str) -> list[str]:
    sentence, mark = notes.quote(text)
    return [f"“{line(sentence, 300)}” {mark}"] if sentence else []


def action_points(posts: list[Post]) -> list[Point]:
    """What somebody has to do, each once, without what a later message says is done."""
    points: list[Point] = []
    for at, post in enumerate(posts):
        later = [s for p in posts[at + 1 :] for s in split(p.text)]
        for sentence in split(post.text):
            do = _to_do(sentence, post)
            settled = any(
                _DONE.search(s)
                and not re.search(r"\b(?:not|no|never|still|n't)\b", s, re.IGNORECASE)
                and overlap(do, s) > 0.5
                for s in later
            )
            if do and not settled and not any(overlap(do, p.do) > 0.6 for p in points):
                points.append(Point(do, line(sentence, 300), post))
    return points[:8]


def _to_do(sentence: str, post: Post) -> str:
    """The sentence as an instruction, or an empty string when it asks nothing of us."""
    if _TODO.match(sentence):
        return _verb(_TODO.sub("", sentence))
    if lead := _LEAD.match(sentence) if _PROMISE.search(sentence) and (post.staff or not post.who) else None:
        return _verb(lead["do"])
    asked = None if post.staff else _REQUEST.search(sentence)
    if asked and len(asked["do"].split()) > 1:
        do = re.split(r",? and (?:who|what|when|why|how)\b|\?|\bor (?:we|I)\b", asked["do"])[0]
        if re.match(r"(?:it|this|that)\b", do, re.IGNORECASE):
            return ""
        return _verb(do if not re.match(r"(?:an?|the|my|our|to)\b", do, re.IGNORECASE) else f"see to: {do}")
    needed = _NEEDED.search(sentence) if post.staff or not post.who else None
    return _verb(needed["do"]) if needed else ""


def _verb(words: str) -> str:
    words = re.sub(
        r"\b(?:you|your)\b",
        lambda m: "the customer" if m.group().lower() == "you" else "the customer’s",
        words.strip(" .!?:-"),
    )
    return words[:1].upper() + words[1:] if len(words.split()) > 1 else ""


def _task(point: Point, number: str, today: date) -> Args:
    due = deadline(point.quote, today=point.post.on or today)
    late = due is not None and due < today
    said = f"{point.post.place or 'The thread'}: “{point.quote}”"
    lines = [f"Ticket {number}" if number else "", said, f"It was due on {readable(due)}." if due and late else ""]
    team = classify(point.do, TEAMS) or "support"
    urgent = "high" if late else priority(point.quote)
    return task(line(point.do, 120), lines, team=team, priority=urgent, due=None if late else due)
