"""Cells of an export that a spreadsheet shows as words and never works out: the one guard of every CSV."""

import unicodedata

_STARTS = frozenset("=+-@\u2212")
"""What begins a formula in Excel, LibreOffice or Google Sheets. Wide and small forms of these fold to them."""
_SKIPPED = ("C", "Z")
"""Unicode categories that an import may drop: controls such as tab and CR, formats such as BOM, spaces."""


def safe(cell: str) -> str:
    """`cell` with an apostrophe before it when it could be read as a formula, also after what an import drops."""
    first = next((c for c in cell if unicodedata.category(c)[0] not in _SKIPPED), "")
    starts = unicodedata.normalize("NFKC", first)[:1] in _STARTS
    return f"'{cell}" if starts or cell[:1] in ("\t", "\r", "\n") else cell
