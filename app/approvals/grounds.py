"""What a person approves a high-impact card on: a reason of their own and a source that is no AI output."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.approvals.models import Approval
from app.dataflow.origins import fold, values_of
from app.errors import Invalid

MOST_SOURCES = 10
SHORTEST, LONGEST = 5, 500
_OWN_PAGES = re.compile(r"/w/[a-z0-9-]+/(runs|approvals)/")


def grounds(card: Approval, *, reason: str, picked: Sequence[str], typed: str) -> list[dict[str, str]]:
    """The sources that stand behind an approval of this card: [{kind, title, ref}].

    `picked` are refs of what the agent read before it asked, `typed` is one source a line. Raises Invalid.
    """
    if not card.areas:
        return []
    if len(reason.strip()) < SHORTEST:
        raise Invalid("Say why you approve this, in your own words.", field="note")
    found = [*_picked(card, picked), *_typed(card, typed)][:MOST_SOURCES]
    if not found:
        raise Invalid("Name at least one source that you checked.", field="source")
    return found


def _picked(card: Approval, refs: Sequence[str]) -> Iterator[dict[str, str]]:
    for item in card.evidence:
        if item["ref"] in refs:
            place = f", {item['place']}" if item["place"] else ""
            yield {"kind": item["kind"], "title": f"{item['title']}{place}", "ref": item["ref"]}


def _typed(card: Approval, typed: str) -> Iterator[dict[str, str]]:
    for line in filter(None, map(str.strip, typed.splitlines())):
        if not SHORTEST <= len(line) <= LONGEST:
            raise Invalid(f"Name a source in {SHORTEST} to {LONGEST} characters.", field="source")
        if _OWN_PAGES.search(line) or any(fold(line) in fold(text) for text in _of_the_agent(card)):
            raise Invalid("That is the agent's own work. Name something that people wrote or measured.", field="source")
        yield {"kind": "other", "title": line, "ref": ""}


def _of_the_agent(card: Approval) -> Iterable[str]:
    """What the agent wrote on this card."""
    values: Any = card.args
    return [card.title, card.purpose, *values_of(values)]
