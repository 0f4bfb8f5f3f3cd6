"""A mail as it was pasted: what its writer wrote, the older mails below it, and whom to answer."""

import re

from app.runs.sandbox.reading.people import find_emails, sign_offs
from app.runs.sandbox.reading.remembering import remembered

_QUOTED_LINE = re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE)
_OLDER = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|original mail|ursprüngliche nachricht|oorspronkelijk bericht|message d['’]origine|mensaje original)[^\n]*"
    r"|(?:on|am|le|op|el)\b[^\n]{6,120}(?:\n[^\n]{0,80})?\b(?:wrote|schrieb|a écrit|schreef|escribió)\b[^\n:]{0,60}:"
    r"|(?:(?:from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoyé|à|objet|van|verzonden|aan|onderwerp)[ \t]*:[^\n]*\n){3,}[^\n]*)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FROM = re.compile(r"^[ \t*]*(?:from|von|van|de|sender|reply[ -]?to)[ \t]*:[^\n]*$", re.IGNORECASE | re.MULTILINE)
_LABELLED = re.compile(
    r"^[ \t*]*(?:my |meine? |mon |mijn )?e?-?mail(?:[ -]?(?:address|adresse|adres))?[ \t]*(?:is|ist|est)?[ \t]*[:=]?[ \t]*(?=\S+@)[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_FEW = 4


@remembered(64)
def own_words(text: str) -> str:
    """What the writer of the newest mail wrote; the whole text where that is next to nothing, as in a forwarded mail."""
    cuts = (m.start() for m in _OLDER.finditer(text) if _says_something(text[: m.start()]))
    newest = text[: next(cuts, len(text))]
    own = _QUOTED_LINE.sub("", newest)
    return own if _says_something(own) else text


def _says_something(text: str) -> bool:
    return len(_WORDS.findall(_FROM.sub("", text))) >= _FEW


def sender_of(text: str) -> str:
    """The address of who wrote this: of the From line, else under the sign-off, else the only one; empty when unclear."""
    if found := find_emails(next((m.group() for m in _FROM.finditer(text)), "")):
        return found[0]
    last = max((m.end() for m in sign_offs(text)), default=len(text))
    labelled = " ".join(m.group() for m in _LABELLED.finditer(text))
    parts = (find_emails(labelled), find_emails(text[last:]), find_emails(text))
    return next((p[0] for p in parts if len(p) == 1), "")
