"""Requests that no page of ours sends: answered in words, never with a server error."""

import sqlite3
import time
from typing import Any

import pytest

import app.db as database
from app.db import db
from app.knowledge import services as knowledge
from app.knowledge.models import Document
from app.workspaces.models import Membership, Role
from tests.factories import ZEROS, a_member, a_workspace, an_agent
from tests.pages import Browser, Page


@pytest.fixture
def builder(app) -> Membership:
    return a_member(a_workspace(), Role.ADMIN)


@pytest.fixture
def browser(builder, browser_of) -> Browser:
    opened: Browser = browser_of(builder.user)
    return opened


def edit(browser: Browser, member: Membership, data: Any, **kwargs: Any) -> Page:
    agent = an_agent(member.workspace)
    headers = {"X-CSRFToken": browser.token()}
    return browser.post(f"/w/{member.workspace.slug}/agents/{agent.slug}/edit", data, headers=headers, **kwargs)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json"])
def test_an_agent_edited_with_an_empty_form_is_asked_for_what_is_missing(browser, builder, kind):
    page = edit(browser, builder, b"", content_type=kind)

    assert page.status == 422 and "Write the instructions" in page


@pytest.mark.parametrize("steps", ["9" * 5_000, "-1", "٣", "1e1", "0", "51", "", "007"])
def test_a_number_of_steps_that_is_none_is_named(browser, builder, steps):
    fields = {"name": "Refunds", "purpose": "Refunds", "instructions": "Refund.", "max_steps": steps}

    page = edit(browser, builder, fields)

    assert page.status == 422 and "Choose between 1 and 50 steps" in page


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_version_number_that_no_column_holds_is_not_found(browser, builder, number):
    agent = an_agent(builder.workspace)

    there = f"/w/{builder.workspace.slug}/agents/{agent.slug}/versions/{number}/live"

    assert browser.post(there, {"csrf_token": browser.token()}).status == 404


@pytest.mark.parametrize("start", [2**31, 2**63, 10**30])
def test_a_passage_number_that_no_column_holds_is_not_found(browser, builder, start):
    shelf = knowledge.create_collection(builder.workspace_id, name="Rules", teams=[], by=builder.user)
    whose = {"workspace_id": builder.workspace_id, "collection_id": shelf.id, "added_by": builder.user_id}
    document = Document(name="a.txt", media_type="text/plain", size=1, sha256=ZEROS, state="ready", **whose)
    db.session.add(document)
    db.session.commit()

    assert (
        browser.get(f"/w/{builder.workspace.slug}/knowledge/documents/{document.public_id}?start={start}").status == 404
    )


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("path", ["/account", "/w/{}/agents/{}/pause", "without a token"])
def test_who_cannot_get_the_lock_is_told_so_once_and_on_a_page(browser, builder, monkeypatch, path, htmx):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has one write lock")
    there = path.format(builder.workspace.slug, an_agent(builder.workspace).slug)
    there, token = ("/account", "none") if path == "without a token" else (there, browser.token())
    monkeypatch.setattr(database, "WRITE_LOCK_SECONDS", 0.3)
    db.session.commit()
    busy = sqlite3.connect(db.engine.url.database or "", timeout=5, isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    try:
        began = time.monotonic()
        page = browser.post(there, {"csrf_token": token, "name": "Ada"}, htmx=htmx)
        took = time.monotonic() - began
    finally:
        busy.rollback()
        busy.close()

    assert page.status == 503, page.response.get_data(as_text=True)[:400]
    assert page.headers["Retry-After"] == "3" and "Part of LeenOps is not answering" in page
    assert took < 3.5  # SQLite's own words cost another second; nothing waits a third time
