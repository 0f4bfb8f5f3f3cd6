"""Atom feeds (RFC 4287) as bytes. Knows nothing of addresses: who asks says where things are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
MIMETYPE = "application/atom+xml"
_AUTHORITY = "leenops.com,2026"
"""Who names things in our feeds, and since when: never the host that answers, or readers would see all anew."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("", ATOM)


@dataclass(frozen=True)
class Entry:
    """One thing that a reader is told of. `updated` moves only when it should be shown again."""

    id: str
    """From tag_uri(); the same for ever."""
    title: str
    link: str
    """Its page, as a whole address."""
    updated: datetime
    published: datetime | None = None
    summary: str = ""
    """Plain text."""
    html: str = ""
    """The whole content, already cleaned."""
    categories: Sequence[str] = ()
    author: str = ""
    """Who wrote it, when not the feed's author."""


@dataclass(frozen=True)
class Feed:
    """A feed and what is in it, newest first."""

    id: str
    title: str
    link: str
    """The page that shows the same, as a whole address."""
    self_link: str
    """The feed's own address, whole."""
    updated: datetime
    """When anything in it last changed; for a feed with nothing in it, the day it began."""
    entries: Sequence[Entry] = ()
    subtitle: str = ""
    author: str = "LeenOps"
    icon: str = ""


def tag_uri(*parts: str) -> str:
    """A name that stays the same on every host (RFC 4151).

    tag_uri("incidents", "3f") -> tag:leenops.com,2026:incidents/3f. The parts are slugs, ids or versions of ours.
    """
    return f"tag:{_AUTHORITY}:{'/'.join(parts)}"


def at_midnight(day: date) -> datetime:
    """The moment a day begins, UTC: for what has a day and no time."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def atom(feed: Feed) -> bytes:
    """`feed` as an Atom document in UTF-8. Raises ValueError for a time without a zone."""
    root = ET.Element(_name("feed"), {"xml:lang": "en"})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    if feed.subtitle:
        _text(root, "subtitle", feed.subtitle)
    _text(root, "updated", _stamp(feed.updated))
    _author(root, feed.author)
    _link(root, "self", feed.self_link, MIMETYPE)
    _link(root, "alternate", feed.link, "text/html")
    if feed.icon:
        _text(root, "icon", feed.icon)
    for entry in feed.entries:
        _entry(root, entry)
    ET.indent(root)
    out: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return out + b"\n"


def _entry(root: ET.Element, entry: Entry) -> None:
    node = ET.SubElement(root, _name("entry"))
    _text(node, "id", entry.id)
    _text(node, "title", entry.title)
    _text(node, "updated", _stamp(entry.updated))
    if entry.published:
        _text(node, "published", _stamp(entry.published))
    if entry.author:
        _author(node, entry.author)
    _link(node, "alternate", entry.link, "text/html")
    for term in entry.categories:
        ET.SubElement(node, _name("category"), {"term": _clean(term)})
    if entry.summary:
        _text(node, "summary", entry.summary)
    if entry.html:
        _text(node, "content", entry.html, type="html")


def _author(node: ET.Element, name: str) -> None:
    _text(ET.SubElement(node, _name("author")), "name", name)


def _link(node: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(node, _name("link"), {"rel": rel, "type": kind, "href": _clean(href)})


def _text(node: ET.Element, name: str, words: str, **attributes: str) -> None:
    ET.SubElement(node, _name(name), attributes).text = _clean(words)


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _stamp(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("times are UTC-aware")
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _clean(words: str) -> str:
    """Without the characters that no XML document may hold, however they are written."""
    return _NO_XML.sub("", words)
