"""The redline: clause by clause, then words; well-formed, and nothing lost on either side."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.legal import texts
from app.legal.redline import redline
from app.legal.texts import Policy

HEAD = """---
slug: rules
title: House rules
version: "{version}"
change_type: major
material: true
published_on: 2026-06-13
effective_on: 2026-06-13
acceptance: none
summary: Something
{more}---
"""


def policy(body: str, version: str = "1.0", more: str = "") -> Policy:
    return texts.parse(HEAD.format(version=version, more=more) + body, name="rules")


def one(clause: str, version: str = "1.0") -> Policy:
    return policy(f"## One {{#one}}\n\n1. {clause} {{#one-a}}\n", version)


def diff_of(old: str, new: str):
    return redline(one(old), one(new, "1.1")).clauses[0]


def without(html: str, tag: str) -> str:
    """What is left when the passages of one kind, and all labels and tags, are taken out; white space made even."""
    html = re.sub(rf"<{tag}>.*?</{tag}>", " ", html, flags=re.DOTALL)
    html = re.sub(r'<span class="vh">.*?</span>', "", html)
    return "".join(re.sub(r"<[^>]+>", " ", html).split())


def plain(html: str) -> str:
    return "".join(re.sub(r"<[^>]+>", " ", html).split())


class Balanced(HTMLParser):
    """Raises when a tag is closed that is not the last one opened, or one is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        assert self.open == [], html

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_words_that_came_and_went_are_marked_in_their_place_with_labels():
    diff = diff_of("Tell at most 50 people within a day.", "Tell at most 20 people within a day.")

    assert diff.state == "changed" and (diff.added, diff.removed) == (1, 1)
    assert diff.html == (
        '<p>Tell at most <del><span class="vh">[removed] </span>50</del> '
        '<ins><span class="vh">[added] </span>20</ins> people within a day.</p>'
    )


def test_a_removed_passage_with_a_link_in_it_keeps_its_spaces():
    old = "Where a person could be fooled, [say so](/legal/terms) at **once** and mean it."
    html = str(diff_of(old, "Whoever asks hears of it from you on the same day, in plain words.").html)

    assert "could be fooled, say so at once and mean it" in re.sub(r"<[^>]+>", "", html)


def test_changes_with_a_word_or_two_between_them_read_as_one():
    diff = diff_of(
        "The customer who signs tells us on paper or by mail when this changes for the company.",
        "The customer who signs tells us in writing or on the phone when this changes for the company.",
    )

    assert (diff.added, diff.removed) == (1, 1)


def test_a_text_written_anew_is_shown_whole_and_not_in_shreds():
    diff = diff_of("We may suspend without any notice at all.", "You hear from us a day before, unless it is urgent.")

    assert (diff.added, diff.removed) == (1, 1)
    assert without(diff.html, "ins") == plain("We may suspend without any notice at all.")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Read [our policy](/legal/privacy) first.", "Read [our policy](/legal/cookies) first."),
        ("You must do it.", "You **must** do it."),
    ],
)
def test_a_changed_link_or_emphasis_is_a_change(old, new):
    diff = diff_of(old, new)

    assert diff.state == "changed" and "<ins>" in diff.html and "<del>" in diff.html


def test_the_same_text_has_nothing_marked():
    diff = redline(one("The same."), one("The same.", "1.1"))

    assert (diff.added, diff.removed, diff.changed_sections) == (0, 0, [])


OLD = """
## One {#one}

1. First words. {#one-a}
2. Second words. {#one-b}
3. Third words. {#one-c}

## Two {#two}

1. Gone with its section. {#two-a}

## Three {#three}

1. Stays here. {#three-a}
"""
NEW = """
## Three {#three}

1. Stays here. {#three-a}

## Uno {#one}

1. Newly first. {#one-new}
2. First words. {#one-a}
3. Third words, changed. {#one-c}
"""


def test_clauses_are_matched_by_name_whatever_their_number_and_removed_ones_stand_where_they_stood():
    diff = redline(policy(OLD), policy(NEW, "1.1"))

    told = [
        (s.anchor, s.state, [(c.anchor, c.state, c.number, c.old_number) for c in s.clauses]) for s in diff.sections
    ]
    assert told == [
        ("three", "same", [("three-a", "moved", "1.1", "3.1")]),
        (
            "one",
            "changed",
            [
                ("one-new", "added", "2.1", ""),
                ("one-a", "moved", "2.2", "1.1"),
                ("one-b", "removed", "", "1.2"),
                ("one-c", "changed", "2.3", "1.3"),
            ],
        ),
        ("two", "removed", [("two-a", "removed", "", "2.1")]),
    ]
    assert [s.anchor for s in diff.changed_sections] == ["one", "two"]


def test_a_clause_under_a_new_name_is_compared_with_what_it_was():
    new = policy(
        OLD.replace("{#one-b}", "{#one-better}").replace("Second words", "Second, better words"),
        "1.1",
        "moved:\n  one-b: one-better\n",
    )

    diff = redline(policy(OLD), new)

    assert diff.by_old_anchor["one-b"].anchor == "one-better" and diff.by_old_anchor["one-b"].state == "changed"


def test_what_a_removed_clause_has_become_can_be_asked_by_its_old_name():
    diff = redline(policy(OLD), policy(NEW, "1.1"))

    assert diff.by_old_anchor["one-b"].state == "removed" and diff.by_old_anchor["one-a"].number == "2.2"


SIGNS = ("a&b", "x<y", "“q”", "(z)", "it’s", "**bold**", "[link](/l)", "[link](/m)", "`c*de`", "*e*", ",", ".")
WORDS = st.lists(st.sampled_from([*"abcde", *SIGNS]), min_size=1, max_size=25).map(" ".join)
CLAUSES = st.lists(WORDS, min_size=1, max_size=3).map("\n\n   ".join)


@settings(max_examples=300)
@given(CLAUSES, CLAUSES)
def test_nothing_is_lost_on_either_side_and_the_html_is_whole(old, new):
    before, after = one(old), one(new, "1.1")

    html = str(redline(before, after).clauses[0].html)

    Balanced(html)
    assert without(html, "ins") == plain(str(before.sections[0].clauses[0].html))
    assert without(html, "del") == plain(str(after.sections[0].clauses[0].html))
    assert set(re.findall(r"<([a-z]+)", html)) <= texts.TAGS | {"span"}


def long(word: str, *, clauses: int = 160, words: int = 62) -> Policy:
    body = "".join(
        f"## S {{#s{n}}}\n\n" * (n % 10 == 0)
        + f"{n % 10 + 1}. "
        + " ".join(f"{word}{n}x{i}" if i % 7 == 0 else f"word{i % 23}" for i in range(words))
        + f" {{#c{n}}}\n"
        for n in range(clauses)
    )
    return policy(body, "1.0" if word == "a" else "1.1")


@pytest.mark.parametrize("shape", [{}, {"clauses": 1, "words": 10_000}])
def test_ten_thousand_words_are_compared_in_no_more_time_than_they_are_read(shape):
    begun = time.process_time()
    old, new = long("a", **shape), long("b", **shape)
    read = time.process_time() - begun

    begun = time.process_time()
    diff = redline.__wrapped__(old, new)
    compared = time.process_time() - begun

    assert diff.added > 0 and old.words > 9_900
    assert compared < 5 * read + 0.5  # of processor time; a quadratic comparison takes minutes
