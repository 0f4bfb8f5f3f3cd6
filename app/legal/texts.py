"""A policy as a text: Markdown with front matter, parsed once and kept by its SHA-256.

Each `## Title {#anchor}` is a section and each numbered line a clause; the anchor at its end names it for
ever, whatever number it has in a later version. The same form serves a file in content/legal and a draft.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import markdown
import nh3
import yaml
from markupsafe import Markup, escape

from app.errors import DomainError

TAGS = {"p", "a", "em", "strong", "code", "ul", "ol", "li", "ins", "del"}
SLUG = re.compile(r"[a-z0-9-]{1,40}")
VERSION = re.compile(r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){1,2}")
"""Each number is written in one way, so that 1.0 and 1.00 are not two versions."""
TAKEN = frozenset({"changes"})
YEARS = range(2000, 3000)
ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}\s*$")
NAME = re.compile(r"[a-z0-9-]+")
LONGEST = 400_000
"""Characters of one text, front matter and all."""
LONGEST_CLAUSE = 100_000
LONGEST_TITLE = 300
MOST_MARKS = 200
"""How many signs that begin a link, a tag, a code or an entity one clause may have: reading Markdown takes longer than
their number."""


class Acceptance(StrEnum):
    """What makes a version binding for who uses LeenOps already."""

    NONE = "none"
    CONTINUED_USE = "continued_use"
    CLICK = "click"


class BrokenPolicy(DomainError):
    """A policy text cannot be published as it is; says which, in which line, and why."""

    status = 422

    def __init__(self, name: str, line: int, why: str, field: str = "") -> None:
        super().__init__(f"{name}, line {line}: {why}")
        self.line, self.why, self.field = line, why, field
        """`field` is the name in the front matter that it is about, if one."""


@dataclass(frozen=True)
class Clause:
    anchor: str
    number: str
    """ "2.1"; the preamble's are "a", "b", … """
    html: Markup
    """Cleaned by the allow-list above."""
    text: str


@dataclass(frozen=True)
class Section:
    anchor: str
    number: str
    """ "2", or '' for the preamble."""
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Note:
    """One sentence in plain words on what matters in a version, and the clause it is about, if one."""

    says: str
    at: str = ""

    def __str__(self) -> str:
        return self.says


@dataclass(frozen=True, eq=False)
class Policy:
    """One version of one policy. Two are the same when their texts are."""

    slug: str
    title: str
    version: str
    change_type: str
    """major | minor"""
    is_material: bool
    published_on: date | None
    """None in a draft: the day is stamped when it is published."""
    effective_on: date
    notice_days: int
    acceptance: str
    summary: str
    notes: tuple[Note, ...]
    moved: Mapping[str, str]
    """Anchors that earlier versions used, and the ones that took their place."""
    sections: tuple[Section, ...]
    text: str
    """All of it, front matter and Markdown."""
    sha256: str
    """Of the whole text: what a person accepted, to the letter."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def order(self) -> tuple[int, ...]:
        return order(self.version)

    @property
    def anchors(self) -> dict[str, str]:
        """Every section's and clause's anchor, and the number it has here."""
        found = {section.anchor: section.number for section in self.sections}
        return found | {clause.anchor: clause.number for section in self.sections for clause in section.clauses}

    @property
    def source(self) -> str:
        """The Markdown below the front matter."""
        return divided(self.text)[1].strip() + "\n"

    def line_of(self, field: str) -> int:
        """The line of the text in which a name of the front matter stands."""
        return next((n for n, line in enumerate(self.text.splitlines(), 1) if line.startswith(f"{field}:")), 1)

    @property
    def words(self) -> int:
        return sum(len(clause.text.split()) for section in self.sections for clause in section.clauses)


def order(version: str) -> tuple[int, ...]:
    """A version as numbers, so that 1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=512)
def parse(text: str, *, name: str, is_draft: bool = False) -> Policy:
    """The policy that `text` holds. `name` is how the text is called in a BrokenPolicy, which this raises."""
    head, matter, body = _split(name, text)
    _check(head, matter, is_draft)
    return Policy(
        slug=matter["slug"],
        title=str(matter["title"]),
        version=str(matter["version"]),
        change_type=matter["change_type"],
        is_material=matter.get("material", False),
        published_on=matter.get("published_on"),
        effective_on=matter["effective_on"],
        notice_days=matter.get("notice_days", 0),
        acceptance=matter["acceptance"],
        summary=str(matter.get("summary") or ""),
        notes=tuple(_note(head, note) for note in matter.get("notes") or ()),
        moved=MappingProxyType(matter.get("moved") or {}),
        sections=_sections(_Place(name, head.ends), body),
        text=text,
        sha256=sha256_of(text),
    )


def check_kind(policy: Policy, name: str) -> None:
    """Raises BrokenPolicy for a change of two kinds. For texts to be published: one that was is read as it stands."""
    if policy.is_material and policy.change_type == "minor":
        why = "a minor change alters no meaning, so it is never material. Make it major, or not material."
        raise BrokenPolicy(name, policy.line_of("change_type"), why, "change_type")


def compose(matter: Mapping[str, Any], body: str) -> str:
    """The text with this front matter and this Markdown; `parse` reads it back."""
    head = yaml.safe_dump(dict(matter), sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{head}---\n\n{body.strip()}\n"


def front_matter(text: str) -> dict[str, Any]:
    """The front matter of a text that `parse` has accepted."""
    found: dict[str, Any] = yaml.safe_load(divided(text)[0])
    return found


def divided(text: str) -> tuple[str, str]:
    """The front matter, between two lines of ---, and what follows it; two empty texts when there is none."""
    found = re.match(r"---\n(.*?\n)---\n(.*)", text, re.DOTALL)
    return (found[1], found[2]) if found else ("", "")


@dataclass(frozen=True)
class _Place:
    """Where in which text something stands, for a BrokenPolicy."""

    name: str
    line: int

    def down(self, text: str) -> "_Place":
        """The place after `text`."""
        return _Place(self.name, self.line + text.count("\n"))

    def at(self, text: str) -> "_Place":
        """The place where the first words of `text` stand."""
        return self.down(text[: len(text) - len(text.lstrip())])

    def broken(self, why: str) -> BrokenPolicy:
        return BrokenPolicy(self.name, self.line, why)


@dataclass(frozen=True)
class _Head:
    """The front matter's place: the line of each name in it."""

    name: str
    lines: Mapping[str, int]
    ends: int

    def broken(self, field: str, why: str) -> BrokenPolicy:
        return BrokenPolicy(self.name, self.lines.get(field, 1), why, field)


def _split(name: str, text: str) -> tuple[_Head, dict[str, Any], str]:
    if len(text) > LONGEST:
        raise _Place(name, 1).broken(f"it is longer than {LONGEST:,} characters.")
    front, body = divided(text)
    if not front:
        raise _Place(name, 1).broken("the front matter between two lines of --- is missing.")
    try:
        node = yaml.compose(front, Loader=yaml.SafeLoader)
        matter = yaml.safe_load(front)
    except yaml.YAMLError as error:
        raise _yaml_problem(name, error) from error
    except ValueError as error:  # 2026-02-30 looks like a date and is none
        raise _Place(name, 1).broken(f"the front matter cannot be read: {error}.") from error
    if not isinstance(matter, dict) or not isinstance(node, yaml.MappingNode):
        raise _Place(name, 2).broken("the front matter must be lines of name: value.")
    lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    return _Head(name, lines, front.count("\n") + 3), matter, body


def _yaml_problem(name: str, error: yaml.YAMLError) -> BrokenPolicy:
    mark = getattr(error, "problem_mark", None)
    words = getattr(error, "problem", None) or "it is not YAML"
    return _Place(name, mark.line + 2 if mark else 1).broken(f"the front matter cannot be read: {words}.")


_NEEDED = ("slug", "title", "version", "change_type", "effective_on", "acceptance")
_KINDS: dict[str, tuple[str, ...]] = {"change_type": ("major", "minor"), "acceptance": tuple(Acceptance)}
_KNOWN = {*_NEEDED, "material", "published_on", "notice_days", "summary", "notes", "moved"}


def _check(head: _Head, matter: dict[str, Any], is_draft: bool) -> None:
    """Raises BrokenPolicy for front matter with gaps, wrong kinds, or less notice than it promises."""
    needed = (*_NEEDED, *(() if is_draft else ("published_on",)))
    if missing := [name for name in needed if not matter.get(name)]:
        raise head.broken(missing[0], f"the front matter lacks {', '.join(missing)}.")
    if unknown := sorted(str(name) for name in set(matter) - _KNOWN):
        raise head.broken(unknown[0], f"the front matter has no {unknown[0]}.")
    if not SLUG.fullmatch(str(matter["slug"])) or not VERSION.fullmatch(str(matter["version"])):
        raise head.broken("slug", 'slug is lower-case words and version is "1.0", in quotes.')
    if matter["slug"] in TAKEN:
        raise head.broken("slug", f"/legal/{matter['slug']} is the address of something else.")
    for field, allowed in _KINDS.items():
        if matter[field] not in allowed:
            raise head.broken(field, f"{field} must be one of {', '.join(allowed)}.")
    for field in ("title", "summary"):
        if len(str(matter.get(field) or "").splitlines()) > 1:
            raise head.broken(field, f"{field} stands on one line.")
    if not str(matter["title"]).strip():
        raise head.broken("title", "the policy needs a title.")
    _check_kinds(head, matter)
    _check_days(head, matter)


def _check_kinds(head: _Head, matter: dict[str, Any]) -> None:
    for field in ("published_on", "effective_on"):
        if type(matter.get(field)) not in (date, type(None)):
            raise head.broken(field, "dates are written 2026-06-13.")
        if matter.get(field) and matter[field].year not in YEARS:
            raise head.broken(field, f"its year is from {YEARS.start} to {YEARS.stop - 1}.")
    if type(matter.get("notice_days", 0)) is not int or not 0 <= matter.get("notice_days", 0) <= 365:
        raise head.broken("notice_days", "notice_days is a number from 0 to 365.")
    if type(matter.get("material", False)) is not bool:
        raise head.broken("material", "material is true or false.")
    if type(matter.get("notes") or []) is not list or type(matter.get("moved") or {}) is not dict:
        raise head.broken("notes", "notes is a list, and moved is lines of old: new.")
    for old, new in (matter.get("moved") or {}).items():
        if not (NAME.fullmatch(str(old)) and NAME.fullmatch(str(new))):
            raise head.broken("moved", "moved names anchors: old: new.")


def _check_days(head: _Head, matter: dict[str, Any]) -> None:
    if matter.get("material") and not str(matter.get("summary") or "").strip():
        line = head.lines["material"]
        raise BrokenPolicy(head.name, line, "a material change needs a summary in plain words.", "summary")
    published, notice = matter.get("published_on"), matter.get("notice_days", 0)
    if published and matter["effective_on"] < published + timedelta(days=notice):
        raise head.broken("effective_on", f"it cannot take effect before its {notice} days of notice are over.")


def _note(head: _Head, note: Any) -> Note:
    """`- a sentence`, or `- at: anchor` and `says: a sentence`."""
    if isinstance(note, str):
        return Note(note)
    if isinstance(note, dict) and set(note) <= {"at", "says"} and isinstance(note.get("says"), str):
        return Note(note["says"], str(note.get("at") or ""))
    raise head.broken("notes", "a note is a sentence, or at: and says:.")


def _sections(place: _Place, body: str) -> tuple[Section, ...]:
    sections, number = [], 0
    first, *blocks = re.split(r"^## ", body, flags=re.MULTILINE)
    if first.strip():
        raise place.at(first).broken("text must stand in a section: ## Title {#anchor}.")
    place = place.down(first)
    for block in blocks:
        head, _, rest = block.partition("\n")
        found = ANCHOR.search(head)
        if found is None:
            raise place.broken(f"the section “{head.strip()[:60]}” has no anchor.")
        if len(head) > LONGEST_TITLE:
            raise place.broken(f"the title of a section has at most {LONGEST_TITLE} characters.")
        number += found[1] != "preamble"
        shown = "" if found[1] == "preamble" else str(number)
        clauses = _clauses(place.down("\n"), rest, shown)
        sections.append(Section(found[1], shown, ANCHOR.sub("", head).strip(), clauses))
        place = place.down(block)
    if not sections:
        raise place.broken("there is no section: ## Title {#anchor}.")
    anchors = Counter(a for s in sections for a in (s.anchor, *(c.anchor for c in s.clauses)))
    if twice := sorted(a for a, count in anchors.items() if count > 1):
        raise place.broken(f"the anchor {twice[0]} is used twice.")
    return tuple(sections)


def _clauses(place: _Place, rest: str, section: str) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    first, *items = re.split(r"^\d+\. ", rest, flags=re.MULTILINE)
    if first.strip():
        raise place.at(first).broken("text must stand in a numbered clause: 1. Text {#anchor}.")
    place = place.down(first)
    for n, item in enumerate(items, 1):
        found = ANCHOR.search(item)
        if found is None:
            raise place.broken(f"a clause has no anchor: {item.strip()[:60]}…")
        text = ANCHOR.sub("", item).strip()
        if len(text) > LONGEST_CLAUSE or is_overmarked(text):
            raise place.broken(f"the clause {found[1]} is too long, or has too many links and marks. Divide it.")
        clauses.append(Clause(found[1], f"{section}.{n}" if section else _letter(n), to_html(text), text))
        place = place.down(item)
    return tuple(clauses)


def _letter(n: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    return (_letter((n - 1) // 26) if n > 26 else "") + "abcdefghijklmnopqrstuvwxyz"[(n - 1) % 26]


def is_overmarked(text: str) -> bool:
    """Whether Markdown has so many marks that reading it would take long."""
    return sum(map(text.count, "[<&`\\")) > MOST_MARKS


@lru_cache(maxsize=4096)
def to_html(text: str) -> Markup:
    """Markdown as safe HTML: an explicit allow-list, no images, no inline anything. What takes too long stays text."""
    try:
        html = str(escape(text)) if is_overmarked(text) else markdown.markdown(text)
    except RecursionError:
        html = str(escape(text))
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
        clean_content_tags={"script", "style"},
    )
    return Markup(clean)
