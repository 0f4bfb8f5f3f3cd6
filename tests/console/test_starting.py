"""Starting a run with files: no lock while they are read, no start twice by accident, no files where none may come."""

import sqlite3
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from app.db import db, now
from app.integrations import files, kinds
from app.integrations.models import Attachment
from app.knowledge import services as knowledge
from app.knowledge.models import Document
from app.restrictions.models import Restriction
from app.runs.models import Run
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member, a_workspace, an_agent
from tests.pages import Browser, Page

INPUTS = [
    {"name": "request", "label": "Request", "kind": "long", "required": True, "hint": "", "choices": []},
    {"name": "papers", "label": "Papers", "kind": "files", "required": False, "hint": "", "choices": []},
]


@pytest.fixture
def builder(app) -> Membership:
    return a_member(a_workspace(), Role.BUILDER)


@pytest.fixture
def browser(builder, browser_of) -> Browser:
    opened: Browser = browser_of(builder.user)
    return opened


def agent_of(workspace: Workspace, **fields: Any) -> Any:
    return an_agent(workspace, version={"tools": [], "inputs": INPUTS}, **fields)


def post(browser: Browser, path: str, **fields: Any) -> Page:
    return browser.post(path, {"csrf_token": browser.token(), **fields})


def start(browser: Browser, agent: Any, *given: tuple[str, bytes], **fields: Any) -> Page:
    path = f"/w/{db.session.get_one(Workspace, agent.workspace_id).slug}/agents/{agent.slug}/runs"
    papers = [(BytesIO(content), name) for name, content in given]
    return post(browser, path, request="Order 4711", **({"papers": papers} if papers else {}), **fields)


def while_reading(monkeypatch: pytest.MonkeyPatch, happen: Any) -> None:
    """Let something happen at the moment a file of a request is looked at."""
    real = kinds.sniff

    def sniff(name: str, content: bytes) -> Any:
        happen()
        return real(name, content)

    monkeypatch.setattr(files, "sniff", sniff)


def write_elsewhere() -> None:
    """A write of somebody else, who does not wait."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            other = sqlite3.connect(db.engine.url.database or "", timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
            other.close()


def rows(model: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(select(model).execution_options(populate_existing=True)))


def add_document(browser: Browser, member: Membership) -> Page:
    shelf = knowledge.create_collection(member.workspace_id, name="Rules", teams=[], by=member.user)
    db.session.commit()
    there = f"/w/{member.workspace.slug}/knowledge/collections/{shelf.public_id}/documents"
    return post(browser, there, files=[(BytesIO(b"Refunds take two days."), "a.txt")])


def test_somebody_else_writes_while_the_files_of_a_start_are_read(browser, builder, monkeypatch):
    agent, seen = agent_of(builder.workspace), []
    while_reading(monkeypatch, lambda: (write_elsewhere(), seen.append(db.session().in_transaction())))

    assert start(browser, agent, ("a.txt", b"one"), ("b.txt", b"two")).status == 303

    assert seen == [False, False]
    assert [(a.name, a.field, a.run_id) for a in rows(Attachment)] == [
        (name, "papers", rows(Run)[0].id) for name in ("a.txt", "b.txt")
    ]


def test_somebody_else_writes_while_documents_are_read(browser, builder, monkeypatch):
    seen: list[bool] = []
    while_reading(monkeypatch, lambda: (write_elsewhere(), seen.append(db.session().in_transaction())))

    assert add_document(browser, builder).status == 303

    assert seen == [False] and len(rows(Document)) == 1


def suspend(workspace_id: int, level: str = "suspended", capabilities: tuple[str, ...] = ()) -> None:
    measure = {"level": level, "ground": "security", "capabilities": list(capabilities), "reason": "T", "clause": "2"}
    with db.engine.begin() as connection:
        values = {"workspace_id": workspace_id, "imposed_by": 1, **measure}
        connection.execute(Restriction.__table__.insert().values(**values))


def ids(member: Membership) -> SimpleNamespace:
    """Its numbers, without a row behind them that would be read anew in the middle of a request."""
    return SimpleNamespace(id=member.id, workspace_id=member.workspace_id)


def remove(membership_id: int) -> None:
    with db.engine.begin() as connection:
        table = Membership.__table__
        connection.execute(table.update().where(table.c.id == membership_id).values(ended_at=now()))


def limit(membership_id: int) -> None:
    with db.engine.begin() as connection:
        table = Membership.__table__
        connection.execute(table.update().where(table.c.id == membership_id).values(teams=["finance"]))


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (lambda member: suspend(member.workspace_id), 423),
        (lambda member: suspend(member.workspace_id, "restrict", ("upload",)), 423),
        (lambda member: remove(member.id), 404),
        (lambda member: limit(member.id), 403),
    ],
    ids=["suspended", "no uploads", "removed", "limited"],
)
def test_what_is_taken_away_while_files_are_read_is_gone_when_the_start_is_written(
    browser, builder, monkeypatch, happens, status
):
    agent, who = agent_of(builder.workspace), ids(builder)
    while_reading(monkeypatch, lambda: happens(who))

    assert start(browser, agent, ("a.txt", b"one")).status == status

    assert rows(Run) == [] and rows(Attachment) == []


@pytest.mark.parametrize(
    ("happens", "status"), [(lambda m: suspend(m.workspace_id), 423), (lambda m: remove(m.id), 404)]
)
def test_what_is_taken_away_while_documents_are_read_is_gone_when_they_are_written(
    browser, builder, monkeypatch, happens, status
):
    who = ids(builder)
    while_reading(monkeypatch, lambda: happens(who))

    assert add_document(browser, builder).status == status

    assert rows(Document) == []


def test_starts_without_a_key_are_each_a_run_of_their_own(browser, builder):
    agent, other = agent_of(builder.workspace), agent_of(builder.workspace)

    there = [start(browser, which).location for which in (agent, agent, other)]

    assert len(set(there)) == 3
    assert [run.agent_id for run in rows(Run)] == [agent.id, agent.id, other.id]


def test_the_same_key_again_is_the_same_run(browser, builder):
    agent = agent_of(builder.workspace)

    assert len({start(browser, agent, start_key="k1").location for _ in range(2)}) == 1


def test_files_are_refused_on_a_start_while_uploads_are_off_and_the_rest_goes_on(browser, builder):
    agent = agent_of(builder.workspace)
    who = ids(builder)
    db.session.commit()
    suspend(who.workspace_id, "restrict", ("upload",))

    refused = start(browser, agent, ("a.txt", b"one"))

    assert refused.status == 423 and "Adding files is switched off" in refused
    assert rows(Run) == [] and rows(Attachment) == []
    assert start(browser, agent).status == 303
