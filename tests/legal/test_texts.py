"""The policies that ship: complete, in one form, and leading nowhere that is not there."""

import re

import pytest

from app.legal import library
from app.legal.texts import Policy

SLUGS = (
    "terms", "acceptable-use", "privacy", "security", "refunds-cancellation", "dpa", "ai-human-review",
    "third-party-byok", "secure-secret-handling", "enforcement-appeals", "subprocessors", "cookies", "policy-changes",
    "data-export-deletion", "vulnerability-disclosure", "support-status",
)  # fmt: skip
LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(params=SLUGS)
def policy(app, request) -> Policy:
    return library.version(request.param, "1.0")


def test_there_are_sixteen_and_no_more(app):
    assert sorted(library.slugs()) == sorted(SLUGS)


def test_each_is_of_the_first_publication(policy):
    assert (policy.version, str(policy.published_on), str(policy.effective_on)) == ("1.0", "2026-06-13", "2026-06-13")
    assert policy.summary and policy.sections[0].anchor == "preamble" and policy.words > 400


def test_its_notes_lead_to_its_clauses(policy):
    assert policy.notes and all(note.at in policy.anchors for note in policy.notes if note.at)


def test_every_link_leads_somewhere(policy, client):
    for target in LINK.findall(policy.source):
        path, _, anchor = target.partition("#")
        slug = path.removeprefix("/legal/")
        if target == "mailto:hello@leenops.com":
            continue
        if slug not in SLUGS:
            assert client.get(path).status == 200, target
            continue
        assert not anchor or anchor in library.version(slug, "1.0").anchors, target


def test_it_is_written_as_we_write(policy):
    words = policy.source + policy.summary + " ".join(note.says for note in policy.notes)

    assert not re.search(r"—|!|\bshall\b|\bplease\b|\bsorry\b", words, re.IGNORECASE)
    assert not re.search(r"\b(clause|section) \d", words, re.IGNORECASE), "numbers change: link to the anchor"


def test_a_list_in_a_clause_is_a_list(policy):
    for section in policy.sections:
        for clause in section.clauses:
            assert not re.search(r"<p>[^<]*\n- ", str(clause.html)), clause.anchor
