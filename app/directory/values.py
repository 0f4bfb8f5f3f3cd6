"""Reading what somebody types for an entry. It is kept as it compares, so that it names that and nothing else."""

import re
import unicodedata

from app.dataflow.origins import Kind, compared
from app.dataflow.signs import misleading, spelled
from app.directory.models import EntryKind
from app.errors import Invalid
from app.workspaces.domains import is_domain, is_public

LONGEST = 500
PLAIN = frozenset({EntryKind.ADDRESS, EntryKind.DOMAIN, EntryKind.LINK})
"""Kinds that are written with the signs of every keyboard."""
_LINK = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?([/?#]\S*)?", re.IGNORECASE)
"""A host with nothing before it: https://bank.example@evil.example/ leads to evil.example."""


def read_value(kind: EntryKind, typed: str) -> tuple[str, str]:
    """The value as people read it and as it compares. Raises Invalid with what to type instead."""
    value = " ".join(unicodedata.normalize("NFC", typed).split())
    if not value or len(value) > LONGEST:
        raise Invalid(f"Write 1 to {LONGEST} characters.")
    _refuse_misleading(kind, value)
    folded = _domain(value) if kind is EntryKind.DOMAIN else compared(value, Kind(kind))
    if kind is EntryKind.LINK and not _LINK.fullmatch(value):
        folded = ""
    if not any(sign.isalnum() for sign in folded):
        raise Invalid(f"“{_short(value)}” does not fit. {HOW[kind]}")
    return value, folded


HOW = {
    EntryKind.ADDRESS: "Write a mail address like name@company.example.",
    EntryKind.DOMAIN: "Write a domain like company.example.",
    EntryKind.PARTY: "Write the name as it stands on invoices.",
    EntryKind.LINK: "Write a web address like https://hooks.company.example/orders.",
    EntryKind.WORD: "Write it as agents have to give it, like #incidents.",
}


def _refuse_misleading(kind: EntryKind, value: str) -> None:
    sign = misleading(value)
    if not sign and kind in PLAIN:
        sign = next((sign for sign in value if not sign.isascii()), "")
    if sign:
        raise Invalid(f"“{_short(value)}” holds {spelled(sign)}, which misleads who reads it. Type it anew.")


def _domain(value: str) -> str:
    """Raises Invalid for a domain at which anybody can have an address."""
    domain = value.lower().removeprefix("@")
    if not is_domain(domain):
        return ""
    if is_public(domain):
        raise Invalid(f"Anybody can have an address at {domain}. Add the single mail address instead.")
    return domain


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:59]}…"
