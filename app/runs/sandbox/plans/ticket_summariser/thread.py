"""The messages of a thread: mails, quoted mails, chats, notes and ticket exports."""

import re
from dataclasses import dataclass, replace
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.reading.dates import find_dates, readable
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.tables import with_roles
from app.runs.sandbox.sources import Sheet
from app.runs.sandbox.wording import line

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
_STARTS = ((_FROM, 1), (_WROTE, 1), (_CHAT, 1), (_SPEAKER, 2))
"""How a message may begin, and from how many on it is a thread: one "Name:" alone is a label."""
_HEADER = re.compile(
    r"^[ \t>*]*(?:date|sent|to|cc|subject|datum|an|aan|betreff|onderwerp|status|priority)[ \t]*:[^\n]*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_PEOPLE = frozenset({
    "subject", "date", "sent", "to", "cc", "status", "priority", "action", "actions", "todo", "note", "notes",
    "ticket", "re", "order", "summary",
})  # fmt: skip
_STAFF = re.compile(r"\b(?:support|team|agent|service|help ?desk|operator|staff|internal|bot)\b", re.IGNORECASE)
_COLUMNS = {
    "text": ("message", "body", "comment", "text", "content", "description", "note"),
    "who": ("author", "from", "sender", "name", "user", "customer", "agent"),
    "on": ("date", "created", "created at", "time", "sent", "timestamp"),
}


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


def posts_of(case: Case, sheets: list[Sheet]) -> list[Post]:
    """The messages of everything that was given, in order; staff told from the customer where the names allow."""
    read = [p for s in sheets for p in (_rows(s, case.today) or _thread(s.words, case.today))]
    read += _thread(case.given("thread") or ("" if sheets else case.text), case.today)
    posts = [p for p in read if p.text]
    if all(p.on for p in posts):
        posts.sort(key=lambda p: p.on or date.min)
    customer = next((p.who for p in posts if p.who and not _STAFF.search(p.who)), "")
    return [replace(p, who=_shown(p.who), staff=_is_staff(p.who, customer)) for p in posts]


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
    for table in (with_roles(t, _COLUMNS) for t in sheet.tables):
        if "text" in table.roles:
            days = table.dates("on", today=today)
            posts += [Post(table.cell(i, "who"), on, table.cell(i, "text")) for i, on in enumerate(days)]
    return posts


def _thread(text: str, today: date) -> list[Post]:
    for pattern, least in _STARTS:
        marks = [m for m in pattern.finditer(text) if m["who"].strip().lower() not in _NOT_PEOPLE]
        if len(marks) >= least:
            return _between(marks, text, today)
    return [Post("", None, text.strip())] if text.strip() else []


def _between(marks: list[re.Match[str]], text: str, today: date) -> list[Post]:
    """A message from each mark to the next; what stands above the first counts when it is a sentence or more."""
    ends = [*(m.start() for m in marks[1:]), len(text)]
    above = text[: marks[0].start()]
    first = [Post("", None, above.strip())] if len(above.split()) > 5 else []
    return first + [_post(m, text[m.end() : end], today) for m, end in zip(marks, ends, strict=True)]


def _post(mark: re.Match[str], body: str, today: date) -> Post:
    headers = "\n".join(m.group() for m in _HEADER.finditer(body[:400]))
    named = mark.groupdict().get("when") or headers or mark["who"]
    on = next((f.on for f in find_dates(named, today=today)), None)
    return Post(mark["who"].strip(), on, _HEADER.sub("", body).strip())
