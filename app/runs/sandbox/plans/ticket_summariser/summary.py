"""What a thread comes to: what is wanted, what happened, what nobody answered."""

import re

from app.runs.sandbox.plans.ticket_summariser.thread import Post
from app.runs.sandbox.plans.ticket_summariser.to_do import REQUEST
from app.runs.sandbox.reading.sentences import split, summarise
from app.runs.sandbox.reading.terms import overlap
from app.runs.sandbox.wording import line

_POLITE = re.compile(
    r"^(?:(?:I am|we are|I'm) sorry|sorry|thank|thanks|hello|hi\b|dear|kind regards|best)", re.IGNORECASE
)


def wanted(posts: list[Post]) -> list[str]:
    """The customer's requests and questions, else what they say most of."""
    said = [s for p in posts if not p.staff for s in split(p.text)]
    asked = [s for s in said if REQUEST.search(s) or s.endswith("?")]
    return [line(s, 240) for s in list(dict.fromkeys(asked))[:4] or summarise(" ".join(said), 1)]


def story(posts: list[Post]) -> list[str]:
    """The sentence that carries most of each message, with its day and author."""
    return [_told(post) for post in posts[:30]]


def _told(post: Post) -> str:
    plain = " ".join(s for s in split(post.text) if not _POLITE.search(s)) or post.text
    best = " ".join(summarise(plain, 1)) or plain
    return (f"{post.place}: " if post.place else "") + line(best, 220)


def unanswered(posts: list[Post]) -> list[str]:
    """Questions that no later message of the other side takes up."""
    listed = []
    for at, post in enumerate(posts):
        later = " ".join(p.text for p in posts[at + 1 :] if p.staff != post.staff)
        questions = (s for s in split(post.text) if s.endswith("?") and overlap(s, later) < 0.35)
        listed += [f"“{line(s, 220)}”" + (f" ({post.place})" if post.place else "") for s in questions]
    return list(dict.fromkeys(listed))[:8]
