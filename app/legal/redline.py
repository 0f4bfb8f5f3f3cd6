"""What changed from one version of a policy to another: clause by clause, then words.

Clauses are matched by their anchors, which outlive numbers. Words are compared as they are shown: a word
whose link or emphasis changed is another word. `<ins>` and `<del>` only ever wrap words, never tags, so
what comes out is as well-formed, and as clean, as what went in.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape
from rapidfuzz.distance import Indel

from app.legal.anchors import clauses, leads_to
from app.legal.texts import Clause, Policy, Section

REWRITTEN = 0.6
"""Above this share of changed words the old text is shown whole, and then the new one."""
SHORT = 2
"""So few words between two changes are read as part of one."""
MOST_PAIRS = 400_000_000
"""Comparing takes memory for each pair of an old and a new word: above this both texts are shown whole."""
_TOKEN = re.compile(r"<[^>]*>|\s+|&#?\w+;|[\w’'-]+|[^\w\s<]")
_INLINE = ("a", "em", "strong", "code")


@dataclass(frozen=True)
class ClauseDiff:
    state: str
    """same | changed | added | removed | moved: the same words under another number"""
    anchor: str
    number: str
    """In the new version; '' when it is removed."""
    old_number: str
    """In the old version; '' when it is added."""
    html: Markup
    added: int = 0
    """Passages of words that came."""
    removed: int = 0


@dataclass(frozen=True)
class SectionDiff:
    state: str
    """same | changed | added | removed, by its title"""
    anchor: str
    number: str
    title: Markup
    clauses: tuple[ClauseDiff, ...]

    @property
    def is_changed(self) -> bool:
        return self.state != "same" or any(clause.state not in ("same", "moved") for clause in self.clauses)


@dataclass(frozen=True)
class Redline:
    """All of both versions, in the order of the new one, with what left standing where it stood."""

    sections: tuple[SectionDiff, ...]
    by_old_anchor: Mapping[str, ClauseDiff]

    @property
    def clauses(self) -> list[ClauseDiff]:
        return [clause for section in self.sections for clause in section.clauses]

    @property
    def added(self) -> int:
        return sum(clause.added for clause in self.clauses)

    @property
    def removed(self) -> int:
        return sum(clause.removed for clause in self.clauses)

    @property
    def changed_sections(self) -> list[SectionDiff]:
        return [section for section in self.sections if section.is_changed]


@lru_cache(maxsize=256)
def redline(old: Policy, new: Policy) -> Redline:
    """What changed from `old` to `new`. Kept by the pair."""
    before = {leads_to(new, clause.anchor): clause for clause in clauses(old)}
    diffs = {clause.anchor: _clause(before.get(clause.anchor), clause) for clause in clauses(new)}
    gone = {a: _removed(clause) for a, clause in before.items() if a not in diffs}
    sections = _sections(old, new, diffs, gone)
    both = diffs | gone
    return Redline(sections, {clause.anchor: both[anchor] for anchor, clause in before.items()})


def _sections(
    old: Policy, new: Policy, diffs: Mapping[str, ClauseDiff], gone: Mapping[str, ClauseDiff]
) -> tuple[SectionDiff, ...]:
    before = {leads_to(new, section.anchor): section for section in old.sections}
    found = []
    for section in new.sections:
        was = before.get(section.anchor)
        mine = [diffs[clause.anchor] for clause in section.clauses]
        if was is not None:
            _put_back(mine, was, new, gone)
        found.append((section.anchor, _section(was, section, mine)))
    kept = {anchor for anchor, _ in found}
    left = [
        (anchor, _gone_section(section, [gone[a] for c in section.clauses if (a := leads_to(new, c.anchor)) in gone]))
        for anchor, section in before.items()
        if anchor not in kept
    ]
    return tuple(_woven(found, left, list(before)))


def _put_back(mine: list[ClauseDiff], was: Section, new: Policy, gone: Mapping[str, ClauseDiff]) -> None:
    """Removed clauses of a section that stayed, each behind the one it followed."""
    at = 0
    for clause in was.clauses:
        anchor = leads_to(new, clause.anchor)
        if anchor in gone:
            mine.insert(at, gone[anchor])
            at += 1
        else:
            at = next((n + 1 for n, diff in enumerate(mine) if diff.anchor == anchor), at)


def _woven(
    found: list[tuple[str, SectionDiff]], left: list[tuple[str, SectionDiff]], order: list[str]
) -> Iterable[SectionDiff]:
    """The sections of the new version, each removed one behind the one it followed."""
    woven = list(found)
    for anchor, section in left:
        earlier = order[: order.index(anchor)]
        at = max((n + 1 for n, (name, _) in enumerate(woven) if name in earlier), default=0)
        woven.insert(at, (anchor, section))
    return [section for _, section in woven]


def _section(was: Section | None, section: Section, mine: Sequence[ClauseDiff]) -> SectionDiff:
    if was is None:
        return SectionDiff("added", section.anchor, section.number, escape(section.title), tuple(mine))
    title = _words(str(escape(was.title)), str(escape(section.title)))
    state = "same" if was.title == section.title else "changed"
    return SectionDiff(state, section.anchor, section.number, title.html, tuple(mine))


def _gone_section(section: Section, mine: Sequence[ClauseDiff]) -> SectionDiff:
    title = _words(str(escape(section.title)), "").html
    return SectionDiff("removed", section.anchor, section.number, title, tuple(mine))


def _clause(old: Clause | None, new: Clause) -> ClauseDiff:
    if old is None:
        return ClauseDiff("added", new.anchor, new.number, "", _words("", str(new.html)).html, added=1)
    if old.html == new.html:
        state = "same" if old.number == new.number else "moved"
        return ClauseDiff(state, new.anchor, new.number, old.number, new.html)
    words = _words(str(old.html), str(new.html))
    return ClauseDiff("changed", new.anchor, new.number, old.number, words.html, words.added, words.removed)


def _removed(old: Clause) -> ClauseDiff:
    return ClauseDiff("removed", old.anchor, "", old.number, _words(str(old.html), "").html, removed=1)


@dataclass(frozen=True)
class _Token:
    text: str
    """As it stands in the HTML: a tag, a word, or a sign."""
    is_tag: bool = False
    space: bool = False
    """Whether white space stands right before it."""
    gap: bool = False
    """Whether white space stands between it and the word before, tags aside."""
    inside: str = ""
    """The inline tags around a word: a changed link or emphasis makes it another word."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.text, self.inside)


@dataclass(frozen=True)
class _Words:
    html: Markup
    added: int
    removed: int


def _words(old: str, new: str) -> _Words:
    """The HTML of `new` with what came in <ins>, and what left in <del> where it stood."""
    before = [token for token in _tokens(old) if not token.is_tag]
    stream = _tokens(new)
    after = [token for token in stream if not token.is_tag]
    changes = _changes([t.key for t in before], [t.key for t in after])
    if not changes and old != new:  # other blocks around the same words
        changes = [(0, len(before), 0, len(after))]
    writer = _Writer(stream, before)
    for one in changes:
        writer.change(*one)
    html = Markup(writer.finish())
    return _Words(html, sum(c[3] > c[2] for c in changes), sum(c[1] > c[0] for c in changes))


def _tokens(html: str) -> list[_Token]:
    tokens: list[_Token] = []
    around: list[str] = []
    space = gap = False
    for text in _TOKEN.findall(html):
        if text.isspace():
            space = gap = True
            continue
        if text.startswith("<"):
            _enter(text, around)
            tokens.append(_Token(text, is_tag=True, space=space))
        else:
            tokens.append(_Token(text, space=space, gap=gap, inside=" ".join(around)))
            gap = False
        space = False
    return tokens


def _enter(tag: str, around: list[str]) -> None:
    """Keep `around` to the inline tags that are open after `tag`."""
    name = re.match(r"</?([a-z]+)", tag)
    if name is None or name[1] not in _INLINE:
        return
    if not tag.startswith("</"):
        around.append(tag)
    elif around:
        around.pop()


Change = tuple[int, int, int, int]
"""Words [i1:i2] of the old text became words [j1:j2] of the new one; one of them may be none."""


def _changes(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[Change]:
    if len(old) * len(new) > MOST_PAIRS:
        return [(0, len(old), 0, len(new))]
    ids: dict[tuple[str, str], int] = {}
    numbered = [[ids.setdefault(key, len(ids)) for key in keys] for keys in (old, new)]
    steps = [
        (op.src_start, op.src_end, op.dest_start, op.dest_end) for op in Indel.opcodes(*numbered) if op.tag != "equal"
    ]
    found = _joined(_joined(steps, at_most=0), at_most=SHORT)
    touched = sum(c[1] - c[0] + c[3] - c[2] for c in found)
    if found and touched > REWRITTEN * (len(old) + len(new)):
        return [(0, len(old), 0, len(new))]
    return found


def _joined(changes: Iterable[Change], *, at_most: int) -> list[Change]:
    """Changes with at most so many words between them as one, where words leave and words come."""
    found: list[Change] = []
    for one in changes:
        if found and _belongs(found[-1], one, at_most):
            found[-1] = (found[-1][0], one[1], found[-1][2], one[3])
        else:
            found.append(one)
    return found


def _belongs(one: Change, other: Change, at_most: int) -> bool:
    between = other[0] - one[1]
    leaves, comes = one[1] > one[0] or other[1] > other[0], one[3] > one[2] or other[3] > other[2]
    return between == 0 or (between <= at_most and leaves and comes)


class _Writer:
    """Writes the new text's tokens in order, changes marked, and old words where they stood."""

    def __init__(self, stream: Sequence[_Token], before: Sequence[_Token]) -> None:
        self._stream, self._before = stream, before
        self._at = self._word = 0
        """The next token of the stream, and how many of its words are written."""
        self._out: list[str] = []

    def change(self, i1: int, i2: int, j1: int, j2: int) -> None:
        self._copy(j1)
        if j1 < j2 or self._word == 0:
            self._copy_tags()  # so that it stands where the next word does
        if i1 < i2:
            words = "".join((" " if t.gap and n else "") + t.text for n, t in enumerate(self._before[i1:i2]))
            self._space(self._before[i1].gap)
            self._out.append(f'<del><span class="vh">[removed] </span>{words}</del>')
            if j1 == j2 and self._next_word_follows():
                self._space(True)
        self._insert(j2)

    def finish(self) -> str:
        self._copy(None)
        while self._at < len(self._stream):
            self._write_tag()
        return "".join(self._out)

    def _copy(self, word: int | None) -> None:
        """Everything before the new text's word of this number, as it is; tags before it are left to the caller."""
        while word is None or self._word < word:
            self._copy_tags()
            if self._at >= len(self._stream):
                return
            self._write_word()

    def _insert(self, until: int) -> None:
        """The words up to this number as inserted, in one <ins> per stretch without a tag."""
        label = '<span class="vh">[added] </span>'
        while self._word < until:
            self._copy_tags()
            self._space(self._stream[self._at].space or bool(self._out and self._out[-1].endswith("</del>")))
            stretch: list[str] = []
            while self._word < until and not self._stream[self._at].is_tag:
                token = self._stream[self._at]
                stretch.append((" " if token.space and stretch else "") + token.text)
                self._at, self._word = self._at + 1, self._word + 1
            self._out.append(f"<ins>{label}{''.join(stretch)}</ins>")
            label = ""

    def _copy_tags(self) -> None:
        while self._at < len(self._stream) and self._stream[self._at].is_tag:
            self._write_tag()

    def _write_tag(self) -> None:
        token = self._stream[self._at]
        self._space(token.space)
        self._out.append(token.text)
        self._at += 1

    def _write_word(self) -> None:
        token = self._stream[self._at]
        self._space(token.space)
        self._out.append(token.text)
        self._at, self._word = self._at + 1, self._word + 1

    def _space(self, wanted: bool) -> None:
        if wanted and self._out and not self._out[-1].isspace():
            self._out.append(" ")

    def _next_word_follows(self) -> bool:
        return self._at < len(self._stream) and not self._stream[self._at].is_tag and self._stream[self._at].space
