"""The ledger and the tasks: their pages, taking back, closing, exporting."""

import csv
import io
from typing import Any

import pytest
from flask import Flask

from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict
from app.integrations import export, ledger, tracker
from app.integrations.models import LedgerEntry, WorkItem
from tests.factories import a_member


def an_entry(member: Any, **fields: Any) -> LedgerEntry:
    defaults: dict[str, Any] = {
        "kind": "refund",
        "party": "Hartwell Ltd",
        "amount": 184000,
        "currency": "EUR",
        "reference": "INV-7",
        "reason": "Charged twice",
        "run_id": 1,
        "run_ref": "r1",
        "effect_key": "run:1:0",
    }
    entry = LedgerEntry(workspace_id=member.workspace_id, **defaults | fields)
    db.session.add(entry)
    db.session.commit()
    return entry


def a_task(member: Any, **fields: Any) -> WorkItem:
    defaults = {"title": "Call Hartwell", "detail": "They asked twice.", "team": "finance", "priority": "high"}
    task = WorkItem(workspace_id=member.workspace_id, run_id=1, run_ref="r1", effect_key="k", **defaults | fields)
    db.session.add(task)
    db.session.commit()
    return task


def test_an_entry_is_reversed_on_the_ledger_and_stays(app: Flask, browser_of: Any) -> None:
    member = a_member()
    entry = an_entry(member)
    browser = browser_of(member.user)
    assert "€1,840.00" in browser.get(f"/w/{member.workspace.slug}/ledger")

    page = browser.submit(f"{entry.public_id}/reversals")

    assert "Reversed" in page and f"by {member.user.name}" in page
    assert db.session.query(AuditEntry).filter_by(kind="member:ledger_entry:reversed").count() == 1


def test_an_entry_is_reversed_once(app: Flask) -> None:
    member = a_member()
    entry = an_entry(member)
    ledger.reverse(entry, by=member.user)

    with pytest.raises(Conflict):
        ledger.reverse(entry, by=member.user)


def test_another_workspaces_entry_is_not_there(app: Flask, browser_of: Any) -> None:
    entry, stranger = an_entry(a_member()), a_member()
    browser = browser_of(stranger.user)

    page = browser.get(f"/w/{stranger.workspace.slug}/ledger")

    assert entry.reference not in page
    there = f"/w/{stranger.workspace.slug}/ledger/{entry.public_id}/reversals"
    token = browser.get(f"/w/{stranger.workspace.slug}/keys").find("input", name="csrf_token")["value"]
    assert browser.post(there, {"csrf_token": token}).status == 404


def test_an_auditor_sees_no_button_to_reverse(app: Flask, browser_of: Any) -> None:
    member = a_member(role="auditor")
    an_entry(member)

    page = browser_of(member.user).get(f"/w/{member.workspace.slug}/ledger")

    assert "Booked" in page and not [b for b in page.all("button") if b.text.startswith("Reverse")]


def test_the_ledger_is_paged(app: Flask, browser_of: Any) -> None:
    member = a_member()
    for n in range(51):
        an_entry(member, effect_key=f"k{n}", reference=f"INV-{n:03}")
    browser = browser_of(member.user)

    first = browser.get(f"/w/{member.workspace.slug}/ledger")
    second = browser.get(first.link("Older"))

    assert "INV-050" in first and "INV-000" not in first
    assert "INV-000" in second and "INV-050" not in second


def test_the_csv_holds_exact_amounts_and_no_formula(app: Flask, browser_of: Any) -> None:
    member = a_member()
    an_entry(member, party='=HYPERLINK("http://evil.test")', reference="@SUM(A1)")

    page = browser_of(member.user).get(f"/w/{member.workspace.slug}/ledger.csv")

    [row] = csv.DictReader(io.StringIO(page.body.decode()))
    assert (row["amount"], row["currency"]) == ("1840.00", "EUR")
    assert row["party"].startswith("'=") and row["reference"] == "'@SUM(A1)"


def test_a_reviewer_may_not_export(app: Flask, browser_of: Any) -> None:
    member = a_member(role="reviewer")

    assert browser_of(member.user).get(f"/w/{member.workspace.slug}/ledger.csv").status == 403


def test_the_export_holds_every_entry_of_one_workspace(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    member = a_member()
    an_entry(a_member())
    for n in range(5):
        an_entry(member, effect_key=f"k{n}")
    monkeypatch.setattr(export, "BATCH", 2)

    assert len(export.ledger_csv(member.workspace_id).splitlines()) == 6


def test_a_task_is_closed_and_reopened(app: Flask, browser_of: Any) -> None:
    member = a_member()
    task = a_task(member)
    browser = browser_of(member.user)
    page = browser.get(f"/w/{member.workspace.slug}/tasks")
    assert "Call Hartwell" in page

    browser.get(page.link("Call Hartwell"))
    closed = browser.submit("/close")
    assert closed.find(id=f"task-{task.public_id}")["data-state"] == "closed"

    reopened = browser.submit("/reopen")
    assert reopened.find(id=f"task-{task.public_id}")["data-state"] == "open"


def test_a_task_answers_htmx_with_its_card(app: Flask, browser_of: Any) -> None:
    member = a_member()
    task = a_task(member)
    browser = browser_of(member.user)
    browser.get(f"/w/{member.workspace.slug}/tasks/{task.public_id}")

    page = browser.submit("/close", htmx=True)

    assert page.status == 200
    assert page.find(id=f"task-{task.public_id}")["data-state"] == "closed"


def test_a_task_is_closed_once(app: Flask) -> None:
    member = a_member()
    task = a_task(member)
    tracker.close(task, by=member.user)

    with pytest.raises(Conflict, match="already closed"):
        tracker.close(task, by=member.user)
    tracker.reopen(task, by=member.user)
    with pytest.raises(Conflict, match="already reopened"):
        tracker.reopen(task, by=member.user)


def test_closed_tasks_are_listed_apart(app: Flask, browser_of: Any) -> None:
    member = a_member()
    a_task(member, state="closed", title="Done already")
    browser, base = browser_of(member.user), f"/w/{member.workspace.slug}/tasks"

    assert "Done already" not in browser.get(base)
    assert "Done already" in browser.get(f"{base}?state=closed")
    assert "Done already" in browser.get(f"{base}?state=all")
