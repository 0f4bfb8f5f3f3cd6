"""The legal pages: complete without JavaScript, every version and clause at a lasting address."""

import gzip
import json
from urllib.parse import urlsplit

import pytest

from app.config import ROOT
from app.legal import library
from tests.legal.test_library import Shelf

CACHED = ("favicon.svg",)


@pytest.fixture
def shelf(app, tmp_path, monkeypatch) -> Shelf:
    monkeypatch.setattr(library, "CONTENT", tmp_path)
    return Shelf(tmp_path)


def test_the_index_names_every_policy_with_its_version_and_date(client):
    page = client.get("/legal/")

    assert "Terms of service" in page and "v1.0" in page and "13 June 2026" in page
    assert client.click("Terms of service").path == "/legal/terms"


def test_a_policy_shows_its_contents_facts_summary_and_text(client):
    page = client.get("/legal/terms")

    assert page.h1 == "Terms of service"
    assert "In force" in page.find(class_="doc-head").text and "13 June 2026" in page.find(class_="doc-head").text
    assert len(page.find(class_="prose").all("section")) == 16
    assert "Initial public legal policy system" in page.find(class_="legal-side").text


def test_every_link_on_the_page_leads_to_something(client):
    page = client.get("/legal/terms")
    ids = {node.id for node in page.root.walk() if node.id}

    for link in page.all("a"):
        href = urlsplit(link["href"])
        if href.scheme or href.netloc:
            assert link["href"] == "mailto:hello@leenops.com"
        elif not href.path:
            assert href.fragment in ids
        else:
            assert client.get(href.path).status == 200, link["href"]


def test_every_clause_can_be_linked(client):
    page = client.get("/legal/terms")

    for section in library.version("terms", "1.0").sections:
        assert page.find("h2", id=section.anchor)
        for clause in section.clauses:
            assert page.find("li", id=clause.anchor).find("a", href=f"#{clause.anchor}").text == clause.number


def test_a_version_has_an_address_for_ever(client):
    assert client.get("/legal/terms/v1.0").h1 == "Terms of service"


@pytest.mark.parametrize(
    "path", ["nothing", "terms/v9.9", "terms/v", "nothing.md", "nothing.json", "%2e%2e/secret", "a" * 300]
)
def test_what_is_not_there_is_a_404(client, path):
    assert client.get(f"/legal/{path}").status == 404


def test_an_old_version_says_so_and_leads_to_the_one_in_force(client, shelf):
    shelf.put("1.0")
    shelf.put("2.0")

    page = client.get("/legal/rules/v1.0")

    assert "You are reading an old version." in page
    assert client.click("Read the one in force").h1 == "House rules"
    assert "old version" not in client.page


def test_an_announced_version_says_when_it_takes_effect(client, shelf):
    shelf.put("1.0")
    shelf.put("2.0", published_on="2026-06-13", effective_on="2999-02-01")

    assert "Takes effect on 1 February 2999." in client.get("/legal/rules/v2.0")
    assert "2.0" in client.get("/legal/rules").find(class_="legal-side").text


def test_the_change_log_is_newest_first(client, shelf):
    for number in ("1.0", "1.9", "1.10"):
        shelf.put(number)

    entries = client.get("/legal/rules").find(class_="legal-side").find("ol").all("li")

    assert [entry.find("h3").text.split()[0] for entry in entries] == ["1.10", "1.9", "1.0"]


def test_the_markdown_is_the_text(client):
    page = client.get("/legal/terms.md")

    assert page.response.mimetype == "text/markdown"
    text = page.body.decode()
    assert text.startswith("# Terms of service\n\nVersion 1.0, in force since 2026-06-13.")
    assert "{#liability-cap}" in text


def test_the_json_has_every_clause_and_the_hash_of_what_was_published(client):
    policy = client.get("/legal/terms.json").json

    assert (policy["slug"], policy["version"], policy["effective_on"]) == ("terms", "1.0", "2026-06-13")
    assert policy["sha256"] == library.version("terms", "1.0").sha256
    assert [section["number"] for section in policy["sections"]][1:] == [str(n) for n in range(1, 16)]
    assert all(clause["text"] for section in policy["sections"] for clause in section["clauses"])
    assert policy["versions"][0]["summary"] == "Initial public legal policy system"
    assert json.dumps(policy)


@pytest.mark.parametrize("path", ["/", "/legal/", "/legal/terms"])
def test_a_public_page_has_no_script_and_comes_in_45_kilobytes(client, path):
    page = client.get(path)
    assert not page.all("script")

    files = {
        urlsplit(node["href"]).path.removeprefix("/static/") for node in page.all("link") if "/static/" in node["href"]
    }
    files |= {urlsplit(node["href"]).path.removeprefix("/static/") for node in page.all("use")}
    packed = {name: len(gzip.compress((ROOT / "static" / name).read_bytes(), 6)) for name in files}
    packed["page"] = len(gzip.compress(page.body, 6))
    assert sum(packed.values()) <= 45 * 1024, packed
