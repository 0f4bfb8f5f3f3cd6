"""Rules in a company's own documents: windows, limits, exclusions, words to use and to avoid."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from app.runs.sandbox.reading.amounts import find_amounts
from app.runs.sandbox.reading.dates import find_periods
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.terms import STOP, stem, words

_CAP = re.compile(
    r"\b(?:up to|maximum|max\.?|at most|no more than|not (?:exceed|more than)|limit(?:ed)?(?: of| to| is)?|cap(?:ped)?(?: at| of)?|ceiling|per (?:day|night|person|trip|head)"
    r"|bis zu|höchstens|maximal|hoogstens|maximaal|jusqu['’]à|au maximum|hasta|massimo)\b",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"\b(?:above|over|more than|exceed\w*|from|greater than|at least|über|ab|boven|meer dan|au-delà de|más de)\s*(?:the )?$",
    re.IGNORECASE,
)
_EXCLUDES = re.compile(
    r"\b(?:not (?:be )?refund\w*|non-refundable|no refunds?|cannot be (?:refunded|returned|claimed|reimbursed)|not (?:be )?(?:reimburs|claim|allow|permit|accept|cover)\w*"
    r"|excluded|exclud\w+|never reimburs\w*|are not covered|nicht erstatt\w*|ausgeschlossen|niet (?:terugbetaald|vergoed)|non remboursable)\b",
    re.IGNORECASE,
)
_APPROVAL = re.compile(
    r"\b(?:approv\w+|sign(?:ed)?[ -]?off|authoris\w+|authoriz\w+|second person|ask (?:the|your|a)|genehmig\w*|akkoord|goedkeuring)\b",
    re.IGNORECASE,
)
_QUOTES = r"[\"“„«‘'](?P<q{n}>[^\"”“»’'\n]{{1,40}})[\"”“»’']"
_SWAP = re.compile(
    rf"(?:(?:say|write|use|prefer|call (?:it|them))\s+{_QUOTES.format(n=1)}[^.\n]{{0,30}}?\b(?:not|instead of|rather than|never|over)\s+(?:say |write |use )?{_QUOTES.format(n=2)})"
    rf"|(?:(?:replace|change|instead of)\s+{_QUOTES.format(n=3)}[^.\n]{{0,20}}?(?:with|by|to|,? ?(?:say|use|write))\s+{_QUOTES.format(n=4)})"
    rf"|(?:{_QUOTES.format(n=5)},? not {_QUOTES.format(n=6)})",
    re.IGNORECASE,
)
_PLAIN_SWAP = re.compile(
    r"\b(?:say|write|use|prefer)\s+(?P<good>[a-z][\w-]*(?: [a-z][\w-]*)?)\s*,?\s*(?:not|instead of|rather than|never)\s+(?P<bad>[a-z][\w-]*(?: [a-z][\w-]*)?)",
    re.IGNORECASE,
)
_AVOID = re.compile(
    r"\b(?:avoid|never (?:say|use|write)|do(?: not|n['’]t) (?:say|use|write)|no|banned(?: words?)?|words? to avoid|forbidden(?: words?)?|stay away from|not allowed|vermeide\w*|vermijd\w*|évitez)\b\s*:?\s*(?P<list>[^.\n]+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“„«‘'](?P<word>[^\"”“»’'\n]{1,40})[\"”“»’']")


@dataclass(frozen=True)
class Cap:
    """A limit, and the sentence that sets it."""

    value: Decimal
    currency: str
    sentence: str


def windows(text: str) -> list[tuple[int, str]]:
    """(days, sentence) of each period that the rules name."""
    return [(days, sentence) for sentence in split(text) for days, _ in find_periods(sentence)]


def window_for(text: str, about: set[str]) -> tuple[int, str] | None:
    """The period in the sentence that is most about `about` (stems)."""
    listed = windows(text)
    scored = [(len(about & {stem(w) for w in words(s)}), days, s) for days, s in listed]
    best = max(scored, key=lambda item: item[0], default=None)
    return (best[1], best[2]) if best and best[0] else None


def caps(text: str) -> list[Cap]:
    """Limits: amounts in sentences that say "up to", "maximum", "per night" and the like."""
    return list(_caps(text))


@lru_cache(maxsize=64)
def _caps(text: str) -> tuple[Cap, ...]:
    found = []
    for sentence in split(text):
        if not _CAP.search(sentence) and not re.match(r"[\w /&-]{3,40}[:|]", sentence):
            continue
        listed = [a for a in find_amounts(sentence) if not _ABOVE.search(sentence[: a.start])]
        found += [Cap(a.value, a.currency, sentence) for a in listed if a.value > 0]
    return tuple(found)


def approval_above(text: str) -> list[Cap]:
    """Amounts from which the rules want a person to agree."""
    found = []
    for sentence in split(text):
        if _APPROVAL.search(sentence):
            listed = [a for a in find_amounts(sentence) if _ABOVE.search(sentence[: a.start])]
            found += [Cap(a.value, a.currency, sentence) for a in listed]
    return found


def exclusions(text: str) -> list[str]:
    """Sentences that rule something out."""
    return list(_exclusions(text))


@lru_cache(maxsize=64)
def _exclusions(text: str) -> tuple[str, ...]:
    return tuple(s for s in split(text) if _EXCLUDES.search(s))


def excluded_by(text: str, subject: str) -> str:
    """The exclusion that names something which `subject` is about; empty when none does."""
    about = {stem(w) for w in words(subject) if w not in STOP and len(w) > 3}
    generic = {
        stem(w)
        for w in [
            "refund",
            "refunds",
            "refunded",
            "order",
            "orders",
            "return",
            "returns",
            "customer",
            "customers",
            "item",
            "items",
            "product",
            "products",
            "money",
            "delivered",
            "delivery",
        ]
    }
    for sentence in exclusions(text):
        named = {stem(w) for w in words(_EXCLUDES.sub(" ", sentence)) if w not in STOP and len(w) > 3}
        if (named & about) - generic:
            return sentence
    return ""


def swaps(text: str) -> list[tuple[str, str]]:
    """(to avoid, to use) pairs: "say “team”, not “squad”", "use help instead of assist"."""
    pairs = []
    for m in _SWAP.finditer(text):
        good, bad = (m["q1"], m["q2"]) if m["q1"] else (m["q4"], m["q3"]) if m["q3"] else (m["q5"], m["q6"])
        pairs.append((bad.strip(), good.strip()))
    pairs += [(m["bad"].strip(), m["good"].strip()) for m in _PLAIN_SWAP.finditer(text)]
    return [
        (bad, good) for bad, good in dict.fromkeys(pairs) if bad.lower() != good.lower() and bad.lower() not in STOP
    ]


def avoided(text: str) -> list[tuple[str, str]]:
    """(word or phrase to avoid, the sentence that says so). Quoted words, or a short plain list."""
    found: dict[str, str] = {}
    for sentence in split(text):
        for match in _AVOID.finditer(sentence):
            for word in _listed(match["list"], strict=match.group().lower().startswith("no ")):
                found.setdefault(word, sentence)
    return list(found.items())


def _listed(raw: str, *, strict: bool) -> list[str]:
    """The items of a list in a sentence. After a bare "no", only quoted ones: "no later than" is not a word to avoid."""
    quoted = [m["word"].strip(" ,.") for m in _QUOTED.finditer(raw)]
    plain = re.split(
        r"\b(?:because|since|unless|when|in (?:our|the|any)|as they|which|instead)\b", _QUOTED.sub(",", raw)
    )[0]
    plain = re.sub(r"^\s*(?:using )?(?:the )?(?:words?|phrases?|terms?)?(?: like| such as)?\b\s*:?\s*", "", plain)
    items = [] if strict else [i.strip(" :;\u2013-") for i in re.split(r",|;|/|\bor\b|\band\b", plain)]
    short = [i for i in items if i and len(i.split()) <= 3 and i.lower() not in STOP]
    return list(dict.fromkeys([*quoted, *short]))


def number_limit(text: str, unit: str) -> tuple[int, str] | None:
    """(n, sentence) of "no more than 20 words", "keep sentences under 25 words" and the like."""
    for sentence in split(text):
        found = re.search(
            rf"(?:under|below|at most|no more than|max(?:imum)?(?: of)?|up to|fewer than|within|not exceed)\s+(\d{{1,4}})\s+{unit}",
            sentence,
            re.IGNORECASE,
        )
        if found or (
            found := re.search(rf"(\d{{1,4}})\s+{unit}\s+(?:at most|or (?:less|fewer)|max)", sentence, re.IGNORECASE)
        ):
            return int(found[1]), sentence
    return None
