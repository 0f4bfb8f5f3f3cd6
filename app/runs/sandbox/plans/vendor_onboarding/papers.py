"""The documents that the vendor rules ask for."""

import re

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.vendor_onboarding.vendor import Vendor
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.terms import stems, telling_stems
from app.runs.sandbox.sources import Passage
from app.runs.sandbox.wording import line

_VENDOR = re.compile(r"supplier|vendor", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")
_TO_SEND = re.compile(
    r"\b(?:must|needs? to|required?|has to) (?:send|provide|submit|sign|include|upload|give|supply)\b", re.IGNORECASE
)
_DOCUMENT = re.compile(
    r"\b(?:certificate|extract|register|licen[cs]e|insurance|agreement|contract|declaration|form|proof|statement|policy|terms|code of conduct)\b",
    re.IGNORECASE,
)
_IN_THE_FORM = re.compile(
    r"\b(?:iban|vat|account holder|website|country|mail address|e-?mail|contact)\b", re.IGNORECASE
)
_CONDITION = re.compile(r",|\bnot older|\bvalid|\bfor anything")


def missing_papers(case: Case, vendor: Vendor, notes: Notebook) -> list[str]:
    """Documents that the vendor rules ask for and that no file or line looks like."""
    given = " ".join([vendor.text, *case.files]).replace("_", " ").replace("-", " ").lower()
    missing = [item for item in _asked_for(notes) if not _is_among(stems(given), item)]
    return [f"{line(item, 140)} {notes.cite_sentence(item)}".strip() for item in missing]


def _is_among(given: frozenset[str], item: str) -> bool:
    """Whether two words of the document's name were given, or its only one."""
    key = telling_stems(_CONDITION.split(item)[0], 2)
    return len(key & given) >= min(2, len(key))


def _asked_for(notes: Notebook) -> list[str]:
    return list(dict.fromkeys(item for passage in notes.passages for item in _documents_in(passage)))


def _documents_in(passage: Passage) -> tuple[str, ...]:
    """The list items and sentences of a passage about suppliers that ask for a document."""
    if not _VENDOR.search(passage.document + passage.place + passage.text):
        return ()
    return _requests_in(passage.text)


@remembered(256)
def _requests_in(text: str) -> tuple[str, ...]:
    listed = [s for row in text.splitlines() if _ITEM.match(row) for s in split(row)]
    asked = [*listed, *(s for s in split(text) if _TO_SEND.search(s))]
    return tuple(s for s in asked if _DOCUMENT.search(s) and not _IN_THE_FORM.search(s) and len(s.split()) < 25)
