"""Changing a call as a person asked, or so that it fits its arguments."""

import re
from datetime import date
from typing import Any

from app.runs.sandbox.reading.amounts import find_amounts, parse_amount
from app.runs.sandbox.reading.dates import deadline, next_working_day
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.sentences import split

_Q = r"[\"“„«‘]([^\"”“»’]{1,2000})[\"”“»’]"
_REPLACE = re.compile(
    rf"(?:replace|change|instead of)\s+{_Q}\s*(?:,?\s*(?:with|by|to|say|use|write|into))+\s*:?\s*{_Q}", re.IGNORECASE
)
_REMOVE = re.compile(
    rf"(?:remove|drop|delete|leave out|without|cut|don['’]t mention|do not mention|take out)\s+(?:the (?:word|words|sentence|part|line|paragraph)s?(?: about| with| on)?\s+)?(?:{_Q}|(?P<plain>[\w' -]{{3,40}}))",
    re.IGNORECASE,
)
_SAY = re.compile(
    rf"(?:add|say|mention|include|write|tell them|state)\b(?: that| this)?\s*:?\s*(?:{_Q}|(?P<plain>[^.;\n]{{4,300}}))",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    rf"subject\b(?: line)?(?: should be| to| as|:| is)*\s*:?\s*(?:{_Q}|(?P<plain>[^.;\n]{{3,120}}))", re.IGNORECASE
)
_TEAMS = ("engineering", "marketing", "finance", "operations", "support")
_TEXTS = ("body", "detail", "reason")


def amended(args: dict[str, Any], note: str, *, today: date) -> dict[str, Any] | None:
    """`args` with what `note` asks for, or None when nothing in it can be applied."""
    changed = dict(args)
    for change in (_amount, _recipients, _day, _choice, _subject, _texts):
        changed = change(changed, note, today)
    return changed if changed != args else None


def _amount(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    if "amount" not in args:
        return args
    named = [a for a in find_amounts(note) or find_amounts(note, bare=True) if a.value > 0]
    if named:
        other = list(dict.fromkeys(a.plain for a in named if a.plain != args["amount"]))
        return {**args, "amount": other[0]} if len(other) == 1 else args
    lone = re.findall(r"(?<![\w.,/-])\d[\d.,' ]*(?![\w/-])", re.sub(r"\d+\s?%", "", note))
    value = parse_amount(lone[-1].strip(" .,")) if len(lone) == 1 else None
    return {**args, "amount": value.plain} if value and value.value > 0 else args


def _recipients(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    named = find_emails(note)
    if "to" not in args or not named:
        return args
    dropped = [
        e
        for e in named
        if re.search(rf"(?:remove|not (?:to )?|without|drop|instead of)\s*{re.escape(e)}", note, re.IGNORECASE)
    ]
    added = [e for e in named if e not in dropped]
    also = re.search(r"\b(?:also|add|cc|copy|as well|too)\b", note, re.IGNORECASE) or (dropped and not added)
    kept = [e for e in args["to"] if e not in dropped] if also else []
    return {**args, "to": list(dict.fromkeys([*kept, *added])) or args["to"]}


def _day(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    on = deadline(note, today=today) if "due_on" in args else None
    return {**args, "due_on": on.isoformat()} if on else args


def _choice(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    """Priority and team, when the note names one."""
    low = note.lower()
    if "priority" in args and (named := re.search(r"\b(low|normal|high|urgent)\b", low)):
        args = {**args, "priority": "high" if named[1] == "urgent" else named[1]}
    if "team" in args and (team := next((t for t in _TEAMS if t in low), "")):
        args = {**args, "team": team}
    return args


def _subject(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    field = "subject" if "subject" in args else "title" if "title" in args else ""
    found = _SUBJECT.search(note.replace("title", "subject")) if field else None
    return {**args, field: (found[1] or found["plain"]).strip(' "“”')} if found else args


def _texts(args: dict[str, Any], note: str, today: date) -> dict[str, Any]:
    field = next((f for f in _TEXTS if f in args), "")
    if not field:
        return args
    text = _rewritten(str(args[field]), note)
    if text == args[field] and field == "body" and re.search(r"\b(?:short|brief)", note, re.IGNORECASE):
        text = _shortened(text)
    return {**args, field: text}


def _rewritten(text: str, note: str) -> str:
    if swap := _REPLACE.search(note):
        return re.sub(re.escape(swap[1]), lambda _: swap[2], text, flags=re.IGNORECASE)
    for found in _REMOVE.finditer(note):
        text = _without(text, (found[1] or found["plain"]).strip())
    subject = _SUBJECT.search(note)
    note = note.replace(subject.group(), "") if subject else note
    if said := _SAY.search(note):
        return _added(text, (said[1] or said["plain"]).strip())
    return text


def _without(text: str, about: str) -> str:
    """Without the sentences that hold `about`; greeting and signature stay."""
    about = re.sub(r"^(?:the|any|all|a) ", "", about, flags=re.IGNORECASE)
    for sentence in split(text):
        if about.lower() in sentence.lower() and len(sentence.split()) > 3:
            text = text.replace(sentence, "")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"  +", " ", text)).strip()


def _added(text: str, sentence: str) -> str:
    """A paragraph more, above the sign-off."""
    sentence = sentence[:1].upper() + sentence[1:]
    sentence += "" if sentence.endswith((".", "!", "?")) else "."
    if sentence.lower() in text.lower():
        return text
    body, mark, close = text.rpartition("\n\nKind regards")
    return f"{body}\n\n{sentence}{mark}{close}" if mark else f"{text}\n\n{sentence}"


def _shortened(text: str) -> str:
    """Greeting, the first paragraph and the sign-off."""
    parts = text.split("\n\n")
    return "\n\n".join([*parts[:2], parts[-1]]) if len(parts) > 3 else text


def corrected(args: dict[str, Any], words: str, *, today: date) -> dict[str, Any] | None:
    """`args` reshaped to what the tools take, or None when there is nothing to correct."""
    fixed: dict[str, Any] = {}
    for name, value in args.items():
        fixed[name] = _fitting(name, value, words.lower(), today)
    if "extra" in words.lower() or "not permitted" in words.lower():
        fixed = {n: v for n, v in fixed.items() if n not in words}
    return fixed if fixed != args else None


def _fitting(name: str, value: Any, words: str, today: date) -> Any:
    if name == "amount":
        found = parse_amount(str(value))
        return found.plain if found and found.value > 0 else value
    if name == "to":
        return find_emails(" ".join(value) if isinstance(value, list) else str(value)) or value
    if name == "due_on" and isinstance(value, str) and ("past" in words or "future" in words or "due_on" in words):
        return next_working_day(today).isoformat()
    if name in {"subject", "title"}:
        return re.sub(r"\s+", " ", str(value)).strip()[:120]
    return value[:4000] if isinstance(value, str) and "at most" in words else value
