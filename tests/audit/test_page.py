"""The audit page: finding who did what, and taking it along as CSV."""

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEntry
from app.audit.services import record
from app.db import db
from app.workspaces.models import Role
from tests.factories import a_member, a_user, a_workspace


@pytest.fixture
def home(app):
    return a_workspace("Fennel & Rye", slug="fennel-rye")


@pytest.fixture
def auditor(home, browser_of):
    return browser_of(a_member(home, Role.AUDITOR, name="Kofi Mensah").user)


def note(workspace, words="Raised the limit", kind="member:rule:changed", **fields):
    seq = record(kind, words, workspace_id=workspace.id, **fields)
    db.session.commit()
    return db.session.scalars(select(AuditEntry).filter_by(chain=workspace.id, seq=seq)).one()


def rows(page):
    return [cells[3].text for row in page.find("tbody").all("tr") if (cells := row.all("td"))]


def exported(page):
    return list(csv.DictReader(io.StringIO(page.body.decode())))


def test_the_newest_entry_comes_first(home, auditor):
    note(home, "First")
    note(home, "Second")

    page = auditor.get("/w/fennel-rye/audit")

    assert rows(page)[:2] == ["Second", "First"]


def test_a_row_opens_to_before_and_after(home, auditor):
    note(home, before={"limit": "€100"}, after={"limit": "€250 & more"}, subject="rule:7")

    page = auditor.get("/w/fennel-rye/audit")

    details = page.all("details")[0].text
    assert "€100" in details and "€250 & more" in details and "member:rule:changed" in details


@pytest.mark.parametrize(
    "query",
    [
        "who=ada",
        "kind=agent:",
        "subject=run:81",
        "text=100%25",
        "since=2026-11-20&until=2026-11-20",
        "who=ada&kind=agent:&subject=run:81",
    ],
)
def test_a_filter_shows_what_fits_and_nothing_else(home, auditor, query):
    note(home, "Other", actor=("Grace", "user:1"), subject="run:9")
    wanted = note(home, "Paid 100% back", kind="agent:run:acted", actor=("Ada", "user:2"), subject="run:81")
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    db.session.execute(update(AuditEntry).where(AuditEntry.id == wanted.id).values(at=at))
    db.session.commit()

    page = auditor.get(f"/w/fennel-rye/audit?{query}")

    assert rows(page) == ["Paid 100% back"]


def test_a_day_is_a_day_of_the_workspace(home, auditor):
    late = note(home, "Shortly after midnight in Amsterdam")
    at = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    db.session.execute(update(AuditEntry).where(AuditEntry.id == late.id).values(at=at))
    db.session.commit()

    assert len(rows(auditor.get("/w/fennel-rye/audit?since=2026-11-20&until=2026-11-20"))) == 1
    assert "No entries match" in auditor.get("/w/fennel-rye/audit?until=2026-11-19")


def test_the_log_is_paged_and_the_filter_goes_along(home, auditor):
    for n in range(60):
        record("member:rule:changed", f"Entry {n}", workspace_id=home.id)
    db.session.commit()

    first = auditor.get("/w/fennel-rye/audit?text=Entry")
    older = auditor.click("Older")

    assert (len(rows(first)), len(rows(older))) == (50, 10)
    assert rows(older)[-1] == "Entry 0"
    assert "Older" not in [link.text for link in older.all("a")]
    assert rows(auditor.click("Newest")) == rows(first)


@pytest.mark.parametrize(
    "query",
    [
        "before=99999999999999999999999",
        "before=-1",
        "before=x",
        "since=9999-12-31",
        "until=9999-12-31",
        "since=0001-01-01",
        "until=0001-01-01",
        "since=yesterday",
        "who=%00",
        "text=%ff%fe",
        "kind=%25",
        "subject=" + "x" * 5000,
    ],
)
def test_strange_addresses_are_answered(home, auditor, query):
    assert auditor.get(f"/w/fennel-rye/audit?{query}").status == 200
    assert auditor.get(f"/w/fennel-rye/audit.csv?{query}").status == 200


def test_the_export_is_what_the_filter_shows_whole(home, auditor):
    for n in range(520):
        record("member:rule:changed", f"Entry {n}", workspace_id=home.id, after={"n": n})
    record("agent:run:acted", "Not asked for", workspace_id=home.id)
    db.session.commit()

    page = auditor.get("/w/fennel-rye/audit.csv?text=Entry")

    lines = exported(page)
    assert [line["what"] for line in lines] == [f"Entry {n}" for n in reversed(range(520))]
    assert lines[0]["after"] == '{"n": 519}'
    assert page.headers["Content-Disposition"].startswith('attachment; filename="audit-fennel-rye-')


def test_a_spreadsheet_runs_nothing_of_what_an_agent_wrote(home, auditor):
    note(home, '=HYPERLINK("https://evil.example")', actor=("@SUM(1)", "agent:1"))

    line = next(line for line in exported(auditor.get("/w/fennel-rye/audit.csv")) if "HYPERLINK" in line["what"])

    assert line["what"].startswith("'=") and line["who"].startswith("'@")


def test_taking_the_log_away_is_in_the_log(home, auditor):
    auditor.get("/w/fennel-rye/audit.csv")

    last = db.session.scalars(
        select(AuditEntry).where(AuditEntry.chain == home.id).order_by(AuditEntry.seq.desc())
    ).first()
    assert (last.kind, last.actor) == ("member:audit:exported", "Kofi Mensah")


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.BILLING])
def test_who_may_not_read_the_log_gets_neither_page_nor_export(home, browser_of, role):
    browser = browser_of(a_member(home, role).user)

    assert browser.get("/w/fennel-rye/audit").status == 403
    assert browser.get("/w/fennel-rye/audit.csv").status == 403


def test_the_log_of_another_workspace_does_not_exist(home, auditor):
    other = a_workspace(slug="northwind")
    note(other, "Their secret")

    assert auditor.get("/w/northwind/audit").status == 404
    assert auditor.get("/w/northwind/audit.csv").status == 404
    assert "Their secret" not in auditor.get("/w/fennel-rye/audit")
    assert b"Their secret" not in auditor.get("/w/fennel-rye/audit.csv").body


def test_who_is_not_signed_in_is_sent_to_sign_in(home, client):
    assert client.get("/w/fennel-rye/audit", follow=False).status == 303
    assert client.get("/w/fennel-rye/audit.csv", follow=False).status == 303


def test_nothing_about_the_log_can_be_posted(home, auditor):
    token = {"csrf_token": auditor.token()}

    assert auditor.post("/w/fennel-rye/audit", token).status == 405
    assert auditor.post("/w/fennel-rye/audit.csv", token).status == 405


def test_markup_in_an_entry_is_text(home, auditor):
    note(home, "<script>alert(1)</script>", after={"x": "</code><script>"}, actor=a_user("Ada Lovelace"))

    page = auditor.get("/w/fennel-rye/audit")

    assert rows(page)[0] == "<script>alert(1)</script>"
