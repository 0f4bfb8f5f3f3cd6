"""A version of a policy as PDF, set by Typst from the parsed policy as data: tagged, with bookmarks and links.

No text of a policy is ever read as markup, nothing is read but our own template and fonts, and the same
version in the same state makes the same bytes.
"""

import json
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, time
from html.parser import HTMLParser
from threading import Lock
from typing import Any
from urllib.parse import urljoin

import typst

from app.config import ROOT
from app.formats import day
from app.legal.texts import Policy

FONTS = ROOT / "static" / "fonts" / "print"
TEMPLATE = ROOT / "templates" / "legal" / "policy.typ"
KEPT = 64
"""How many documents a process keeps; the one not asked for longest goes."""
_kept: "OrderedDict[tuple[Any, ...], bytes]" = OrderedDict()
_one_at_a_time = Lock()


def pdf(policy: Policy, *, versions: Sequence[tuple[str, str, str]], base_url: str, state_words: str) -> bytes:
    """The document. `versions` is the change log: (version, day it takes effect, summary), newest first.

    One is made at a time in a process, and kept: a crowd that asks for the same one waits for it together.
    """
    key = (policy.sha256, tuple(versions), base_url, state_words)
    with _one_at_a_time:
        if key not in _kept:
            _kept[key] = _made(policy, versions, base_url, state_words)
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def _made(policy: Policy, versions: Sequence[tuple[str, str, str]], base_url: str, state_words: str) -> bytes:
    data = _data(policy, versions, base_url, state_words)
    made = typst.compile(  # type: ignore[call-overload]  # its stub wants one type for source, root and fonts
        TEMPLATE.read_bytes(),
        root=str(FONTS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"policy": json.dumps(data)},
        pdf_standards="ua-1",
        timestamp=datetime.combine(policy.published_on or policy.effective_on, time.min, UTC),
    )
    assert isinstance(made, bytes)
    return made


def _data(policy: Policy, versions: Sequence[tuple[str, str, str]], base_url: str, state_words: str) -> dict[str, Any]:
    url = f"{base_url}/legal/{policy.slug}/v{policy.version}"
    published = day(policy.published_on) if policy.published_on else "not yet"
    facts = [
        ("Version", f"{policy.version}. {state_words}"),
        ("Published", published),
        ("Address", url),
        ("SHA-256", policy.sha256),
    ]
    return {
        "title": policy.title,
        "version": policy.version,
        "summary": policy.summary,
        "url": url,
        "mark": (ROOT / "static" / "img" / "mark.svg").read_text(),
        "facts": facts,
        "notes": [note.says for note in policy.notes] or [policy.summary or "See the text."],
        "sections": [
            {
                "number": section.number,
                "title": section.title,
                "clauses": [{"number": c.number, "tree": _Tree(str(c.html), url).nodes} for c in section.clauses],
            }
            for section in policy.sections
        ],
        "log": [{"version": version, "day": on, "summary": summary} for version, on, summary in versions],
    }


class _Tree(HTMLParser):
    """Sanitised HTML as nested lists of words and elements."""

    def __init__(self, html: str, url: str) -> None:
        super().__init__()
        self.nodes: list[Any] = []
        self._open: list[list[Any]] = [self.nodes]
        self._url = url
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node: dict[str, Any] = {"name": tag, "of": []}
        if tag == "a":
            node["href"] = urljoin(self._url, dict(attrs).get("href") or "")
        self._open[-1].append(node)
        self._open.append(node["of"])

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() or len(self._open) > 1:
            self._open[-1].append(" ".join(data.split("\n")))
