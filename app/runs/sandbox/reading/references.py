"""Numbers that name things: orders, invoices, tickets, purchase orders, pull requests."""

import re

_LABELS = {
    "order": r"order|bestelling|bestell(?:ung|nummer|nr)?|auftrag(?:snummer)?|commande|pedido|ordine|booking|reservation",
    "invoice": r"invoice|inv|rechnung(?:snummer)?|facture|factuur(?:nummer)?|factura|fattura|bill",
    "ticket": r"ticket|case|issue|request|zaak|vorgang",
    "purchase_order": r"purchase order|p\.?o\.?|inkooporder|bestellnummer|bon de commande",
}
_PREFIX = {"order": "ORD|SO", "invoice": "INV|RE|RG|FA|FAC", "ticket": "TCK|TKT|CASE|INC", "purchase_order": "PO"}
_TOKEN = r"(?P<token>#?[A-Z]{0,6}[-/#]?\d[\w/-]*|[A-Z]{1,6}[-_]\w*\d[\w/-]*)"
_LINK = r"[ \t]*(?:(?:nummer|number|num|no|nr|id|ref(?:erence)?|n[°ºo])\b\.?)?[ \t]*(?:[:=#№]|is\b)?[ \t]*(?:(?:nummer|number|no|nr)\b\.?)?[ \t]*[:#]?[ \t]*"
_BARE = re.compile(r"(?<![\w-])[A-Z]{2,6}[-_/](?:\d{4}[-_/])?\d{2,}[\w-]*|(?<!\w)#\d{3,}")


def find_references(text: str, kind: str) -> list[str]:
    """Numbers labelled as `kind` (order, invoice, ticket, purchase_order), in reading order, without the hash sign."""
    labelled = re.compile(rf"(?<![\w-])(?i:{_LABELS[kind]})(?i:{_LINK}){_TOKEN}", re.UNICODE)
    prefixed = re.compile(rf"(?<![\w-])(?:{_PREFIX[kind]})[-_/# ]?\d[\w/-]*")
    found = [(m.start(), m["token"]) for m in labelled.finditer(text)]
    found += [(m.start(), m.group()) for m in prefixed.finditer(text)]
    return list(dict.fromkeys(_bare(token) for _, token in sorted(found) if _is_reference(token)))


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
    loose = _BARE.search(text)
    return _bare(loose.group()) if loose else ""
