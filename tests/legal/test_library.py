"""The shelf of policies: what is published stays as it was, and what cannot be published says why."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from app.db import db
from app.errors import NotFound
from app.legal import importing, library
from app.legal.models import Origin, PolicyVersion, State
from app.legal.texts import BrokenPolicy
from app.workspaces.models import Role
from tests.factories import a_member


def test_sections_and_clauses_have_numbers_and_lasting_names(shelf):
    shelf.put()
    shelf.publish()

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
    shelf.publish()

    html = str(library.in_force("rules").sections[0].clauses[0].html)

    for part in ("<script", "<img", "onclick", "javascript:", "data:", "http://", "<iframe", "style"):
        assert part not in html


def test_the_newest_version_whose_day_has_come_is_in_force(shelf):
    shelf.put("1.0")
    shelf.put("1.1", effective_on="2026-07-01", published_on="2026-06-20", material="false")
    shelf.put("1.10", effective_on="2999-01-01", published_on="2026-06-20", material="false")
    shelf.publish()

    assert library.in_force("rules").version == "1.1"
    assert library.find_in_force("rules", date(2026, 6, 30)).version == "1.0"
    assert library.find_in_force("rules", date(2026, 6, 12)) is None
    assert [p.version for p in library.versions("rules")] == ["1.10", "1.1", "1.0"]
    states = {p.version: library.state(p) for p in library.versions("rules")}
    assert states == {"1.10": State.SCHEDULED, "1.1": State.IN_FORCE, "1.0": State.SUPERSEDED}


def test_an_announced_version_takes_effect_on_its_day(shelf):
    shelf.put("1.0")
    shelf.put("2.0", published_on="2026-06-20", effective_on="2026-07-20", notice_days=30)
    shelf.publish()

    with time_machine.travel(datetime(2026, 7, 20, tzinfo=UTC) - timedelta(seconds=1), tick=False):
        assert library.in_force("rules").version == "1.0"
    with time_machine.travel(datetime(2026, 7, 20, tzinfo=UTC), tick=False):
        assert library.in_force("rules").version == "2.0"


@pytest.mark.parametrize("slug", ["nothing", "..", "../legal", "RULES", "", "a" * 400, "rules/1.0", "\x00"])
def test_what_is_not_there_is_not_found(shelf, slug):
    shelf.put()
    shelf.publish()

    with pytest.raises(NotFound):
        library.in_force(slug)
    with pytest.raises(NotFound):
        library.version("rules", slug)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"slug": "others"}, "line 2: slug and version must be those"),
        ({"version": '"2.0"'}, "line 2: slug and version must be those"),
        ({"title": None}, "line 1: the front matter lacks title"),
        ({"acceptance": None, "title": None}, "lacks title, acceptance"),
        ({"summary": None}, "line 6: a material change needs a summary"),
        ({"summary": '"  "'}, "line 6: a material change needs a summary"),
        ({"change_type": "huge"}, "line 5: change_type must be one of major, minor"),
        ({"change_type": "minor"}, "line 5: a minor change alters no meaning, so it is never material"),
        ({"acceptance": "shrug"}, "line 10: acceptance must be one of"),
        ({"published_on": "soon"}, "line 7: dates are written"),
        ({"published_on": "2026-02-30"}, "line 1: the front matter cannot be read"),
        ({"notice_days": "many"}, "line 9: notice_days is a number"),
        ({"notice_days": -1}, "line 9: notice_days is a number"),
        ({"material": "perhaps"}, "line 6: material is true or false"),
        ({"efective_on": "2026-06-13"}, "line 12: the front matter has no efective_on"),
        ({"effective_on": "2026-06-12"}, "line 8: it cannot take effect before"),
        ({"notice_days": 30}, "line 8: it cannot take effect before its 30 days of notice"),
        ({"effective_on": "2026-06-13", "material": "false"}, "line 8: it takes effect on 2026-06-13, but 1.0 does so"),
        ({"effective_on": "2026-07-30", "notice_days": 7}, "line 9: a material change needs at least 30 days"),
        ({"summary": '"unclosed'}, "line 12: the front matter cannot be read"),
        ({"notes": "just words"}, "line 12: notes is a list"),
        ({"moved": "{a b: c}"}, "moved names anchors"),
    ],
)
def test_a_file_that_cannot_be_published_says_which_and_why(shelf, changes, why):
    shelf.put()
    shelf.publish()
    shelf.put("1.1", **changes)

    with pytest.raises(BrokenPolicy, match=why) as problem:
        importing.import_policies()

    assert "content/legal/rules/1.1.md" in problem.value.sentence
    assert db.session.scalar(select(func.count(PolicyVersion.id))) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("## One\n\n1. Text. {#a}\n", "line 13: the section “One” has no anchor"),
        ("## One {#one}\n\n1. Text. {#a}\n2. Text.\n", "line 16: a clause has no anchor"),
        ("## One {#one}\n\n1. Text. {#a}\n2. More. {#a}\n", "the anchor a is used twice"),
        ("## One {#one}\n\n1. Text. {#a}\n\n## Two {#one}\n\n1. Text. {#b}\n", "the anchor one is used twice"),
        ("Lost words.\n\n## One {#one}\n\n1. Text. {#a}\n", "text must stand in a section"),
        ("## One {#one}\n\nLost words.\n\n1. Text. {#a}\n", "text must stand in a numbered clause"),
        ("", "there is no section"),
    ],
)
def test_every_section_and_clause_needs_a_name_of_its_own(shelf, body, why):
    shelf.put(body=body)

    with pytest.raises(BrokenPolicy, match=why):
        importing.import_policies()


def test_a_file_without_front_matter_is_refused(shelf):
    shelf.put().write_text("# Only text\n")

    with pytest.raises(BrokenPolicy, match="line 1"):
        importing.import_policies()


def test_each_version_is_published_once(shelf):
    shelf.put("1.0")
    assert shelf.publish() == 1
    shelf.put("1.1", effective_on="2026-07-13", notice_days=30)

    assert shelf.publish() == 1
    assert shelf.publish() == 0


@pytest.mark.parametrize("change", ["a word", "front matter", "a space at the end"])
def test_a_published_text_that_changed_stops_the_import(shelf, change):
    path = shelf.put()
    shelf.publish()
    text = path.read_text()
    path.write_text(
        {
            "a word": text.replace("everyone", "nobody"),
            "front matter": text.replace("Summary of", "Other words for"),
            "a space at the end": text + " ",
        }[change]
    )
    shelf.put("1.1", effective_on="2026-07-13", notice_days=30)

    with pytest.raises(BrokenPolicy, match="rules/1.0.md, line [0-9]+: it was changed after it was published"):
        importing.import_policies()
    db.session.rollback()
    assert db.session.scalar(select(func.count(PolicyVersion.id))) == 1


def test_a_published_text_that_is_gone_stops_the_import(shelf):
    path = shelf.put()
    shelf.put("1.1", effective_on="2026-07-13", notice_days=30)
    shelf.publish()
    path.unlink()

    with pytest.raises(BrokenPolicy, match="rules/1.0.md, line 1: it was removed after it was published"):
        importing.import_policies()


def test_the_commands_publish_and_check(shelf, app):
    path, run = shelf.put(), app.test_cli_runner().invoke

    assert "1 new versions published." in run(args=["policies", "import"]).output
    assert run(args=["policies", "check"]).exit_code == 0
    path.write_text(path.read_text().replace("everyone", "nobody"))
    for command in ("check", "import"):
        done = run(args=["policies", command])
        assert done.exit_code == 1
        assert "Restore it and publish a new version instead." in done.output


@pytest.mark.parametrize("command", ["check", "verify"])
def test_a_text_altered_in_the_table_is_named_by_the_commands(shelf, app, command):
    shelf.put()
    shelf.publish()
    run = app.test_cli_runner().invoke
    assert run(args=["policies", command]).exit_code == 0
    db.session.execute(update(PolicyVersion).values(source=PolicyVersion.source + " ", origin=Origin.STAFF))
    db.session.commit()
    library.forget()

    done = run(args=["policies", command])

    assert done.exit_code == 1 and "rules/1.0: the text does not match its checksum" in done.output
    assert "as published" not in done.output and "as they were written" not in done.output


def test_what_is_on_the_shelf_stays_when_an_import_stops(shelf):
    path = shelf.put()
    shelf.publish()
    path.write_text("nonsense")

    with pytest.raises(BrokenPolicy):
        importing.import_policies()

    assert library.in_force("rules").version == "1.0"


def test_a_text_altered_in_the_table_is_not_shown(shelf):
    shelf.put()
    shelf.publish()
    db.session.execute(update(PolicyVersion).values(source=PolicyVersion.source + " "))
    db.session.commit()
    library.forget()

    with pytest.raises(library.AlteredPolicy):
        library.in_force("rules")


def test_an_altered_text_takes_nothing_else_with_it(client, browser_of):
    db.session.execute(
        update(PolicyVersion).where(PolicyVersion.slug == "cookies").values(source=PolicyVersion.source + " ")
    )
    db.session.commit()
    library.forget()
    member = a_member(role=Role.OWNER)

    assert client.get("/legal/cookies").status == 500
    assert "Cookie policy" not in client.get("/legal/").find("main").text
    browser = browser_of(member.user)
    for path in (
        "/legal/",
        "/legal/terms",
        "/legal/changes",
        "/legal/changes.atom",
        "/",
        f"/w/{member.workspace.slug}/runs",
    ):
        assert browser.get(path).status == 200
    assert browser.get(f"/w/{member.workspace.slug}/terms").status == 200
    db.session.execute(
        update(PolicyVersion)
        .where(PolicyVersion.slug == "cookies")
        .values(source=func.rtrim(PolicyVersion.source, " "))
    )
    db.session.commit()


def test_a_process_sees_what_another_published_within_a_second(shelf, monkeypatch):
    shelf.put()
    shelf.publish()
    assert len(library.versions("rules")) == 1
    shelf.put("1.1", effective_on="2026-07-13", notice_days=30)
    monkeypatch.setattr(library, "forget_after_commit", lambda: None)  # as in another process
    shelf.publish()

    monkeypatch.setattr(library.time, "monotonic", lambda: 1e12)

    assert len(library.versions("rules")) == 2


def test_the_policies_that_ship_are_as_published(app):
    assert len(importing.check_policies()) == len(list(importing.CONTENT.glob("*/*.md")))
