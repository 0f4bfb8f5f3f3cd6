"""Whether what a supplier sent fits together: numbers with their check digits, country, domains and names."""

import re

from app.runs.sandbox.plans.vendor_onboarding.vendor import Vendor
from app.runs.sandbox.reading.cues import sets_rules_aside
from app.runs.sandbox.reading.identity import country_code, find_ibans, iban_problem, vat_problem
from app.runs.sandbox.reading.people import FREE_MAIL, host_of, same_domain

_COMPANY_FORMS = {"bv", "gmbh", "ltd", "sarl", "sas", "srl", "sl", "ag", "nv", "inc", "llc", "sa", "limited", "the"}


def misfits_of(v: Vendor) -> list[str]:
    """What a person should look at before this supplier is set up."""
    return [*_numbers(v), *_country(v), *_domains(v), *_holder(v), *_other_accounts(v), *_instructions(v)]


def _numbers(v: Vendor) -> list[str]:
    iban, vat = iban_problem(v.iban) if v.iban else "", vat_problem(v.vat) if v.vat else ""
    found = [f"The bank account {v.iban} {iban}."] if iban else []
    return found + ([f"The VAT number {v.vat} {vat}."] if vat else [])


def _country(v: Vendor) -> list[str]:
    code = country_code(v.country)
    if not code:
        return [f"The country “{v.country}” was not recognised, so it was not compared."] if v.country else []
    bank, tax = v.iban[:2].upper(), re.sub(r"\W", "", v.vat)[:2].upper().replace("EL", "GR")
    found = []
    if bank and bank != code:
        found.append(f"The country is {v.country}, but the bank account begins with {bank}.")
    if tax.isalpha() and len(tax) == 2 and tax != code:
        found.append(f"The country is {v.country}, but the VAT number begins with {tax}.")
    return found


def _domains(v: Vendor) -> list[str]:
    mail_host, host = host_of(v.email), host_of(v.website)
    if mail_host in FREE_MAIL:
        return [f"The contact writes from {mail_host}, a free mail service."]
    if mail_host and host and not same_domain(mail_host, host):
        return [f"The mail domain {mail_host} is not the website's domain {host}."]
    return []


def _holder(v: Vendor) -> list[str]:
    differs = v.holder and v.name and _own_words(v.holder) != _own_words(v.name)
    return [f"The account holder is {v.holder}, not {v.name}."] if differs else []


def _own_words(company: str) -> set[str]:
    return set(re.findall(r"\w+", company.replace(".", "").lower())) - _COMPANY_FORMS


def _other_accounts(v: Vendor) -> list[str]:
    own = re.sub(r"[\s.-]", "", v.iban).upper()
    named = [i for i in find_ibans(v.text.upper()) if i != own and not iban_problem(i)] if own else []
    return [f"Their papers name another bank account: {i}." for i in named]


def _instructions(v: Vendor) -> list[str]:
    return ["What they wrote tells its reader to set rules aside."] if sets_rules_aside(v.text) else []
