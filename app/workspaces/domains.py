"""Which mail domains are a company's own. An address elsewhere is outside, and agents ask before they write to it."""

import re
from functools import lru_cache
from pathlib import Path

from app.errors import Invalid

MAX_DOMAINS = 20
_DOMAIN = re.compile(r"(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def company_domains_of(email: str) -> list[str]:
    """The domain of this address, if it can be a company's own; otherwise nothing."""
    domain = email.rpartition("@")[2]
    return [domain] if is_domain(domain) and not is_public(domain) else []


def checked_domains(domains: list[str]) -> list[str]:
    """Mail domains in lower case, each once. Raises Invalid naming the one that is none, or everybody's."""
    plain = list(dict.fromkeys(d.strip().lower().removeprefix("@") for d in domains if d.strip()))
    if len(plain) > MAX_DOMAINS:
        raise Invalid(f"Enter at most {MAX_DOMAINS} domains.", field="domains")
    if wrong := [d for d in plain if not is_domain(d)]:
        raise Invalid(f"Enter domains like company.example, one per line. “{wrong[0][:60]}” is none.", field="domains")
    if everybodys := [d for d in plain if is_public(d)]:
        sentence = f"Remove “{everybodys[0]}”: anybody can have an address there, so agents would write to anybody."
        raise Invalid(sentence, field="domains")
    return plain


def is_domain(text: str) -> bool:
    """Whether this is a domain, written in lower case."""
    return _DOMAIN.fullmatch(text) is not None


def is_public(domain: str) -> bool:
    """Whether anybody can have an address at this domain: a mail provider's, or one below it."""
    labels = domain.split(".")
    return any(".".join(labels[n:]) in _providers() for n in range(len(labels) - 1))


@lru_cache
def _providers() -> frozenset[str]:
    lines = Path(__file__).with_name("public_mail_domains.txt").read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
