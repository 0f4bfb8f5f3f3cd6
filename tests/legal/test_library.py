"""The shelf of policies: what is published stays as it was, and what cannot be published says why."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select, update

from app.db import db
from app.errors import NotFound
from app.legal import library, services
from app.legal.library import BrokenPolicy
from app.legal.models import PolicyVersion

CLAUSES = """
## Before you start {#preamble}

1. These rules are for everyone. {#preamble-scope}

## What you may do {#may}

1. Automate **your own** work. {#may-own}
2. Ask, for example at [our address](mailto:hello@leenops.com):
    - once,
    - twice. {#may-ask}

## What you may not do {#may-not}

1. Break things. {#may-not-break}
"""


class Shelf:
    """A folder of policies in the place of content/legal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str = "1.0", body: str = CLAUSES, **changes: object) -> Path:
        matter: dict[str, object] = {
            "slug": "rules",
            "title": "House rules",
            "version": f'"{name}"',
            "change_type": "major",
            "material": "true",
            "published_on": "2026-06-13",
            "effective_on": "2026-06-13",
            "notice_days": 0,
            "acceptance": "click",
            "summary": f"Summary of {name}",
        } | changes
        path = self.folder / "rules" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        lines = [f"{name}: {value}" for name, value in matter.items() if value is not None]
        path.write_text("---\n" + "\n".join(lines) + "\n---\n" + body)
        return path


@pytest.fixture
def shelf(app, tmp_path, monkeypatch) -> Shelf:
    monkeypatch.setattr(library, "CONTENT", tmp_path)
    return Shelf(tmp_path)


def published() -> int:
    count = services.import_policies()
    db.session.commit()
    return count


def test_sections_and_clauses_have_numbers_and_lasting_names(shelf):
    shelf.put()

    before, may, may_not = library.in_force("rules").sections

    assert (before.number, [c.number for c in before.clauses]) == ("", ["a"])
    assert (may.number, may.title, may.anchor) == ("1", "What you may do", "may")
    assert [(c.number, c.anchor) for c in may.clauses] == [("1.1", "may-own"), ("1.2", "may-ask")]
    assert [c.number for c in may_not.clauses] == ["2.1"]
    assert "<strong>your own</strong>" in may.clauses[0].html


def test_nothing_dangerous_comes_out_of_a_text(shelf):
    bad = (
        "<script>alert(1)</script><img src=x onerror=alert(1)><b onclick=x>bold</b> "
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](http://plain.example) <iframe src=//x></iframe>"
    )
    shelf.put(body=f"## One {{#one}}\n\n1. {bad} {{#one-a}}\n")

    html = str(library.in_force("rules").sections[0].clauses[0].html)

    for part in ("<script", "<img", "onclick", "javascript:", "data:", "http://", "<iframe", "style"):
        assert part not in html


def test_the_newest_version_whose_day_has_come_is_in_force(shelf):
    shelf.put("1.0")
    shelf.put("1.1", effective_on="2026-07-01", published_on="2026-06-20")
    shelf.put("1.10", effective_on="2999-01-01", published_on="2026-06-20")

    assert library.in_force("rules").version == "1.1"
    assert library.find_in_force("rules", date(2026, 6, 30)).version == "1.0"
    assert library.find_in_force("rules", date(2026, 6, 12)) is None
    assert [p.version for p in library.versions("rules")] == ["1.10", "1.1", "1.0"]
    assert library.version("rules", "1.10").is_announced and not library.version("rules", "1.0").is_in_force


def test_an_announced_version_takes_effect_on_its_day(shelf):
    shelf.put("1.0")
    shelf.put("2.0", published_on="2026-06-20", effective_on="2026-07-20", notice_days=30)

    with time_machine.travel(datetime(2026, 7, 20, tzinfo=UTC) - timedelta(seconds=1), tick=False):
        assert library.in_force("rules").version == "1.0"
    with time_machine.travel(datetime(2026, 7, 20, tzinfo=UTC), tick=False):
        assert library.in_force("rules").version == "2.0"


@pytest.mark.parametrize("slug", ["nothing", "..", "../legal", "RULES", "", "a" * 400, "rules/1.0", "\x00"])
def test_what_is_not_there_is_not_found(shelf, slug):
    shelf.put()

    with pytest.raises(NotFound):
        library.in_force(slug)
    with pytest.raises(NotFound):
        library.version("rules", slug)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"slug": "others"}, "slug and version must be those"),
        ({"version": '"2.0"'}, "slug and version must be those"),
        ({"title": None}, "lacks title"),
        ({"summary": None, "acceptance": None}, "lacks acceptance, summary"),
        ({"change_type": "huge"}, "change_type must be one of major, minor"),
        ({"acceptance": "shrug"}, "acceptance must be one of"),
        ({"published_on": "soon"}, "dates are written"),
        ({"notice_days": "many"}, "notice_days is a number"),
        ({"effective_on": "2026-06-12"}, "cannot take effect before"),
        ({"notice_days": 30}, "before its 30 days of notice"),
        ({"summary": '"unclosed'}, "front matter cannot be read"),
    ],
)
def test_a_file_that_cannot_be_published_says_which_and_why(shelf, changes, why):
    shelf.put()
    published()
    shelf.put("1.1", **changes)

    with pytest.raises(BrokenPolicy, match=why) as problem:
        services.import_policies()

    assert "content/legal/rules/1.1.md" in problem.value.sentence
    assert db.session.scalar(select(func.count(PolicyVersion.id))) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("## One\n\n1. Text. {#a}\n", "has no anchor"),
        ("## One {#one}\n\n1. Text.\n", "a clause has no anchor"),
        ("## One {#one}\n\n1. Text. {#a}\n2. More. {#a}\n", "the anchor a is used twice"),
        ("## One {#one}\n\n1. Text. {#a}\n\n## Two {#one}\n\n1. Text. {#b}\n", "the anchor one is used twice"),
    ],
)
def test_every_section_and_clause_needs_a_name_of_its_own(shelf, body, why):
    shelf.put(body=body)

    with pytest.raises(BrokenPolicy, match=why):
        services.import_policies()


def test_a_file_without_front_matter_is_refused(shelf):
    shelf.put().write_text("# Only text\n")

    with pytest.raises(BrokenPolicy, match="line 1"):
        services.import_policies()


def test_each_version_is_published_once(shelf):
    shelf.put("1.0")
    assert published() == 1
    shelf.put("1.1")

    assert published() == 1
    assert published() == 0


@pytest.mark.parametrize("change", ["a word", "front matter", "a space at the end"])
def test_a_published_text_that_changed_stops_the_import(shelf, change):
    path = shelf.put()
    published()
    text = path.read_text()
    path.write_text(
        {
            "a word": text.replace("everyone", "nobody"),
            "front matter": text.replace("Summary of", "Other words for"),
            "a space at the end": text + " ",
        }[change]
    )
    shelf.put("1.1")

    with pytest.raises(BrokenPolicy, match="rules/1.0.md was changed after it was published"):
        services.import_policies()
    db.session.rollback()
    assert db.session.scalar(select(func.count(PolicyVersion.id))) == 1


def test_a_published_text_that_is_gone_stops_the_import(shelf):
    path = shelf.put()
    shelf.put("1.1")
    published()
    path.unlink()

    with pytest.raises(BrokenPolicy, match="rules/1.0.md was removed after it was published"):
        services.import_policies()


def test_the_commands_publish_and_check(shelf, app):
    path, run = shelf.put(), app.test_cli_runner().invoke

    assert "1 new versions published." in run(args=["policies", "import"]).output
    assert run(args=["policies", "check"]).exit_code == 0
    path.write_text(path.read_text().replace("everyone", "nobody"))
    for command in ("check", "import"):
        done = run(args=["policies", command])
        assert done.exit_code == 1
        assert "Restore it and publish a new version instead." in done.output


def test_the_terms_on_the_shelf_can_be_published(app):
    assert published() >= 1

    row = db.session.scalars(select(PolicyVersion).where(PolicyVersion.slug == "terms")).one()
    assert (row.version, row.text_sha256) == ("1.0", library.version("terms", "1.0").sha256)
    db.session.execute(update(PolicyVersion).values(text_sha256="0" * 64))
    with pytest.raises(BrokenPolicy):
        services.check_policies()
