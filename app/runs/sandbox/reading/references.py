"""Numbers that name things: orders, invoices, tickets, purchase orders, pull requests."""

import re

from app.runs.sandbox.reading.remembering import remembered

_LABELS = {
    "order": r"order|bestelling|bestell(?:ung|nummer|nr)?|auftrag(?:snummer)?|commande|pedido|ordine|booking|reservation",
    "invoice": r"invoice|inv|rechnung(?:snummer)?|facture|factuur(?:nummer)?|factura|fattura|bill",
    "ticket": r"ticket|case|issue|request|zaak|vorgang",
    "purchase_order": r"purchase order|p\.?o\.?|inkooporder|bestellnummer|bon de commande",
}
_PREFIX = {"order": "ORD|SO", "invoice": "INV|RE|RG|FA|FAC", "ticket": "TCK|TKT|CASE|INC", "purchase_order": "PO"}
_TOKEN = r"(?P<token>#?[A-Z]{0,6}[-/#]?\d[\w/-]*|[A-Z]{1,6}[-_]\w*\d[\w/-]*)"
_LINK = r"[ \t]*(?:(?:nummer|number|num|no|nr|id|ref(?:erence)?|n[°ºo])\b\.?)?[ \t]*(?:[:=#№]|is\b)?[ \t]*(?:(?:nummer|number|no|nr)\b\.?)?[ \t]*[:#]?[ \t]*"
_LABELLED = {
    kind: re.compile(rf"(?<![\w-])(?i:{label})(?i:{_LINK}){_TOKEN}", re.UNICODE) for kind, label in _LABELS.items()
}
_PREFIXED = {kind: re.compile(rf"(?<![\w-])(?:{sign})[-_/# ]?\d[\w/-]*") for kind, sign in _PREFIX.items()}
_BARE = re.compile(r"(?<![\w-])[A-Z]{2,6}[-_/](?:\d{4}[-_/])?\d{2,}[\w-]*|(?<!\w)#\d{3,}")


@remembered(128)
def find_references(text: str, kind: str) -> tuple[str, ...]:
    """Numbers labelled as `kind` (order, invoice, ticket, purchase_order), in reading order, without the hash sign."""
    found = [(m.start(), m["token"]) for m in _LABELLED[kind].finditer(text)]
    found += [(m.start(), m.group()) for m in _PREFIXED[kind].finditer(text)]
    return tuple(dict.fromkeys(_bare(token) for _, token in sorted(found) if _is_reference(token)))


def _bare(token: str) -> str:
    return token.strip("#.,;:/-_ ")


def _is_reference(token: str) -> bool:
    """Three digits or more, and not a date."""
    digits = re.sub(r"\D", "", token)
    return len(digits) >= 3 and not re.fullmatch(r"\d{4}-\d\d?-\d\d?|\d{1,2}[-/]\d{1,2}[-/]\d{2,4}", _bare(token))


def find_reference(text: str, *kinds: str) -> str:
    """The first number of the first of `kinds` that has one, else one that looks like a reference, else empty."""
    for kind in kinds:
        if found := find_references(text, kind):
            return found[0]
    return next(iter(find_loose_references(text)), "")


@remembered(128)
def find_loose_references(text: str) -> tuple[str, ...]:
    """Numbers without a label that look like references, as HU-70011 and #70011 do."""
    return tuple(dict.fromkeys(_bare(m.group()) for m in _BARE.finditer(text)))
