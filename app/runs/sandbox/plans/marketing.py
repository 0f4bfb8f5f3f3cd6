"""Plans for marketing: campaign mails and brand reviews."""

import re
from dataclasses import dataclass
from datetime import date
from functools import partial

from app.runs.sandbox.conversation import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.making import clean, line, mail, open_one, plural, send_one, task
from app.runs.sandbox.reading.dates import find_dates, parse_date
from app.runs.sandbox.reading.people import find_emails, find_urls
from app.runs.sandbox.reading.rules import avoided, number_limit, swaps
from app.runs.sandbox.reading.sentences import shorten, split
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, read_files, search

_QUOTED = re.compile(r"[\"“„]([^\"”“\n]{1,40})[\"”]")
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
_LEAVE_OUT = re.compile(
    r"\bleave (?:them|it|these|those) out\b|\bmake a promise\b|\bwords such as\b|\bnot (?:on brand|our style)\b",
    re.IGNORECASE,
)
_CAPS = re.compile(r"\b(?:[A-ZÀ-Þ]{4,})(?:\s+[A-ZÀ-Þ]{2,})*\b")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_NO_BANG = re.compile(
    r"\b(?:no|avoid|without|never use|do not use|don't use)\b[^.\n]{0,30}\bexclamation", re.IGNORECASE
)


@dataclass(frozen=True)
class Guide:
    """What the brand guide says, as far as it can be checked."""

    instead: list[tuple[str, str]]
    avoid: list[tuple[str, str]]
    text: str

    @classmethod
    def of(cls, notes: Notebook) -> "Guide":
        text = notes.knowledge
        instead = swaps(text)
        good = {g.lower() for _, g in instead}
        extra = [(w.strip(" ,."), s) for s in split(text) if _LEAVE_OUT.search(s) for w in _QUOTED.findall(s)]
        listed = [(w, s) for w, s in dict([*extra, *avoided(text)]).items() if _a_word(w) and w.lower() not in good]
        taken = {b.lower() for b, _ in instead}
        return cls(instead, [(w, s) for w, s in listed if w.lower() not in taken], text)

    def improved(self, text: str) -> str:
        """With the guide's own words in place of the ones to avoid, and without exclamation marks where it wants none."""
        for bad, good in self.instead:
            lead = (
                r"(?:(?:our|your|the|my|their)[ ]+)?"
                if re.match(r"(?:our|your|at|the|my|their)\b", good, re.IGNORECASE)
                else ""
            )
            text = re.sub(lead + _pattern(bad).pattern, partial(_as_cased, good), text, flags=re.IGNORECASE)
        return re.sub(r"!+", ".", text) if _NO_BANG.search(self.text) else text


def _as_cased(good: str, found: re.Match[str]) -> str:
    return good[:1].upper() + good[1:] if found.group()[0].isupper() else good


def _a_word(word: str) -> bool:
    """Something that can be searched for in a text; not a description of a kind of words."""
    return len(word) > 2 and not re.search(
        r"\b(?:words?|capitals?|exclamation|emoji|marks?|claims?|competitors?|names?|text|sentences?|jargon|slang|emphasis|hand|customers?|mails?|prices?)\b",
        word,
        re.IGNORECASE,
    )


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(word).replace(chr(92) + ' ', r'[ -]')}(?![\w-])", re.IGNORECASE)


def campaign_draft(case: Case) -> Steps[str]:
    """A draft from the brief's own facts in the house style; sent to the recipients named."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    yield from search(
        case,
        notes,
        "brand tone of voice",
        "words to avoid say not",
        "campaign mail subject text sign",
        "exclamation marks punctuation",
        limit=8,
    )
    guide = Guide.of(notes)
    brief = "\n".join([case.given("brief") or case.text, *(s.text[:3000] for s in sheets)])
    body = _body(case, brief, guide)
    subject = _subject(case, brief, guide)
    report.block("Draft", f"Subject: {subject}\n\n{body}")
    report.section("House style", _applied(guide, notes, brief, body))
    report.section("To decide", _concerns(guide, notes, brief, subject, body, case))
    people = find_emails(case.given("recipients"))
    sent = False
    if people:
        sent = yield from send_one(
            case, report, mail(people, subject, [body]), "The campaign mail, for the recipients named."
        )
    else:
        report.not_done.append("Mail: no recipients were named, so the draft was not sent.")
    report.headline = f"Campaign mail “{subject}” " + (
        f"sent to {plural(len(people), 'address')}." if sent else "drafted, not sent."
    )
    report.headline = report.headline.replace("addresss", "addresses")
    return report.text(notes)


def _facts(brief: str) -> list[str]:
    """The brief's sentences that a reader may see."""
    listed = [_LABEL.sub("", s) for s in split(clean(brief)) if not _INSTRUCTION.search(s)]
    return [
        s if s.endswith((".", "!", "?")) else s + "." for s in dict.fromkeys(s[:1].upper() + s[1:] for s in listed if s)
    ]


def _body(case: Case, brief: str, guide: Guide) -> str:
    facts = _facts(brief)
    links = [s for s in facts if find_urls(s)]
    offers = [s for s in facts if _OFFER.search(s) and s not in links]
    rest = [s for s in facts if s not in links and s not in offers]
    ends = _ends(case, facts)
    call = " ".join(f"Find out more at {s.rstrip('.')}." if re.fullmatch(r"\S+\.?", s) else s for s in links[:2])
    hello = {"warm": "Dear reader,", "lively": "Hi there,"}.get(case.given("tone").lower(), "Hello,")
    paragraphs = [
        hello,
        " ".join(rest[:2]),
        " ".join(rest[2:7]),
        " ".join([*offers[:3], *ends]),
        call,
        _sign(guide, case),
    ]
    return guide.improved("\n\n".join(p for p in paragraphs if p))


def _ends(case: Case, facts: list[str]) -> list[str]:
    day = parse_date(case.given("ends_on"), today=case.today) if case.given("ends_on") else None
    named = {f.on for s in facts for f in find_dates(s, today=case.today)}
    return [f"The offer ends on {_spoken(day, case.today)}."] if day and day not in named else []


def _spoken(day: date, today: date) -> str:
    return f"{day.day} {day:%B}" + ("" if day.year == today.year else f" {day.year}")


def _sign(guide: Guide, case: Case) -> str:
    found = re.search(
        r"\b(?:sign(?: off)?(?: mails)?|close|end)(?: every mail)? (?:with|as)\s*:?\s*[\"“']([^\"”\n]{3,80})[\"”']",
        guide.text,
        re.IGNORECASE,
    )
    return found[1] if found else "Kind regards" + (f"\n{case.workspace}" if case.workspace else "")


def _subject(case: Case, brief: str, guide: Guide) -> str:
    limit = _subject_limit(guide.text)[0]
    facts = [s for s in _facts(brief) if not find_urls(s)] or _facts(brief) or ["News"]
    first = re.split(r"[:;]| – |, (?:and|so|from) ", facts[0].rstrip(".!"))[0]
    return guide.improved(shorten(case.given("subject") or first, 150 if case.given("subject") else limit)).rstrip(".")


def _subject_limit(text: str) -> tuple[int, str]:
    for sentence in split(text):
        found = re.search(r"(\d{2,3})\s+characters", sentence)
        if found and re.search(r"subject", sentence, re.IGNORECASE):
            return int(found[1]), sentence
    return 60, ""


def _applied(guide: Guide, notes: Notebook, brief: str, body: str) -> list[str]:
    used = [
        f"“{bad}” became “{good}” {_cite(notes, bad)}"
        for bad, good in guide.instead
        if _pattern(bad).search(brief) and not _pattern(bad).search(body)
    ]
    sentence, mark = notes.quote("tone voice style sound")
    return [
        *used,
        *(
            [f"“{line(sentence, 200)}” {mark}"]
            if sentence
            else ["No brand guide was found in the knowledge; plain words were used."]
        ),
    ]


def _cite(notes: Notebook, word: str) -> str:
    source = next((p for p in notes.passages if _pattern(word).search(p.text)), None)
    return notes.cite(source) if source else ""


def _concerns(guide: Guide, notes: Notebook, brief: str, subject: str, body: str, case: Case) -> list[str]:
    found = [
        f"“{w}” is a word to avoid: “{line(s, 140)}” {notes.cite_sentence(s)}"
        for w, s in guide.avoid
        if _pattern(w).search(f"{subject}\n{body}")
    ]
    words_limit = number_limit(guide.text, "words")
    mails = next((x for x in split(guide.text) if re.search(r"\btext\b.*\b\d+ words", x)), "")
    most = (
        int(re.findall(r"(\d+) words", mails)[0])
        if mails
        else (words_limit[0] if words_limit and words_limit[0] > 50 else 0)
    )
    found += (
        [f"The text has {len(body.split())} words; the guide allows {most}."]
        if most and len(body.split()) > most
        else []
    )
    most_chars, sentence = _subject_limit(guide.text)
    found += (
        [f"The subject has {len(subject)} characters: “{line(sentence, 120)}” {notes.cite_sentence(sentence)}"]
        if sentence and len(subject) > most_chars
        else []
    )
    found += [] if find_urls(body) else ["The brief names no link."]
    unsub = next((s for s in split(guide.text) if re.search(r"unsubscrib", s, re.IGNORECASE)), "")
    found += (
        [f"Add the address for unsubscribing: “{line(unsub, 140)}” {notes.cite_sentence(unsub)}"]
        if unsub and "unsubscrib" not in body.lower()
        else []
    )
    day = parse_date(case.given("ends_on"), today=case.today) if case.given("ends_on") else None
    return found + ([f"The offer ended on {_spoken(day, case.today)}."] if day and day < case.today else [])


def brand_review(case: Case) -> Steps[str]:
    """Every issue with the words, the rule and a better wording; a task when there are any."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    yield from search(
        case,
        notes,
        "words to avoid",
        "say not use words we use",
        "brand tone of voice sentences",
        "claims guarantee promise",
        "exclamation marks capitals punctuation",
        f"{case.given('channel')} text rules",
        limit=8,
    )
    guide = Guide.of(notes)
    text = clean("\n\n".join([case.given("text"), *(s.words for s in sheets)]))
    issues = [*_word_issues(text, guide, notes), *_style_issues(text, guide, notes)]
    report.section(
        "Issues",
        [
            f"“{line(w, 120)}”: {rule}" + (f" Better: “{line(better, 240)}”" if better else "")
            for w, rule, better in issues
        ],
    )
    report.section(
        "The guide",
        []
        if notes.passages
        else ["No brand guide was found in the knowledge; only slips that any reader would notice were looked for."],
    )
    where = f" for {case.given('channel').lower()}" if case.given("channel") else ""
    if not text:
        report.headline = "There was no text to review."
    elif not issues:
        report.headline = (
            f"{plural(len(text.split()), 'word')} reviewed{where}; no issues found, so no task was opened."
        )
    else:
        report.headline = f"{plural(len(text.split()), 'word')} reviewed{where}: {plural(len(issues), 'issue')}."
        yield from open_one(
            case,
            report,
            task(
                f"Revise a text{where}: {plural(len(issues), 'issue')}",
                [f"“{line(w, 80)}”: {line(rule, 200)}" for w, rule, _ in issues],
                team="marketing",
            ),
            "The text breaks rules of the brand guide.",
        )
    return report.text(notes)


Issue = tuple[str, str, str]


def _sentence_with(text: str, pattern: re.Pattern[str]) -> str:
    return next((s for s in split(text) if pattern.search(s)), "")


def _word_issues(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    found: list[Issue] = []
    for bad, good in guide.instead:
        if hit := _pattern(bad).search(text):
            found.append(
                (
                    hit.group(),
                    f"the guide says “{good}” {_cite(notes, bad)}.",
                    guide.improved(_sentence_with(text, _pattern(bad))),
                )
            )
    for word, sentence in guide.avoid:
        if hit := _pattern(word).search(text):
            if not re.search(r"-|ly$", word):
                found.append((hit.group(), f"“{line(sentence, 160)}” {notes.cite_sentence(sentence)}.", ""))
                continue
            without = re.sub(
                r"\s+([,.!?])", r"\1", re.sub(r"  +", " ", _pattern(word).sub("", _sentence_with(text, _pattern(word))))
            )
            found.append(
                (
                    hit.group(),
                    f"“{line(sentence, 160)}” {notes.cite_sentence(sentence)}.",
                    guide.improved(without.strip()),
                )
            )
    return found


def _style_issues(text: str, guide: Guide, notes: Notebook) -> list[Issue]:
    found: list[Issue] = []
    for rule, pattern in (
        (_NO_BANG, re.compile(r"[^.!?\n]*!+")),
        (re.compile(r"\bcapitals?\b", re.IGNORECASE), _CAPS),
        (re.compile(r"\bno emoji", re.IGNORECASE), _EMOJI),
    ):
        sentence, hit = _sentence_with(guide.text, rule), pattern.search(text)
        if sentence and hit:
            better = (
                hit.group().strip().rstrip("!") + "."
                if "!" in hit.group()
                else hit.group().capitalize()
                if pattern is _CAPS
                else ""
            )
            found.append((hit.group().strip(), f"“{line(sentence, 160)}” {notes.cite_sentence(sentence)}.", better))
    limit = next(
        (
            (int(m[1]), s)
            for s in split(guide.text)
            if (m := re.search(r"sentences?\b[^.]{0,40}?(\d{1,2})\s+words", s, re.IGNORECASE))
        ),
        None,
    )
    most = limit[0] if limit else 35
    why = f"“{line(limit[1], 120)}” {notes.cite_sentence(limit[1])}" if limit else "a long sentence is hard to follow"
    found += [(s, f"{len(s.split())} words: {why}.", "") for s in split(text) if len(s.split()) > most][:6]
    found += [
        (m.group(), "the word stands twice.", m[1])
        for m in re.finditer(r"\b(\w{2,})[ \t]+\1\b", text, re.IGNORECASE)
        if m[1].lower() not in {"that", "had"}
    ][:4]
    found += [
        (m.group(), "a doubled sign reads as a slip.", m.group()[0]) for m in re.finditer(r"[?]{2,}|,{2,}", text)
    ][:2]
    return found
