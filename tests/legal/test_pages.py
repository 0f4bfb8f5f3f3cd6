"""The legal pages: complete without JavaScript, every version and clause at a lasting address."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest

from app.config import ROOT
from app.legal import library
from tests.factories import a_user
from tests.pages import Browser

CACHED = ("favicon.svg",)


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


@pytest.mark.parametrize("path", ["/v1.0", "/compare/1.0...1.0"])
def test_a_printed_sheet_says_where_it_came_from(app, client, path):
    page = client.get(f"/legal/terms{path}")

    source = f"LeenOps, {app.config['SETTINGS'].base_url}/legal/terms{path}"
    assert page.find("p", **{"class": "print-only"}).text == source


def test_a_day_that_is_past_is_told_as_past(client):
    page = client.get("/legal/changes")

    assert "took effect 13 June 2026" in page and "takes effect 13 June 2026" not in page


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


# ---- versions of a policy ----

SECOND = """
## Before you start {#preamble}

1. These rules are for everyone who works here. {#preamble-scope}

## What you may not do {#may-not}

1. Break things. {#may-not-break}
2. Hide what you broke. {#may-not-hide}

## What you may do {#may}

1. Automate **your own** work. {#may-own}
"""


@pytest.fixture
def rules(shelf) -> Any:
    """House rules 1.0 of 13 June and 1.1 of 1 October 2026, without the clause `may-ask` and in another order."""
    shelf.put("1.0")
    shelf.put("1.1", SECOND, published_on="2026-08-15", effective_on="2026-10-01", notice_days=30)
    shelf.publish()
    return shelf


@pytest.fixture
def coming(rules) -> None:
    day = datetime.now(UTC).date()
    dates = {"published_on": day - timedelta(days=10), "effective_on": day + timedelta(days=20), "notice_days": 30}
    rules.put("2.0", SECOND.replace("Break things", "Break anything"), **dates)
    rules.publish()


def test_an_old_version_says_so_and_leads_to_the_one_in_force(client, rules):
    page = client.get("/legal/rules/v1.0")

    assert "You are reading an old version." in page and "13 June 2026 to 30 September 2026" in page
    assert client.click("Read the one in force").path == "/legal/rules"
    assert "old version" not in client.page


def test_each_clause_of_an_old_version_leads_to_the_same_clause_today(client, rules):
    page = client.get("/legal/rules/v1.0")

    told = {item.id: item.find(class_="then").text for item in page.find(class_="prose").all("li") if item.id}
    assert told["may-own"].startswith("The same today, 2.1") and told["preamble-scope"].startswith("Changed since")
    assert told["may-ask"].startswith("No longer in the policy")
    today = client.get("/legal/rules")
    for anchor in told:
        assert page.find("li", id=anchor).find(class_="then").find("a")["href"] == f"/legal/rules#{anchor}"
        assert today.find(id=anchor), anchor
    assert today.find("li", id="may-ask").find("a")["href"] == "/legal/rules/v1.0#may-ask"


def test_a_clause_under_a_new_name_keeps_its_old_address(client, rules):
    body = SECOND.replace("{#may-own}", "{#may-automate}")
    rules.put(
        "1.2",
        body,
        published_on="2026-10-05",
        effective_on="2026-11-10",
        notice_days=30,
        moved="{may-own: may-automate}",
    )
    rules.publish()

    assert client.get("/legal/rules").find("li", id="may-automate").find(id="may-own")
    assert "The same today" in client.get("/legal/rules/v1.0").find("li", id="may-own").text


@pytest.mark.parametrize("path", ["", "/v1.0", "/v2.0", "/compare/1.0...1.1", "/as-of/2026-06-20"])
def test_every_link_around_a_version_leads_to_something(client, coming, path):
    for link in client.get(f"/legal/rules{path}").find("main").all("a"):
        target = urlsplit(link["href"])
        if target.path and not target.scheme:
            assert client.get(target.path).status == 200, link["href"]


def test_an_announced_version_says_when_it_takes_effect(client, coming):
    page = client.get("/legal/rules/v2.0")
    assert "Takes effect on" in page.find(class_="note").text and "Announced" in page.find(class_="doc-head").text

    page = client.get("/legal/rules")
    assert "Version 2.0 takes effect on" in page and page.find("a", href="/legal/rules/compare/1.1...2.0")
    assert "What is coming" in client.get("/legal/") and "House rules 2.0" in client.page


def test_the_change_log_is_newest_first_and_says_how_much_changed(client, rules):
    log = client.get("/legal/rules").find(class_="legal-side").find("ol")

    entries = log.all("li")
    assert [entry.find("h3").text.split()[0] for entry in entries] == ["1.1", "1.0"]
    assert "passages added" in entries[0].text and "removed" in entries[0].text
    assert entries[0].find("a", href="/legal/rules/compare/1.0...1.1")


def test_the_redline_marks_what_came_and_went_in_words_too(client, rules):
    page = client.get("/legal/rules/compare/1.0...1.1")

    assert page.status == 200 and "Changes from version 1.0 to 1.1." in page
    scope = page.find("li", id="preamble-scope")
    assert scope.find("ins").text == "[added] who works here"
    assert "Removed; it was 1.2" in page.find("li", id="may-ask").text
    assert [a.text for a in page.find(class_="legal-nav").all("a", class_="changed")]
    assert "Was 1.1" in page.find("li", id="may-own").text


def test_two_versions_the_wrong_way_round_lead_to_the_right_one(client, rules):
    page = client.get("/legal/rules/compare/1.1...1.0")

    assert page.path == "/legal/rules/compare/1.0...1.1"
    assert "The words are the same." in client.get("/legal/rules/compare/1.0...1.0")


@pytest.mark.parametrize(
    ("day", "version"), [("2026-06-13", "1.0"), ("2026-06-20", "1.0"), ("2026-09-30", "1.0"), ("2026-10-01", "1.1")]
)
def test_a_policy_can_be_read_as_it_stood_on_a_day(client, rules, day, version):
    page = client.get(f"/legal/rules/as-of/{day}")

    assert page.status == 200 and "As it stood on" in page
    assert page.find(class_="doc-head").find("b").text == version
    assert page.find("link", rel="canonical")["href"].endswith("/v1.0" if version == "1.0" else "/legal/rules")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("rules/as-of/2026-06-12", "no version was in force on 12 June 2026. The first took effect on 13 June 2026."),
        ("rules/as-of/2999-01-01", "1 January 2999 is to come. No change is announced up to then"),
        ("rules/as-of/2026-02-30", "There is no such day."),
        ("rules/as-of/yesterday", "There is no such day."),
        ("rules/as-of/20260620", "There is no such day."),
        ("rules/as-of/٢٠٢٦-٠٦-٢٠", "There is no such day."),
        ("nothing/as-of/2026-06-20", "There is no policy of that name."),
        ("rules/compare/1.0...9.9", "There is no such version of this policy."),
        ("rules/compare/1.0", "Name two versions"),
        ("rules/compare/1.0..1.1", "Name two versions"),
        ("nothing/compare/1.0...1.1", "There is no such version of this policy."),
        ("rules/v9.9", "There is no such version of this policy."),
        ("rules/v9.9.pdf", "There is no such version of this policy."),
        ("nothing.atom", "There is no policy of that name."),
        ("nothing/read", "There is no policy of that name."),
        ("changes?since=never", "There is no such day."),
        ("changes?since=2999-01-01", "1 January 2999 is to come."),
    ],
)
def test_what_is_not_there_says_so_and_leads_back(client, rules, path, sentence):
    page = client.get(f"/legal/{path}")

    assert page.status == 404 and sentence in page
    assert page.find("a", href="/legal/")
    assert bool(page.find(class_="fault").all("a", href="/legal/rules")) == path.startswith("rules")


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("version=1.0", "v1.0"),
        ("version=1.1&since=1.0", "compare/1.0...1.1"),
        ("version=1.1&since=", "v1.1"),
        ("version=1.1&since=1.1", "v1.1"),
        ("version=1.1&day=2026-06-20", "compare/1.0...1.1"),
        ("version=1.1&since=&day=2026-10-02", "v1.1?unchanged_since=2026-10-02"),
        ("version=nothing&since=nothing", "v1.1"),
        ("", "v1.1"),
    ],
)
def test_the_form_on_the_page_leads_to_lasting_addresses(client, rules, asked, leads_to):
    page = client.get(f"/legal/rules/read?{asked}", follow=False)

    assert (page.status, page.location) == (303, f"/legal/rules/{leads_to}")


def test_a_day_without_a_later_change_says_that_nothing_changed(client, rules):
    page = client.get("/legal/rules/read?version=1.1&day=2026-10-02")

    assert "Nothing has changed since 2 October 2026." in page
    for by_hand in ("2026-06-20", "2999-01-01"):
        assert "Nothing has changed" not in client.get(f"/legal/rules/v1.1?unchanged_since={by_hand}")
    assert client.get("/legal/rules/v1.1?unchanged_since=never").status == 404


def test_a_day_to_come_names_what_is_announced(client, coming):
    day = datetime.now(UTC).date() + timedelta(days=25)
    page = client.get(f"/legal/rules/as-of/{day}")

    assert page.status == 404 and "What is announced up to then: version 2.0 for" in page
    assert client.click("Version 2.0, announced").path == "/legal/rules/v2.0"


def test_a_change_that_took_effect_since_is_among_the_changes(client, rules):
    assert "House rules 1.1" in client.get("/legal/changes?since=2026-09-30")
    assert "House rules 1.1" not in client.get("/legal/changes?since=2026-10-02")


def test_what_changed_in_any_policy_since_a_day(client, coming):
    assert [h.text.split()[2] for h in client.get("/legal/changes").all("h2")[:3]] == ["2.0", "1.1", "1.0"]

    page = client.get("/legal/changes?since=2026-08-01")

    assert page.h1 == "Policy changes since 1 August 2026" and "House rules 1.0" not in page.find("main").text
    assert "Nothing has changed since" in client.get(f"/legal/changes?since={datetime.now(UTC).date()}")


def relations(header: str) -> dict[str, str]:
    found = {}
    for link in header.split(", "):
        address, *parameters = link.split("; ")
        relation = next(p for p in parameters if p.startswith("rel=")).removeprefix("rel=").strip('"')
        found.setdefault(relation, address.strip("<>").removeprefix("http://localhost"))
    return found


def test_the_link_header_names_the_neighbours_in_time(client, coming):
    middle = relations(client.get("/legal/rules/v1.1").response.headers["Link"])
    first = relations(client.get("/legal/rules/v1.0").response.headers["Link"])

    assert middle["predecessor-version"] == "/legal/rules/v1.0" and middle["successor-version"] == "/legal/rules/v2.0"
    assert middle["latest-version"] == "/legal/rules/v1.1" and middle["version-history"] == "/legal/rules.atom"
    assert "predecessor-version" not in first and first["successor-version"] == "/legal/rules/v1.1"
    assert relations(client.get("/legal/rules").response.headers["Link"])["bookmark"] == "/legal/rules/v1.1"
    for address in middle.values():
        assert client.get(address).status == 200


@pytest.mark.parametrize("path", ["/legal/changes.atom", "/legal/rules.atom"])
def test_the_feeds_are_read_by_feed_readers(client, coming, path):
    response = client.get(path).response
    feed = feedparser.parse(response.data)

    assert response.mimetype == "application/atom+xml" and not feed.bozo
    assert [e.title for e in feed.entries] == ["House rules 2.0", "House rules 1.1", "House rules 1.0"]
    assert feed.entries[0].id.startswith("tag:leenops.com,") and feed.entries[1].link.endswith("/legal/rules/v1.1")
    assert len({e.id for e in feed.entries}) == 3 and "Summary of 2.0" in feed.entries[0].summary


def test_what_has_not_changed_is_not_sent_again(client, rules):
    for path in ("rules", "rules.json", "rules.md", "rules.pdf", "rules.atom", "changes.atom"):
        tag = client.get(f"/legal/{path}").response.headers["ETag"]
        again = Browser(client.app).get(f"/legal/{path}", headers={"If-None-Match": tag}).response

        assert (again.status_code, again.data) == (304, b""), path


def test_a_visitor_sees_a_new_version_although_pages_are_kept(client, rules):
    assert "1.1" in client.get("/legal/rules").find(class_="doc-head").text
    rules.put("1.2", SECOND, published_on="2026-10-05", effective_on="2026-11-10", notice_days=30)
    rules.publish()

    assert "1.2" in client.get("/legal/rules").find(class_="doc-head").text


def test_a_kept_page_shows_nothing_of_who_asked_first(client, rules, browser_of: Callable[[Any], Browser]):
    member = a_user()
    assert "Your workspaces" in browser_of(member).get("/legal/rules")

    assert "Your workspaces" not in client.get("/legal/rules")
    assert "Your workspaces" in browser_of(member).get("/legal/rules")


def test_the_markdown_is_the_text(client):
    page = client.get("/legal/terms.md")

    assert page.response.mimetype == "text/markdown"
    assert "{#liability-cap}" in page.body.decode() and "effective_on: 2026-06-13" in page.body.decode()
    said = client.get("/legal/terms").find(class_="legal-side").find("code").text
    assert (
        hashlib.sha256(page.body).hexdigest() == said.replace(" ", "") == client.get("/legal/terms.json").json["sha256"]
    )


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
