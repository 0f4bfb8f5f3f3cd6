"""What is known of a new supplier."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.runs.sandbox.case import Case
from app.runs.sandbox.reading.identity import find_ibans, find_vat_numbers, iban_problem, vat_problem
from app.runs.sandbox.reading.mails import own_words, sender_of
from app.runs.sandbox.reading.people import find_companies, find_emails, find_urls, host_of, same_domain
from app.runs.sandbox.sources import Sheet

_LABELS = {
    field: re.compile(rf"^[ \t>*•-]*(?:{label})[ \t]*[:=][ \t]*([^\n,;]{{2,80}})", re.IGNORECASE | re.MULTILINE)
    for field, label in {
        "website": r"web ?site|homepage|site web|web",
        "country": r"country|land|pays|país",
        "holder": r"account holder|account name|holder|beneficiary|kontoinhaber|rekeninghouder|titulaire",
        "iban": r"iban",
        "vat": r"vat(?: number| no\.?| id)?|ust-?id(?:-?nr\.?)?|btw(?:-?nummer| nr)?|tva|nif|p\.? ?iva",
    }.items()
}
_BASICS = {
    "email": "a contact's mail address",
    "website": "the website",
    "country": "the country of registration",
    "vat": "the VAT number",
    "iban": "the bank account (IBAN)",
    "holder": "the name of the account holder",
}


@dataclass
class Vendor:
    """Each fact out of the form's fields first, then what they wrote, then their documents."""

    name: str
    email: str
    website: str
    country: str
    vat: str
    iban: str
    holder: str
    """Whose bank account it is."""
    text: str
    """What they wrote and their documents."""


def read_vendor(case: Case, sheets: list[Sheet]) -> Vendor:
    """The vendor as far as the form, the message and the files say."""
    text = "\n".join([case.given("notes"), *(s.words for s in sheets)])
    website = case.given("website") or _first(find_urls(text)) or _labelled(text, "website")
    return Vendor(
        name=case.given("vendor_name") or _first(find_companies(text)),
        email=_first(find_emails(case.given("contact_email"))) or _contact(case.given("notes"), text, website),
        website=website,
        country=case.given("country") or _labelled(text, "country"),
        vat=case.given("vat_number") or _labelled(text, "vat") or _first(find_vat_numbers(text)),
        iban=case.given("iban") or _first(find_ibans(text.upper())) or _labelled(text, "iban"),
        holder=case.given("account_holder") or _labelled(text, "holder"),
        text=text,
    )


def _contact(notes: str, text: str, website: str) -> str:
    """Whom to write to: who wrote the notes, else the only address, or the only one at their website; else nobody."""
    if found := sender_of(own_words(notes)):
        return found
    named = find_emails(own_words(notes)) or find_emails(text)
    at_home = [address for address in named if same_domain(host_of(address), host_of(website))]
    return next((listed[0] for listed in (named, at_home) if len(listed) == 1), "")


def _first(found: Sequence[str]) -> str:
    return found[0] if found else ""


def _labelled(text: str, field: str) -> str:
    found = _LABELS[field].search(text)
    return found[1].strip(" .*") if found else ""


def missing_facts(vendor: Vendor) -> list[str]:
    """What every supplier is asked for and this one did not give."""
    return [words for field, words in _BASICS.items() if not getattr(vendor, field)]


def facts(vendor: Vendor) -> list[str]:
    """What is known, line by line, with the checks that it passed."""
    iban = " (check digits hold)" if not iban_problem(vendor.iban) else ""
    vat = " (shape fits)" if not vat_problem(vendor.vat) else ""
    listed = {
        "Name": vendor.name,
        "Mail": vendor.email,
        "Website": vendor.website,
        "Country": vendor.country,
        "VAT number": vendor.vat and vendor.vat + vat,
        "IBAN": vendor.iban and vendor.iban + iban,
        "Account holder": vendor.holder,
    }
    return [f"{label}: {value}" for label, value in listed.items() if value]
