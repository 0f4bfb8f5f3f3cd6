"""The currency a company keeps its books in."""

from collections import Counter

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.reading.amounts import find_amounts


def house_currency(case: Case, notes: Notebook) -> str:
    """The workspace's currency, else the one its documents use most; empty when neither says."""
    if case.currency:
        return case.currency
    counted = Counter(a.currency for a in find_amounts(notes.knowledge) if a.currency)
    return counted.most_common(1)[0][0] if counted else ""
