"""What a message says is not to be touched: the amounts and orders that were right, or that were paid back before."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from app.runs.sandbox.reading.clauses import Span, clauses_of, sentence_at, sentences_of
from app.runs.sandbox.reading.cues import REFUND, has

_BE = r"(?:was|were|is|are|seems?|looks?|'s)"
_LEAVE = re.compile(
    rf"\bleave\b[^.!?]{{0,60}}?\b(?:alone|out|(?:as|how) (?:it|they) (?:is|are))|(?<!not )\b{_BE} (?:all |perfectly |quite |absolutely |just )?(?:fine|correct|right|ok|okay|in order|settled)\b"
    r"|\bnothing to do with|\bnothing (?:is |was )?wrong with|\bno (?:problem|issue|complaint)s? (?:with|about)|\bnot (?:affected|concerned|part of|about)\b|\b(?:do not|don['’]t|never) (?:refund|touch|reimburse|pay back)"
    r"|\bno refund (?:for|on)|\b(?:will|want to|['’]ll|can) keep|\bkeep(?:ing)? the|\b(?:ignore|disregard) (?:the|my|that)|\bnot (?:asking|claiming|complaining) (?:for|about)"
    r"|(?<!nicht )\b(?:war|ist|waren|sind) (?:alles |ganz |völlig )?(?:korrekt|richtig|okay|ok|in ordnung)\b|\bstimmt\b(?! \w* ?nicht)|\bpasst\b|\b(?:bitte )?nicht (?:zu )?erstatten"
    r"|\blassen sie\b[^.!?]{0,60}?\b(?:so|in ruhe|stehen|außen vor|unberührt)|\bnichts (?:damit )?zu tun|\bbehalte\w*|\bgeht es nicht|\bbetrifft (?:das |es )?nicht"
    r"|(?<!pas )\b(?:était|étaient|est|sont) (?:bien |tout à fait )?(?:correcte?s?|en ordre|en règle|réglée?s?|exacte?s?|conformes?)\b|\blaissez\b[^.!?]{0,50}"
    r"|\bne (?:la |le |les )?(?:touchez|remboursez) pas|\b(?:ne|n['’]est) (?:pas )?concern\w+|\brien à voir|\b(?:je|nous) gard\w+"
    r"|(?<!niet )\b(?:is|was|zijn|waren) (?:wel )?(?:in orde|juist|goed|prima)\b|\bklopt\b(?! niet)|\blaat\b[^.!?]{0,50}?\b(?:met rust|staan|zoals)|\bniet terugbetalen"
    r"|\b(?:estaba|está|era) (?:bien|correct[oa])\b|\bdej(?:e|en)\b[^.!?]{0,40}?(?:en paz|como está)",
    re.IGNORECASE,
)
_ONE_OF_TWO = re.compile(
    r"\bone of\b|\b(?:the )?first(?: one| payment| charge| debit)?\b|\bone (?:payment|charge|debit|of)|\b(?:die )?erste\b|\beine (?:der|davon|zahlung|abbuchung)"
    r"|\bl['’]une?\b|\ble premier\b|\bla première\b|\bun des\b|\bde eerste\b|\been van|\bla primera\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"^\W*(?:so |and |und |et |en |then |please |bitte )*(?:was|were|is|are|war|waren|ist|était|which|who)\b|\b(?:that|this|it|them|those|these|they|das|diese\w*|cell?e\w*|celui|cela|ça|elle|dat|deze|eso|esa)\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"\b(?:other|another|andere\w*|autres?|otr[oa])\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"^\W*(?:it|that|this|they|those|sie|das|diese\w*|elle|il|c['’]était|cela|dat|die|het)\b", re.IGNORECASE
)
_PAID_BACK = re.compile(
    r"\b(?:already|partly|partially|only|you(?: have|['’]ve)?|has been|have been|was|were|been) (?:already |partly |partially |only )?(?:been )?(?:refunded|reimbursed|credited|paid back)\b"
    r"|\b(?:got|received) (?:a |the |my |your |only )*(?:partial )?refund\b|\b(?:got|received) [€$£]?\s?\d[\d.,]*(?: ?[€$£]| [A-Z]{3})? back|\brefund\b[^.!?]{0,40}\b(?:arrived|came through|was received)"
    r"|\b(?:bereits|schon) (?:\w+ ){0,3}(?:zurück)?(?:erstattet|überwiesen|gutgeschrieben|zurückgezahlt)|\bdéjà (?:été )?rembours\w+|\bavez remboursé|\b(?:al|reeds) (?:\w+ ){0,2}terugbetaald|\bya (?:\w+ ){0,2}reembols\w+",
    re.IGNORECASE,
)
_NOT_SO = re.compile(r"n['’]t|\b(?:not|never|yet to|should|must|would|want|like|nicht|noch|pas|niet)\b", re.IGNORECASE)


def left_alone(text: str, amounts: Sequence[Span], orders: Sequence[Span]) -> set[Span]:
    """Those of `amounts` and `orders` that the text says to leave as they are."""
    amounts, orders, marks = sorted(amounts), sorted(orders), sorted([*amounts, *orders])
    left = {mark for cue in _LEAVE.finditer(text) for mark in _meant(text, cue.start(), cue.end(), marks)}
    names = {text[o.start : o.end] for o in orders if o in left}
    same = {o for o in orders if text[o.start : o.end] in names}
    return left | same | _of_orders(text, amounts, orders, same)


def paid_back_before(text: str) -> bool:
    """Whether it speaks of money that came back already."""
    return any(not _NOT_SO.search(text[max(0, m.start() - 20) : m.end()]) for m in _PAID_BACK.finditer(text))


def _meant(text: str, start: int, end: int, marks: Sequence[Span]) -> list[Span]:
    """The marks in the clause of the words; else in the clause they point back or on to."""
    sentence = sentence_at(text, start)
    clauses = clauses_of(text, sentence)
    here = next((c for c in clauses if c.holds(start)), sentence)
    said = text[here.start : end]
    if _ONE_OF_TWO.search(said):
        return []
    if own := _within(Span(here.start, max(here.end, end)), marks):
        return own
    if _POINTS_BACK.search(said) and not _ANOTHER.search(said):
        return _before(here, clauses, marks) or _in_last_clause(text, sentence, marks)
    return _in_the_next(text, sentence, marks)


def _within(span: Span, marks: Sequence[Span]) -> list[Span]:
    """Those of `marks`, which are in reading order, that begin inside the span."""
    return list(marks[bisect_left(marks, (span.start,)) : bisect_left(marks, (span.end,))])


def _before(here: Span, clauses: Sequence[Span], marks: Sequence[Span]) -> list[Span]:
    """Those of the nearest clause before this one that has any."""
    earlier = (_within(c, marks) for c in reversed(clauses) if c.end <= here.start)
    return next((found for found in earlier if found), [])


def _in_last_clause(text: str, sentence: Span, marks: Sequence[Span]) -> list[Span]:
    """Those of the sentence before; of its last clause with any."""
    told = [s for s in sentences_of(text) if s.end <= sentence.start and text[s.start : s.end].strip()]
    return _before(sentence, clauses_of(text, told[-1]), marks) if told else []


def _in_the_next(text: str, sentence: Span, marks: Sequence[Span]) -> list[Span]:
    """Those of the next sentence, where that goes on about the same: "It was €40"."""
    told = [s for s in sentences_of(text) if s.start >= sentence.end and text[s.start : s.end].strip()]
    goes_on = bool(told) and _GOES_ON.search(text[told[0].start : told[0].end])
    return _within(told[0], marks) if goes_on else []


def _of_orders(text: str, amounts: Sequence[Span], orders: Sequence[Span], left: set[Span]) -> set[Span]:
    """The amounts in sentences that name only orders to leave alone; not what such a sentence asks for."""
    found: set[Span] = set()
    for sentence in sentences_of(text):
        named = _within(sentence, orders)
        if named and left.issuperset(named):
            asked = [c for c in clauses_of(text, sentence) if _asks(text[c.start : c.end])]
            found |= {a for a in _within(sentence, amounts) if not any(c.holds(a.start) for c in asked)}
    return found


def _asks(clause: str) -> bool:
    return has(clause, REFUND) and not _LEAVE.search(clause)
