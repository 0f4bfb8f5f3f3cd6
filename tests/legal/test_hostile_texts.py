"""What a careless or hostile editor may type: refused with a reason, or shown, and never slow or half-way."""

import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from app.db import db
from app.legal import drafting, library, texts
from app.legal.drafting import Wording
from app.legal.pdf import pdf
from app.legal.redline import redline
from app.legal.texts import BrokenPolicy
from tests.support.conftest import a_staff_member

BODY = "## May {#may}\n\n1. Automate your own work. {#may-own}\n"


def words(**changes: Any) -> Wording:
    wording = Wording(
        slug="rules", version="1.1", title="House rules", change_type="major", is_material=True,
        effective_on=library.today() + timedelta(days=40), notice_days=30, acceptance="click", summary="New.",
        notes=(), moved={}, body=BODY,
    )  # fmt: skip
    return replace(wording, **changes)


@pytest.fixture
def staff(shelf):
    shelf.put()
    shelf.publish()
    return a_staff_member("legal"), a_staff_member("admin", name="Ruth Adeyemi", email="ruth@staff.example")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": "1.00"}, "version is"),
        ({"slug": "changes"}, "is the address of something else"),
        ({"title": "House\nrules"}, "title stands on one line"),
        ({"title": " "}, "lacks title|needs a title"),
        ({"summary": "One.\nTwo."}, "summary stands on one line"),
        ({"change_type": "minor"}, "never material"),
        ({"effective_on": date(9999, 12, 31)}, "its year is from"),
        ({"body": f"## May {{#may}}\n\n1. {'[' * 7000} {{#may-own}}\n"}, "too many links and marks"),
        ({"body": f"## May {{#may}}\n\n1. {'a ' * 60_000} {{#may-own}}\n"}, "too long"),
        ({"body": f"## {'May ' * 100} {{#may}}\n\n1. Work. {{#may-own}}\n"}, "at most 300 characters"),
    ],
)
def test_what_would_break_something_later_is_refused_with_a_reason(staff, changes, why):
    began = time.process_time()

    with pytest.raises(BrokenPolicy, match=why):
        drafting.draft(words(**changes), by=staff[0])

    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "See below ---"},
        {"title": "Rules ---"},
        {"moved": {"old": "may-own---"}},
        {"notes": ({"says": "All of it ---"},)},
    ],
)
def test_dashes_at_the_end_of_a_line_are_words(staff, changes):
    row = drafting.draft(words(**changes), by=staff[0])

    assert drafting.wording_of(row).body.strip() == BODY.strip()


@pytest.mark.parametrize("text", ["1. " * 3000, "- a\n    " * 500, "> " * 3000, "*a " * 3000, "&lt;" * 40])
def test_odd_markdown_is_shown_in_time(text):
    began = time.process_time()

    assert texts.to_html(text)
    assert time.process_time() - began < 5


def test_thousands_of_clauses_are_read_in_time():
    body = "## May {#may}\n\n" + "".join(f"1. Do it. {{#c{n}}}\n" for n in range(8_000))
    began = time.process_time()

    assert len(texts.parse(words(body=body).text(library.today()), name="rules").anchors) == 8_001
    assert time.process_time() - began < 20


def test_two_huge_clauses_without_a_common_word_are_shown_whole():
    old, new = (
        texts.parse(
            words(body=f"## May {{#may}}\n\n1. {' '.join(f'{word}{n}' for n in range(11_000))} {{#may-own}}\n").text(
                library.today()
            ),
            name="rules",
        )
        for word in "ab"
    )
    long = replace(new.sections[0].clauses[0], html=new.sections[0].clauses[0].html * 3)
    wide = replace(new, sections=(replace(new.sections[0], clauses=(long,)),), sha256="1" * 64)

    assert redline.__wrapped__(old, wide).added >= 1


@pytest.mark.parametrize("sign", ["😀", "漢字", "ก", "مرحبا", "\ue000", "a\u200db"])
@pytest.mark.parametrize("place", ["title", "body"])
def test_a_sign_that_the_print_fonts_lack_does_not_stop_the_pdf(app, sign, place):
    text = BODY.replace("your own", sign) if place == "body" else f"Rules {sign}"
    policy = texts.parse(words(**{place: text}).text(library.today()), name="rules")

    made = pdf(policy, versions=[("1.1", "2026-01-01", "S")], base_url="http://x", state_words="In force")
    assert made.startswith(b"%PDF-")


def test_who_became_an_author_meanwhile_cannot_approve(staff):
    """What another request of the same person wrote since this one read the version counts."""
    writer, other = staff
    row = drafting.draft(words(), by=writer)
    drafting.submit(row, by=writer)
    db.session.commit()
    read_before = list(row.authors)
    drafting.send_back(row, why="Almost.", by=other)
    changed = words(body=BODY.replace("your own", "everyone's"))
    drafting.edit(row, changed, seen_sha256=row.text_sha256, by=other)
    drafting.submit(row, by=other)
    db.session.commit()
    set_committed_value(row, "authors", read_before)

    with pytest.raises(drafting.NotAllowed):
        drafting.approve(row, seen_sha256=row.text_sha256, by=other)


def test_an_anchor_cannot_be_moved_and_stay(staff):
    row = drafting.draft(words(moved={"may-own": "may"}), by=staff[0])

    with pytest.raises(BrokenPolicy, match="may-own still stands"):
        drafting.submit(row, by=staff[0])
