"""Atom feeds: read back by a feed reader they say what they were given, and nothing breaks the document."""

from datetime import UTC, date, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import feedparser
import pytest

from app.feeds import ATOM, Entry, Feed, at_midnight, atom, tag_uri

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_feed(*entries: Entry, **fields):
    given = {
        "id": tag_uri("news"),
        "title": "News",
        "link": "https://a.example/news",
        "self_link": "https://a.example/news.atom",
        "updated": NOON,
    }
    return Feed(**given | fields, entries=entries)


def an_entry(**fields):
    given = {"id": tag_uri("news", "1"), "title": "One", "link": "https://a.example/news/1", "updated": NOON}
    return Entry(**given | fields)


def test_a_reader_finds_everything_that_was_said():
    entry = an_entry(published=NOON - timedelta(days=1), summary="Short", html="<p>Long</p>", categories=["Mail"])

    read = feedparser.parse(atom(a_feed(entry, subtitle="All of it")))

    assert not read.bozo and read.version == "atom10"
    assert (read.feed.id, read.feed.title, read.feed.subtitle) == ("tag:leenops.com,2026:news", "News", "All of it")
    assert (read.feed.updated, read.feed.author) == ("2026-11-20T12:00:00Z", "LeenOps")
    assert {link.rel: link.href for link in read.feed.links} == {
        "self": "https://a.example/news.atom",
        "alternate": "https://a.example/news",
    }
    (found,) = read.entries
    assert (found.id, found.title, found.link) == ("tag:leenops.com,2026:news/1", "One", "https://a.example/news/1")
    assert (found.published, found.updated) == ("2026-11-19T12:00:00Z", "2026-11-20T12:00:00Z")
    assert (found.summary, found.content[0].value, found.tags[0].term) == ("Short", "<p>Long</p>", "Mail")


def test_an_empty_feed_is_a_feed():
    assert not feedparser.parse(atom(a_feed())).bozo


@pytest.mark.parametrize(
    "words", ["Fish & <b>chips</b>", "]]>", "a\x00b\x0bc\x1b", "\ufffe \uffff", "lone \ud800", "Zoë 🐟"]
)
def test_no_words_break_the_document(words):
    entry = an_entry(title=words, summary=words, html=words, categories=[words], author=words)

    root = ET.fromstring(atom(a_feed(entry, title=words, subtitle=words)))

    kept = "".join(
        c
        for c in words
        if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe") or c > "\uffff"
    )
    assert root.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}title") == kept


def test_moments_are_written_in_utc_and_need_a_zone():
    summer = datetime(2026, 11, 20, 14, tzinfo=timezone(timedelta(hours=2)))

    assert b"<updated>2026-11-20T12:00:00Z</updated>" in atom(a_feed(updated=summer))
    with pytest.raises(ValueError, match="UTC"):
        atom(a_feed(updated=datetime(2026, 11, 20)))


def test_names_do_not_depend_on_the_host():
    assert tag_uri("legal", "terms", "1.0") == "tag:leenops.com,2026:legal/terms/1.0"
    assert at_midnight(date(2026, 6, 13)) == datetime(2026, 6, 13, tzinfo=UTC)
