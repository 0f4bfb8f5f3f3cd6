"""The terms of service 1.0: fifteen clauses, their facts and figures, at addresses that last."""

import re

import pytest

from app.legal.library import version

ANCHORS = (
    "preamble",
    "about",
    "accounts",
    "data",
    "ai",
    "acceptable-use",
    "third-parties",
    "keys",
    "fees",
    "ip",
    "confidentiality",
    "security",
    "disclaimers",
    "liability",
    "changes",
    "contact",
)
FACTS = {
    "preamble": ("website", "authority", "order form", "data processing addendum", "signed"),
    "about": ("engineering", "marketing", "finance", "operations", "customer support", "reports", "knowledge"),
    "accounts": ("credentials", "rights", "reach", "suspect", "suspend", "restrict", "security", "law", "operations"),
    "data": ("prompts", "files", "knowledge", "API keys", "instructions", "ownership"),
    "ai": ("legal", "financial", "medical", "security", "hiring", "insurance", "review"),
    "acceptable-use": (
        "unlawful",
        "malware",
        "phishing",
        "spam",
        "credentials",
        "harassment",
        "exploitation",
        "adult content",
        "without permission",
    ),
    "third-parties": ("model providers", "APIs", "hosting", "analytics", "outages", "prices", "features", "data"),
    "keys": (
        "provider",
        "permissions",
        "costs",
        "data",
        "contact form",
        "screenshot",
        "support message",
        "secure process",
    ),
    "fees": ("order form", "pricing page", "checkout", "written agreement", "refund and cancellation policy", "law"),
    "ip": ("software", "documentation", "templates", "trademarks", "host", "process", "transmit", "secure", "display"),
    "confidentiality": ("reasonable care", "purpose", "public", "independently", "lawfully", "law requires"),
    "security": ("administrative", "technical", "organisational", "security policy", "access controls", "API keys"),
    "disclaimers": ("as is", "as available", "interruption", "error", "accurate"),
    "liability": (
        "indirect",
        "incidental",
        "special",
        "consequential",
        "exemplary",
        "punitive",
        "lost profit",
        "three months",
    ),
    "changes": ("Material", "website", "through the service", "goes on using", "accepts"),
    "contact": ("hello@leenops.com",),
}


@pytest.fixture
def terms(app):
    return version("terms", "1.0")


def words_of(section) -> str:
    return " ".join(clause.text for clause in section.clauses)


def test_the_front_matter_is_that_of_the_first_publication(terms):
    assert str(terms.published_on) == str(terms.effective_on) == "2026-06-13"
    assert terms.summary == "Initial public legal policy system"
    assert (terms.is_material, terms.acceptance) == (True, "click")


def test_there_are_fifteen_clauses_after_the_preamble_in_their_order(terms):
    assert tuple(section.anchor for section in terms.sections) == ANCHORS
    assert [section.number for section in terms.sections] == ["", *map(str, range(1, 16))]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_each_clause_keeps_its_facts(terms, anchor):
    section = next(section for section in terms.sections if section.anchor == anchor)

    missing = [fact for fact in FACTS[anchor] if fact.lower() not in words_of(section).lower()]
    assert not missing


def test_the_five_duties_of_a_customer_are_all_there(terms):
    accounts = next(section for section in terms.sections if section.anchor == "accounts")

    assert "five things" in accounts.clauses[0].text and accounts.clauses[0].text.count(";") == 4


def test_anchors_start_with_the_name_of_their_section(terms):
    assert all(c.anchor.startswith(f"{s.anchor}-") for s in terms.sections for c in s.clauses)


def test_it_is_written_as_we_write(terms):
    text = " ".join(words_of(section) for section in terms.sections)

    assert not re.search(r"\b(please|sorry|simply|magic|herein|hereby|forbidden)\b|!", text, re.I)
