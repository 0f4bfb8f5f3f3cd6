"""The public pages: whole without an account or a script, and every link of them leads somewhere."""

import re
from urllib.parse import urlsplit

import pytest

from app.config import ROOT
from app.site.share import WORDS
from app.site.teams import TEAMS

TEAM_PAGES = [f"/solutions/{key}" for key in TEAMS]
PAGES = ["/", "/product", *TEAM_PAGES, "/security"]
OTHERS = ["/legal/", "/legal/terms"]


def test_the_home_page_says_what_it_is(client):
    page = client.get("/")

    assert page.h1 == "Agents that ask before they act."


@pytest.mark.parametrize("path", PAGES + OTHERS)
def test_a_page_is_whole_for_a_stranger_without_a_script(client, path):
    page = client.get(path, follow=False)

    assert page.status == 200
    assert not page.all("script") and "Set-Cookie" not in page.headers
    assert [link["href"] for link in page.all("link", rel="canonical")] == [f"http://localhost{path}"]
    assert 50 <= len(page.find("meta", name="description")["content"]) <= 200


@pytest.mark.parametrize("path", PAGES + OTHERS)
def test_a_shared_link_shows_a_picture_that_is_there(client, path):
    page = client.get(path)
    said = {node["property"]: node["content"] for node in page.all("meta") if node.get("property")}

    assert said["og:url"] == f"http://localhost{path}" and said["og:type"] == "website"
    assert said["og:title"] and said["og:description"] and said["og:image:alt"]
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    picture = client.get(said["og:image"].removeprefix("http://localhost"))
    assert picture.status == 200 and picture.headers["Content-Type"] == "image/png"
    assert page.find("meta", name="twitter:card")["content"] == "summary_large_image"


def test_the_pictures_are_the_right_size_and_light(client):
    pictures = sorted((ROOT / "static" / "share").glob("*.png"))

    assert {path.stem for path in pictures} == set(WORDS)
    for path in pictures:
        head = path.read_bytes()[16:24]
        assert (int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")) == (1200, 630)
        assert path.stat().st_size < 60_000
    assert sum(path.stat().st_size for path in pictures) < 600_000


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_something(client, path):
    broken = []
    for href in {link["href"] for link in client.get(path).all("a")}:
        target = urlsplit(href)
        if target.scheme == "mailto":
            continue
        assert not target.netloc
        there = client.get(target.path or path)
        ids = {node.id for node in there.root.walk() if node.id}
        if there.status != 200 or (target.fragment and target.fragment not in ids):
            broken.append(href)

    assert not broken


@pytest.mark.parametrize("path", PAGES + OTHERS)
def test_a_reader_knows_where_they_are(client, path):
    nav = client.get(path).find("nav", aria_label="Main")
    here = [node.text for node in nav.walk() if node.get("aria-current")]

    known = {"/": [], "/product": ["Product"], "/legal/": ["Policies"], "/legal/terms": ["Policies"], "/security": []}
    assert here == known.get(path, ["Solutions"])


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_the_open_list_of_teams_marks_the_one_on_screen(client, path):
    page = client.get(path)
    marked = [link["href"] for link in page.all("a") if link.get("aria-current") == "page"]

    assert marked == [path, path]  # in the popover and in the menu of small screens


@pytest.mark.parametrize("path", PAGES)
def test_a_page_promises_only_what_there_is(client, path):
    text = client.get(path).find("main").text.lower()

    for promise in (
        "per day",
        "ceiling",
        "tried on",
        "integration",
        "slack",
        "help desk",
        "delete it yourself",
        "single sign-on",
        "passkey",
        "mcp",
        "api",
    ):
        assert not re.search(rf"\b{promise}\b", text), promise


@pytest.mark.parametrize("path", PAGES)
def test_it_is_written_as_we_write(client, path):
    words = client.get(path).find("main").text

    for told in ("What it was given", "Its report", "Evidence"):
        words = words.partition(told)[0]  # from there on a customer or the model speaks
    assert not re.search(r"\b(please|sorry|simply|magic|invalid|oops)\b|!|—", words, re.I)


def test_no_page_for_reading_sets_a_cookie(client):
    for path in ("/healthz", "/robots.txt", "/sitemap.xml", "/.well-known/security.txt"):
        assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize("path", ["/nothing", "/%00", "/w", "/.well-known/", "/legal/terms/", "/..%2f..%2fetc/passwd"])
def test_what_is_not_there_is_answered_with_a_page(client, path):
    page = client.get(path, follow=False)

    assert page.status in (303, 308, 404)


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/readyz", "/robots.txt", "/sitemap.xml"])
def test_public_pages_take_nothing(client, path):
    assert client.post(path, {"csrf_token": client.token()}).status == 405
