"""The policies as texts: read from content/legal, parsed once, kept by the hash of their file.

A file is Markdown with front matter. Each `## Title {#anchor}` is a section and each numbered line a
clause; the anchor at its end names it for ever, whatever number it has in a later version.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import markdown
import nh3
import yaml
from markupsafe import Markup

from app.config import ROOT
from app.db import now
from app.errors import DomainError, NotFound

CONTENT = ROOT / "content" / "legal"
TAGS = {"p", "a", "em", "strong", "code", "ul", "ol", "li", "ins", "del"}
ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}\s*$")
VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,2}")
KINDS = {"change_type": ("major", "minor"), "acceptance": ("none", "continued_use", "click")}
NEEDED = ("slug", "title", "version", "change_type", "published_on", "effective_on", "acceptance", "summary")


class BrokenPolicy(DomainError):
    """A policy file cannot be published as it is; says which file and why."""

    status = 500


@dataclass(frozen=True)
class Clause:
    anchor: str
    number: str
    """ "2.1"; the preamble's are "a", "b", … """
    html: Markup
    """Cleaned by the allow-list below."""
    text: str


@dataclass(frozen=True)
class Section:
    anchor: str
    number: str
    """ "2", or '' for the preamble."""
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Policy:
    """One version of one policy."""

    slug: str
    title: str
    version: str
    published_on: date
    effective_on: date
    is_material: bool
    acceptance: str
    """none | continued_use | click"""
    summary: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    source: str
    sha256: str
    """Of the file's bytes: what a person accepted, to the letter."""
    front_matter: dict[str, Any]

    @property
    def is_in_force(self) -> bool:
        current = find_in_force(self.slug)
        return current is not None and current.version == self.version

    @property
    def is_announced(self) -> bool:
        """Published, but its day has not come."""
        return self.effective_on > now().date()


def versions(slug: str) -> list[Policy]:
    """Every version of a policy, newest first: also its changelog. Empty when there is no such policy."""
    folder = CONTENT / slug
    if not re.fullmatch(r"[a-z0-9-]{1,40}", slug) or not folder.is_dir():
        return []
    return sorted((_read(path) for path in folder.glob("*.md")), key=lambda p: _order(p.version), reverse=True)


def find_in_force(slug: str, on: date | None = None) -> Policy | None:
    """The version in force on a day (today by default), or None."""
    day = on or now().date()
    return next((policy for policy in versions(slug) if policy.effective_on <= day), None)


def in_force(slug: str) -> Policy:
    """The version in force today. Raises NotFound."""
    policy = find_in_force(slug)
    if policy is None:
        raise NotFound("There is no policy of that name.")
    return policy


def version(slug: str, number: str) -> Policy:
    """Exactly this version. Raises NotFound."""
    for policy in versions(slug):
        if policy.version == number:
            return policy
    raise NotFound("There is no such version of this policy.")


def index() -> list[Policy]:
    """The policies in force, by title."""
    return sorted((p for slug in slugs() if (p := find_in_force(slug))), key=lambda p: p.title)


def slugs() -> list[str]:
    """The names of the policies that have any text."""
    return sorted(folder.name for folder in CONTENT.iterdir() if folder.is_dir())


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def _broken(path: Path, why: str) -> BrokenPolicy:
    return BrokenPolicy(f"content/legal/{path.parent.name}/{path.name}: {why}")


def _read(path: Path) -> Policy:
    content = path.read_bytes()
    return _parse(path, hashlib.sha256(content).hexdigest(), content.decode())


@lru_cache(maxsize=256)
def _parse(path: Path, sha256: str, text: str) -> Policy:
    matter, body = _split(path, text)
    _check(path, matter)
    return Policy(
        slug=matter["slug"],
        title=matter["title"],
        version=str(matter["version"]),
        published_on=matter["published_on"],
        effective_on=matter["effective_on"],
        is_material=bool(matter.get("material")),
        acceptance=matter["acceptance"],
        summary=matter["summary"],
        notes=tuple(matter.get("notes") or ()),
        sections=_sections(path, body),
        source=body.strip() + "\n",
        sha256=sha256,
        front_matter={
            key: value if isinstance(value, list | bool | int) else str(value) for key, value in matter.items()
        },
    )


def _split(path: Path, text: str) -> tuple[dict[str, Any], str]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if match is None:
        raise _broken(path, "line 1: the front matter between two lines of --- is missing.")
    try:
        matter = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        raise _broken(path, f"the front matter cannot be read: {error}") from error
    if not isinstance(matter, dict):
        raise _broken(path, "the front matter must be lines of name: value.")
    if missing := [name for name in NEEDED if not matter.get(name)]:
        raise _broken(path, f"the front matter lacks {', '.join(missing)}.")
    return matter, match[2]


def _check(path: Path, matter: dict[str, Any]) -> None:
    """Raises BrokenPolicy for front matter that does not fit the file, the calendar or the notice it promises."""
    if (matter["slug"], str(matter["version"])) != (path.parent.name, path.stem) or not VERSION.fullmatch(path.stem):
        raise _broken(path, "slug and version must be those of its folder and name, like terms/1.0.md.")
    for name, allowed in KINDS.items():
        if matter[name] not in allowed:
            raise _broken(path, f"{name} must be one of {', '.join(allowed)}.")
    published, effective, notice = matter["published_on"], matter["effective_on"], matter.get("notice_days", 0)
    if type(published) is not date or type(effective) is not date or type(notice) is not int:
        raise _broken(path, "dates are written 2026-06-13 and notice_days is a number.")
    if effective < published + timedelta(days=notice):
        raise _broken(path, f"it cannot take effect before its {notice} days of notice are over.")


def _sections(path: Path, body: str) -> tuple[Section, ...]:
    sections, number = [], 0
    for block in re.split(r"^## ", body, flags=re.MULTILINE)[1:]:
        head, _, rest = block.partition("\n")
        found = ANCHOR.search(head)
        if found is None:
            raise _broken(path, f"the section “{head.strip()}” has no anchor.")
        number += found[1] != "preamble"
        shown = "" if found[1] == "preamble" else str(number)
        sections.append(Section(found[1], shown, ANCHOR.sub("", head).strip(), _clauses(path, rest, shown)))
    anchors = [a for s in sections for a in (s.anchor, *(c.anchor for c in s.clauses))]
    if twice := {a for a in anchors if anchors.count(a) > 1}:
        raise _broken(path, f"the anchor {sorted(twice)[0]} is used twice.")
    return tuple(sections)


def _clauses(path: Path, rest: str, section: str) -> tuple[Clause, ...]:
    clauses = []
    for n, item in enumerate(re.split(r"^\d+\. ", rest, flags=re.MULTILINE)[1:], 1):
        found = ANCHOR.search(item)
        if found is None:
            raise _broken(path, f"a clause has no anchor: {item.strip()[:60]}…")
        text = ANCHOR.sub("", item).strip()
        clauses.append(Clause(found[1], f"{section}.{n}" if section else "abcdefgh"[n - 1], _html(text), text))
    return tuple(clauses)


def _html(text: str) -> Markup:
    """Markdown as safe HTML: an explicit allow-list, no images, no inline anything."""
    clean = nh3.clean(markdown.markdown(text), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "mailto"})
    return Markup(clean)
