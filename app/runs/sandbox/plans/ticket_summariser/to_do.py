"""What somebody has to do, out of promises, requests and notes."""

import re
from dataclasses import dataclass

from app.runs.sandbox.plans.ticket_summariser.thread import Post
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.terms import overlap
from app.runs.sandbox.wording import line

REQUEST = re.compile(
    r"\b(?:(?:can|could|will|would) (?:you|someone|somebody)(?: please)?|please|kindly|we (?:want|need|expect)(?: you to)?|I (?:want|need|expect|would like)(?: you to)?)\s+(?P<do>\w.+)",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:(?:I|we)(?:['’]ll| will| shall| am going to| are going to)|will (?:be )?(?:send|sent|call|get back|refund|replace|check)\w*|let you know|(?:I|we) promise)\b",
    re.IGNORECASE,
)
_PROMISED = re.compile(
    r"^.*?\b(?:I|we)(?:['’]ll| will| shall| am going to| are going to)\s+(?:also |then |now )?(?P<do>\w.+)",
    re.IGNORECASE,
)
_TODO = re.compile(r"^(?:action(?: item| point)?s?|todo|to do|next steps?|follow[- ]?up)\b\s*[:\-–]?\s*", re.IGNORECASE)
_NEEDED = re.compile(r"\b(?:needs? to|has to|have to|must|should|someone|somebody)\s+(?P<do>\w.+)", re.IGNORECASE)
_DONE = re.compile(
    r"\b(?:done|sent|shipped|refunded|resolved|fixed|arrived|received|works now|solved|closed|replaced|booked)\b",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(r"\b(?:not|no|never|still|n't)\b", re.IGNORECASE)
_END_OF_REQUEST = re.compile(r",? and (?:who|what|when|why|how)\b|\?|\bor (?:we|I)\b")
_THIS = re.compile(r"(?:it|this|that)\b", re.IGNORECASE)
_A_THING = re.compile(r"(?:an?|the|my|our|to)\b", re.IGNORECASE)
_YOU = re.compile(r"\b(?:you|your)\b")


@dataclass(frozen=True)
class Point:
    """Something that somebody has to do, and the words it comes from."""

    do: str
    quote: str
    post: Post


def points_in(posts: list[Post]) -> list[Point]:
    """What somebody has to do, each once, without what a later message says is done."""
    points: list[Point] = []
    for at, post in enumerate(posts):
        settled = [s for p in posts[at + 1 :] for s in split(p.text) if _DONE.search(s) and not _NOT_DONE.search(s)]
        for sentence in split(post.text):
            do = _to_do(sentence, post)
            if (
                do
                and not any(overlap(do, s) > 0.5 for s in settled)
                and not any(overlap(do, p.do) > 0.6 for p in points)
            ):
                points.append(Point(do, line(sentence, 300), post))
    return points[:8]


def _to_do(sentence: str, post: Post) -> str:
    """The sentence as an instruction, or an empty string when it asks nothing of us."""
    if _TODO.match(sentence):
        return _instruction(_TODO.sub("", sentence))
    ours = post.staff or not post.who
    if ours and _PROMISE.search(sentence) and (promised := _PROMISED.match(sentence)):
        return _instruction(promised["do"])
    asked = None if post.staff else REQUEST.search(sentence)
    if asked and len(asked["do"].split()) > 1:
        return _asked(asked["do"])
    needed = _NEEDED.search(sentence) if ours else None
    return _instruction(needed["do"]) if needed else ""


def _asked(request: str) -> str:
    do = _END_OF_REQUEST.split(request)[0]
    if _THIS.match(do):
        return ""
    return _instruction(f"see to: {do}" if _A_THING.match(do) else do)


def _instruction(words: str) -> str:
    """Beginning with a capital, and from our side; a single word is none."""
    words = _YOU.sub(_from_our_side, words.strip(" .!?:-"))
    return words[:1].upper() + words[1:] if len(words.split()) > 1 else ""


def _from_our_side(you: re.Match[str]) -> str:
    return "the customer" if you.group() == "you" else "the customer’s"
