"""Writing a campaign mail from a brief: its facts in order, the offer, the link and the sign-off."""

import re
from dataclasses import dataclass
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.brand_guide import Guide
from app.runs.sandbox.reading.dates import find_dates, parse_date
from app.runs.sandbox.reading.people import find_urls
from app.runs.sandbox.reading.sentences import shorten, split
from app.runs.sandbox.wording import clean

_INSTRUCTION = re.compile(
    r"^(?:for (?:restaurant|our|all|customers|people|buyers|clients|families|the|existing|new|small|b2b)[\w ,&'-]{0,60}[.!]?$|(?:target )?audience|target(?: group)?:|tone\b|goal\b|aim\b|objective|channel|length|keep it|write |please |make (?:it|sure)|mention |include |do not |don't |we want|the mail should|budget|deadline|subject)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:product|offer|what|details?|link|cta|call to action|when|where|price|about|topic|key (?:message|facts?))\s*[:\-–]\s*",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"\d\s?%|\boff\b|\bfree\b|\bdiscount|\bsave\b|[€$£]\s?\d|\bvoucher|\bcode\b|\brabatt|\bkorting|\bremise",
    re.IGNORECASE,
)
SIGN_OFF = re.compile(
    r"\b(?:sign(?: off)?(?: mails)?|close|end)(?: every mail)? (?:with|as)\s*:?\s*[\"“']([^\"”\n]{3,80})[\"”']",
    re.IGNORECASE,
)
_CHARACTERS = re.compile(r"(\d{2,3})\s+characters")
_SUBJECT = re.compile(r"subject", re.IGNORECASE)
_LEANS = re.compile(
    r"^(?:\W*\w+\W+){0,2}(?:it|its|them|they|these|those|this|that|their|he|she|both)\b(?! (?:is|are|was) (?:time|here|spring|summer|autumn|winter))",
    re.IGNORECASE,
)
"""A sentence that needs the one before it to say what it is about."""
_FIRST_THOUGHT = re.compile(r"[:;]| – |, (?:and|so|from) ")
_GREETINGS = {"warm": "Dear reader,", "lively": "Hi there,"}


@dataclass(frozen=True)
class Draft:
    """A mail that is ready to send."""

    subject: str
    body: str


def write(case: Case, brief: str, guide: Guide) -> Draft:
    """The mail that the brief asks for, in the guide's words."""
    facts = _facts(brief)
    return Draft(_subject(case, facts, guide), _body(case, facts, guide))


def _facts(brief: str) -> list[str]:
    """The brief's sentences that a reader may see."""
    listed = [_LABEL.sub("", s) for s in split(clean(brief)) if not _INSTRUCTION.search(s)]
    sentences = dict.fromkeys(s[:1].upper() + s[1:] for s in listed if s)
    return [s if s.endswith((".", "!", "?")) else s + "." for s in sentences]


def _body(case: Case, facts: list[str], guide: Guide) -> str:
    thoughts = _thoughts(facts)
    links = [s for s in thoughts if find_urls(s)]
    offers = [s for s in thoughts[1:] if _OFFER.search(s) and s not in links]
    rest = [s for s in thoughts if s not in links and s not in offers]
    paragraphs = [
        _GREETINGS.get(case.given("tone").lower(), "Hello,"),
        " ".join(rest[:2]),
        " ".join(rest[2:7]),
        " ".join([*offers[:3], *_end_of_offer(case, facts)]),
        " ".join(map(_call, links[:2])),
        _sign_off(guide, case),
    ]
    return guide.improved("\n\n".join(p for p in paragraphs if p))


def _thoughts(facts: list[str]) -> list[str]:
    """The facts, those that lean on the one before put together with it. The first says what it is all about."""
    thoughts: list[str] = []
    for fact in facts:
        if thoughts and _LEANS.search(fact) and not find_urls(fact):
            thoughts[-1] += " " + fact
        else:
            thoughts.append(fact)
    return thoughts


def _call(link: str) -> str:
    """A link alone becomes a sentence."""
    return f"Find out more at {link.rstrip('.')}." if re.fullmatch(r"\S+\.?", link) else link


def last_day(case: Case) -> date | None:
    """The day the offer ends, where the form gives it."""
    return parse_date(case.given("ends_on"), today=case.today) if case.given("ends_on") else None


def spoken(day: date, today: date) -> str:
    """3 April, with the year when it is not this one."""
    return f"{day.day} {day:%B}" + ("" if day.year == today.year else f" {day.year}")


def _end_of_offer(case: Case, facts: list[str]) -> list[str]:
    day = last_day(case)
    named = {f.on for s in facts for f in find_dates(s, today=case.today)}
    return [f"The offer ends on {spoken(day, case.today)}."] if day and day not in named else []


def _sign_off(guide: Guide, case: Case) -> str:
    found = SIGN_OFF.search(guide.text)
    return found[1] if found else "Kind regards" + (f"\n{case.workspace}" if case.workspace else "")


def _subject(case: Case, facts: list[str], guide: Guide) -> str:
    facts = [s for s in facts if not find_urls(s)] or facts or ["News"]
    first = _FIRST_THOUGHT.split(facts[0].rstrip(".!"))[0]
    given = case.given("subject")
    return guide.improved(shorten(given, 150) if given else shorten(first, subject_limit(guide)[0])).rstrip(".")


def subject_limit(guide: Guide) -> tuple[int, str]:
    """(characters, the sentence that says so) for a subject; 60 when the guide names no limit."""
    listed = ((found, s) for s in split(guide.text) if (found := _CHARACTERS.search(s)))
    return next(((int(found[1]), s) for found, s in listed if _SUBJECT.search(s)), (60, ""))
