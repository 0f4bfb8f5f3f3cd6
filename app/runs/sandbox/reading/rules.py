"""Rules in a company's own documents: windows, limits, exclusions, words to use and to avoid."""

import re
from dataclasses import dataclass
from decimal import Decimal

from app.runs.sandbox.reading.amounts import find_amounts
from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.stop_words import STOP
from app.runs.sandbox.reading.terms import stem, telling_stems

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
_LISTED = re.compile(r"[\w /&-]{3,40}[:|]")
"""A limit as a line of a list: what it is about, then a colon."""
_IN_EVERY_CLAIM = frozenset(
    stem(w)
    for w in (
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
    )
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


@remembered(64)
def caps(text: str) -> tuple[Cap, ...]:
    """Limits: amounts in sentences that say "up to", "maximum", "per night" and the like."""
    limiting = (s for s in split(text) if _CAP.search(s) or _LISTED.match(s))
    return tuple(c for s in limiting for above, c in _named_in(s) if not above and c.value > 0)


@remembered(64)
def approval_above(text: str) -> tuple[Cap, ...]:
    """Amounts from which the rules want a person to agree."""
    return tuple(c for s in split(text) if _APPROVAL.search(s) for above, c in _named_in(s) if above)


def _named_in(sentence: str) -> list[tuple[bool, Cap]]:
    """The amounts of a sentence, and whether it speaks of what is above each."""
    return [
        (bool(_ABOVE.search(sentence[: a.start])), Cap(a.value, a.currency, sentence)) for a in find_amounts(sentence)
    ]


@remembered(64)
def exclusions(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Sentences that rule something out, each with the stems of what it names."""
    return tuple((s, telling_stems(_EXCLUDES.sub(" ", s), 3)) for s in split(text) if _EXCLUDES.search(s))


def excluded_by(text: str, subject: str) -> str:
    """The exclusion that names something which `subject` is about; empty when none does."""
    about = telling_stems(subject, 3) - _IN_EVERY_CLAIM
    return next((sentence for sentence, named in exclusions(text) if named & about), "")


@remembered(64)
def swaps(text: str) -> tuple[tuple[str, str], ...]:
    """(to avoid, to use) pairs: "say “team”, not “squad”", "use help instead of assist"."""
    pairs = []
    for m in _SWAP.finditer(text):
        good, bad = (m["q1"], m["q2"]) if m["q1"] else (m["q4"], m["q3"]) if m["q3"] else (m["q5"], m["q6"])
        pairs.append((bad.strip(), good.strip()))
    pairs += [(m["bad"].strip(), m["good"].strip()) for m in _PLAIN_SWAP.finditer(text)]
    return tuple(
        (bad, good) for bad, good in dict.fromkeys(pairs) if bad.lower() != good.lower() and bad.lower() not in STOP
    )


@remembered(64)
def avoided(text: str) -> tuple[tuple[str, str], ...]:
    """(word or phrase to avoid, the sentence that says so). Quoted words, or a short plain list."""
    found: dict[str, str] = {}
    for sentence in split(text):
        for match in _AVOID.finditer(sentence):
            for word in _listed(match["list"], strict=match.group().lower().startswith("no ")):
                found.setdefault(word, sentence)
    return tuple(found.items())


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


@remembered(64)
def number_limit(text: str, unit: str) -> tuple[int, str] | None:
    """(n, sentence) of "no more than 20 words", "keep sentences under 25 words" and the like."""
    before, after = _limit_of(unit)
    for sentence in split(text):
        if found := before.search(sentence) or after.search(sentence):
            return int(found[1]), sentence
    return None


@remembered(8)
def _limit_of(unit: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A number of `unit` with the words of a limit before it, or after it."""
    least = r"(?:under|below|at most|no more than|max(?:imum)?(?: of)?|up to|fewer than|within|not exceed)"
    number = rf"(\d{{1,4}})\s+{unit}"
    return (
        re.compile(rf"{least}\s+{number}", re.IGNORECASE),
        re.compile(rf"{number}\s+(?:at most|or (?:less|fewer)|max)", re.IGNORECASE),
    )
