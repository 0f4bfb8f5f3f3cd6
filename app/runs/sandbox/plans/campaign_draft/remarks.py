"""What to say about a draft: where it follows the guide, and what a person should decide."""

import re

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.brand_guide import NO_EXCLAMATION, Guide, as_word, cite_word
from app.runs.sandbox.plans.campaign_draft.draft import SIGN_OFF, Draft, last_day, spoken, subject_limit
from app.runs.sandbox.reading.people import find_urls
from app.runs.sandbox.reading.rules import number_limit

_TEXT_LIMIT = re.compile(r"\btext\b.*\b\d+ words")
_WORDS = re.compile(r"(\d+) words")
_UNSUBSCRIBE = re.compile(r"unsubscrib", re.IGNORECASE)
_NO_GUIDE = "No brand guide was found in the knowledge; plain words were used."


def house_style(draft: Draft, brief: str, guide: Guide, notes: Notebook) -> list[str]:
    """The words that were changed, the rules that were kept, and what the guide says of the tone."""
    changed = [
        f"“{bad}” became “{good}” {cite_word(notes, bad)}"
        for bad, good in guide.instead
        if as_word(bad).search(brief) and not as_word(bad).search(draft.body)
    ]
    kept = [SIGN_OFF, *([NO_EXCLAMATION] if "!" in brief else [])]
    followed = [notes.quoted(sentence, 140) for rule in kept if (sentence := guide.sentence_with(rule))]
    said = dict.fromkeys([*changed, *followed, *notes.guidance("tone voice style sound", 200)])
    return list(said) or ([] if guide.has_rules else [_NO_GUIDE])


def concerns(draft: Draft, guide: Guide, notes: Notebook, case: Case) -> list[str]:
    """What is still against the guide, missing, or over."""
    return [
        *_words_to_avoid(draft, guide, notes),
        *_length(draft, guide),
        *_subject_length(draft, guide, notes),
        *([] if find_urls(draft.body) else ["The brief names no link."]),
        *_unsubscribing(draft, guide, notes),
        *_over(case),
    ]


def _words_to_avoid(draft: Draft, guide: Guide, notes: Notebook) -> list[str]:
    text = f"{draft.subject}\n{draft.body}"
    used = ((word, s) for word, s in guide.avoid if as_word(word).search(text))
    return [f"“{word}” is a word to avoid: {notes.quoted(s, 140)}" for word, s in used]


def _length(draft: Draft, guide: Guide) -> list[str]:
    has, most = len(draft.body.split()), _most_words(guide)
    return [f"The text has {has} words; the guide allows {most}."] if most and has > most else []


def _most_words(guide: Guide) -> int:
    """The guide's limit for a text; one of 50 words or less is for sentences. 0 when there is none."""
    if sentence := guide.sentence_with(_TEXT_LIMIT):
        return int(_WORDS.findall(sentence)[0])
    limit = number_limit(guide.text, "words")
    return limit[0] if limit and limit[0] > 50 else 0


def _subject_length(draft: Draft, guide: Guide, notes: Notebook) -> list[str]:
    most, sentence = subject_limit(guide)
    if not sentence or len(draft.subject) <= most:
        return []
    return [f"The subject has {len(draft.subject)} characters: {notes.quoted(sentence, 120)}"]


def _unsubscribing(draft: Draft, guide: Guide, notes: Notebook) -> list[str]:
    rule = guide.sentence_with(_UNSUBSCRIBE)
    if not rule or "unsubscrib" in draft.body.lower():
        return []
    return [f"Add the address for unsubscribing: {notes.quoted(rule, 140)}"]


def _over(case: Case) -> list[str]:
    day = last_day(case)
    return [f"The offer ended on {spoken(day, case.today)}."] if day and day < case.today else []
