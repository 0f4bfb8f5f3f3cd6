"""Words for the same kind of expense: a rule about meals is about lunch."""

from app.runs.sandbox.reading.remembering import remembered
from app.runs.sandbox.reading.terms import stem, telling_stems, words

_KIN = {
    "meal": "lunch dinner breakfast food restaurant meals meal catering essen maaltijd repas",
    "hotel": "lodging accommodation room hotel overnight übernachtung hébergement",
    "taxi": "cab uber bolt ride taxi taxis",
    "train": "rail train trein bahn",
    "car": "mileage kilometre kilometres car",
    "alcohol": "wine beer bar drinks champagne whisky vodka cocktail",
}


@remembered(1024)
def kinds_of(text: str) -> frozenset[str]:
    """The stems of a text, with those of the kinds of expense that its words belong to."""
    own = telling_stems(text)
    return own | {stem(kind) for kind, kin in _KIN.items() if own & _stems_of(kin)}


@remembered(16)
def _stems_of(kin: str) -> frozenset[str]:
    return frozenset(stem(word) for word in kin.split())


def names_alcohol(text: str) -> bool:
    """Whether one of its words is a drink."""
    return not set(_KIN["alcohol"].split()).isdisjoint(words(text))
