"""A member who is limited to teams stops, retries and takes back only what belongs to them."""

from typing import Any

import pytest

from app.approvals.models import Approval
from app.db import db, now
from app.integrations.models import LedgerEntry
from app.runs.models import Run, RunState
from app.workspaces.models import Membership, Role
from tests.factories import a_member, a_run, a_workspace, an_agent
from tests.pages import Browser


@pytest.fixture
def owner(app) -> Membership:
    return a_member(a_workspace())


@pytest.fixture
def limited_to(owner, browser_of) -> Any:
    """`limited_to("marketing")`: the browser of a reviewer of that team."""
    return lambda *teams: browser_of(a_member(owner.workspace, Role.REVIEWER, teams=list(teams)).user)


def an_entry(run: Run) -> LedgerEntry:
    entry = LedgerEntry(
        workspace_id=run.workspace_id, kind="refund", party="Hartwell", amount=1, currency="EUR", reference="R",
        reason="", run_id=run.id, run_ref=run.public_id, effect_key=f"{run.public_id}:1",
    )  # fmt: skip
    db.session.add(entry)
    db.session.commit()
    return entry


def post(browser: Browser, owner: Membership, path: str) -> int:
    return browser.post(f"/w/{owner.workspace.slug}/{path}", {"csrf_token": browser.token()}).status


def fresh(row: Any) -> Any:
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def test_a_run_of_another_team_is_not_stopped(owner, limited_to):
    run = a_run(an_agent(owner.workspace, team="support"))

    assert post(limited_to("marketing"), owner, f"runs/{run.public_id}/stop") == 403
    assert fresh(run).state == RunState.QUEUED and fresh(run).cancel_requested_at is None
    assert post(limited_to("marketing", "support"), owner, f"runs/{run.public_id}/stop") == 303


def test_a_run_of_another_team_is_not_tried_again(owner, limited_to):
    agent = an_agent(owner.workspace, team="support")
    run = a_run(agent, state=RunState.FAILED, wake_at=None, finished_at=now())

    assert post(limited_to("marketing"), owner, f"runs/{run.public_id}/retry") == 403
    assert fresh(run).state == RunState.FAILED
    assert post(limited_to("support"), owner, f"runs/{run.public_id}/retry") == 303


def test_an_entry_of_another_team_is_not_reversed(owner, limited_to):
    entry = an_entry(a_run(an_agent(owner.workspace, team="support")))

    assert post(limited_to("marketing"), owner, f"ledger/{entry.public_id}/reversals") == 403
    assert fresh(entry).reversed_at is None
    assert post(limited_to("support"), owner, f"ledger/{entry.public_id}/reversals") == 303


def test_who_is_not_limited_reverses_what_no_run_answers_for(owner, limited_to, browser_of):
    run = a_run(an_agent(owner.workspace, team="support"))
    entry = an_entry(run)
    entry.run_ref = "gone"
    db.session.commit()

    assert post(limited_to("support"), owner, f"ledger/{entry.public_id}/reversals") == 403
    assert post(browser_of(owner.user), owner, f"ledger/{entry.public_id}/reversals") == 303


def test_the_limits_of_a_role_that_has_none_say_nothing(owner, browser_of):
    admin = a_member(owner.workspace, Role.ADMIN, teams=["marketing"])
    run = a_run(an_agent(owner.workspace, team="support"))

    assert post(browser_of(admin.user), owner, f"runs/{run.public_id}/stop") == 303
    assert db.session.query(Approval).count() == 0
