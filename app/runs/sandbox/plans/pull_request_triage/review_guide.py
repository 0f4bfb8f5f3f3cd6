"""What the company's review guide says about a change."""

import re

from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.pull_request_triage.review import Review
from app.runs.sandbox.reading.rules import number_limit
from app.runs.sandbox.wording import line


def rules_for(review: Review, notes: Notebook) -> list[str]:
    """The guide's limit where the change passes it, and its sentences on what the change touches."""
    return _size(review, notes) + _sentences(review, notes)


def _size(review: Review, notes: Notebook) -> list[str]:
    limit = number_limit(notes.knowledge, r"(?:changed )?lines")
    if limit is None or review.size <= limit[0]:
        return []
    return [f"Size {review.size} is above {limit[0]}: {notes.quoted(limit[1], 160)}"]


def _sentences(review: Review, notes: Notebook) -> list[str]:
    removed = ["removed check"] if any("removed check" in entry for entry in review.lines) else []
    found = []
    for about in (*review.areas, *removed, "test for each change"):
        sentence, mark = notes.most_about(f"{about} review")
        if re.search(about.split()[0], sentence, re.IGNORECASE):
            found.append(f"“{line(sentence, 200)}” {mark}")
    return list(dict.fromkeys(found))[:5]
