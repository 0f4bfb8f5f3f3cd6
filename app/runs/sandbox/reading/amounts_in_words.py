"""Amounts that are written out, like "two hundred euros": seen, so that nobody takes another number for them."""

import re

_SMALL = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand"
)
_GERMAN = r"(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|dreissig|hundert|tausend|zig|zehn|und)+"
_FRENCH = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|vingts?|trente|quarante|cinquante|soixante|cents?|mille"
)
_DUTCH = r"twee|drie|vijf|zes|zeven|tien|twintig|dertig|veertig|vijftig|\w*honderd\w*|duizend"
_SPANISH = r"veinte|treinta|cuarenta|cincuenta|cien|ciento|doscientos|mil"
_MONEY = (
    r"euros?|dollars?|pounds?|quid|bucks|francs?|franken|pfund|livres|pond|libras|dólares|zloty|kron(?:or|er|en)|rupees"
)
_WRITTEN_OUT = re.compile(
    rf"\b(?:{_SMALL}|{_GERMAN}|{_FRENCH}|{_DUTCH}|{_SPANISH})(?:[ -](?:and[ -])?\w+){{0,4}}?[ -](?:{_MONEY})\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


def written_out(text: str) -> str:
    """The first amount in words; empty when there is none."""
    found = (m.group() for m in _WRITTEN_OUT.finditer(text))
    return next((words for words in found if not _DIGIT.search(words)), "")
