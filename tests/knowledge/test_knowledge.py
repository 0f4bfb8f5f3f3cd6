"""Reading documents, finding passages, and the pages around them."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.db import db
from app.errors import Invalid, NotFound
from app.integrations import extract
from app.integrations.tools.base import ToolContext
from app.integrations.tools.registry import TOOLS
from app.jobs import QueuedJob
from app.knowledge import chunks, queries, services
from app.knowledge.models import Collection, Document, DocumentState, Passage
from tasks.knowledge import parse
from tests.factories import a_member
from tests.integrations import samples
from tests.integrations.samples import upload

POLICY = b"""# Refunds

A customer who was charged twice gets the money back within five days.

# Delivery

We deliver to every caf\xc3\xa9 in Z\xc3\xbcrich on weekdays. Orders over 250 euros travel for nothing.
"""


def a_collection(member: Any, name: str = "Handbook", teams: list[str] | None = None) -> Collection:
    made = services.create_collection(member.workspace_id, name=name, teams=teams or [], by=member.user)
    db.session.commit()
    return made


def a_document(member: Any, content: bytes = POLICY, name: str = "policy.md", **collection: Any) -> Document:
    """A document that has been read."""
    shelf = collection.get("collection") or a_collection(member)
    [document], [] = services.add_documents(shelf, [upload(name, content)], by=member.user)
    db.session.commit()
    parse(document.id)
    db.session.refresh(document)
    return document


def found(workspace_id: int, query: str, **options: Any) -> list[str]:
    hits = queries.search(workspace_id, query, **{"collections": None} | options)
    return [hit.passage.place for hit in hits]


def test_a_document_is_queued_and_read_into_passages(app: Flask) -> None:
    member = a_member()
    shelf = a_collection(member)
    [document], [] = services.add_documents(shelf, [upload("policy.md", POLICY)], by=member.user)
    db.session.commit()
    assert db.session.scalars(select(QueuedJob)).one().args == [document.id]

    parse(document.id)

    assert document.state == DocumentState.READY
    assert [p.place for p in queries.passages(document)] == ["section Refunds", "section Delivery"]


def test_reading_twice_changes_nothing(app: Flask) -> None:
    document = a_document(a_member())
    count = len(queries.passages(document))

    parse(document.id)

    assert len(queries.passages(document)) == count
    assert found(document.workspace_id, "charged twice") == ["section Refunds"]


def test_reading_that_was_cut_off_begins_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    member = a_member()
    monkeypatch.setattr(services, "BATCH", 2)
    [document], [] = services.add_documents(
        a_collection(member), [upload("a.txt", b"\n\n".join(b"line %d" % n for n in range(7)))], by=member.user
    )
    db.session.commit()
    steps = services.read(document.id)
    for _ in range(4):
        next(steps)
        db.session.commit()
    steps.close()
    assert db.session.scalar(select(func.count()).select_from(Passage))

    parse(document.id)

    assert [p.number for p in queries.passages(document)] == [1, 2, 3, 4, 5, 6, 7]


def test_a_file_without_text_fails_and_says_what_to_do(app: Flask) -> None:
    document = a_document(a_member(), samples.a_pdf(""), "scan.pdf")

    assert document.state == DocumentState.FAILED
    assert "text recognition" in (document.problem or "")


def test_a_file_that_breaks_the_reader_fails_in_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extract.READERS, "text/markdown", lambda path: 1 / 0)

    document = a_document(a_member())

    assert (document.state, document.problem) == (DocumentState.FAILED, extract.Unreadable.sentence)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("What happens when a customer was charged twice?", "section Refunds"),
        ("refund", "section Refunds"),
        ("CAFE", "section Delivery"),
        ("zurich", "section Delivery"),
        ("Zürich", "section Delivery"),
        ("deliveries", ""),
        ("delivering", "section Delivery"),
        ("orders over €250", "section Delivery"),
        ("who gets money", "section Refunds"),
    ],
)
def test_a_question_finds_its_passage_first(app: Flask, query: str, place: str) -> None:
    document = a_document(a_member())

    places = found(document.workspace_id, query)

    assert places[:1] == ([place] if place else [])


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "\x00",
        '"',
        "'",
        '" OR 1=1 --',
        "twice* AND",
        "NEAR(charged twice)",
        "search_text : twice",
        'scope : "w1"',
        "-twice",
        "twice & | !",
        "(((((",
        "a:*b",
        "'; DROP TABLE passages; --",
        "\\",
        "%_%",
        "^twice",
        "{twice}",
        "🦊",
        "🦊 twice",
        "the of and",
        "twice " * 5_000,
        "x" * 100_000,
        "\ud800",
        "_",
        "twice_charged",
    ],
)
def test_a_hostile_query_is_only_words(app: Flask, query: str) -> None:
    document = a_document(a_member())

    assert set(found(document.workspace_id, query)) <= {"section Refunds", "section Delivery"}
    assert db.session.scalar(select(func.count()).select_from(Passage)) == 2


def test_another_workspace_finds_nothing(app: Flask) -> None:
    a_document(a_member())
    stranger = a_member()

    assert found(stranger.workspace_id, "charged twice") == []


def test_only_the_given_collections_are_searched(app: Flask) -> None:
    member = a_member()
    document = a_document(member)
    other = a_collection(member, "Other")

    assert found(member.workspace_id, "charged twice", collections=[other.public_id]) == []
    assert found(member.workspace_id, "charged twice", collections=[]) == []
    shelf = db.session.get_one(Collection, document.collection_id)
    assert found(member.workspace_id, "charged twice", collections=[shelf.public_id]) == ["section Refunds"]


def test_a_removed_document_is_found_no_more(app: Flask) -> None:
    member = a_member()
    document = a_document(member)

    listed = [p.id for p in queries.passages(document)]
    services.remove_document(document, by=member.user)
    db.session.commit()

    assert found(member.workspace_id, "charged twice") == []
    if db.engine.dialect.name == "sqlite":
        left = set(db.session.scalars(text("SELECT rowid FROM passage_index")))
        assert not left & set(listed)


def test_the_same_file_is_not_added_twice(app: Flask) -> None:
    member = a_member()
    document = a_document(member)
    shelf = db.session.get_one(Collection, document.collection_id)

    added, refused = services.add_documents(shelf, [upload("again.md", POLICY), upload("x.exe", b"MZ")], by=member.user)

    assert added == []
    assert [r.name for r in refused] == ["x.exe", "again.md"]
    assert "already here as “policy.md”" in refused[1].sentence


def test_a_collection_name_is_taken_once(app: Flask) -> None:
    member = a_member()
    a_collection(member)

    with pytest.raises(Invalid):
        a_collection(member)


def test_a_collection_of_another_team_does_not_exist(app: Flask) -> None:
    member = a_member()
    shelf = a_collection(member, teams=["finance"])

    assert queries.get_collection(member.workspace_id, shelf.public_id, teams=["finance"]) == shelf
    with pytest.raises(NotFound):
        queries.get_collection(member.workspace_id, shelf.public_id, teams=["marketing"])
    with pytest.raises(NotFound):
        queries.get_collection(a_member().workspace_id, shelf.public_id)


def test_the_tool_searches_what_its_version_and_team_may_read(app: Flask) -> None:
    member = a_member()
    shelf = a_collection(member, teams=["finance"])
    a_document(member, collection=shelf)
    tool = TOOLS["search_knowledge"]
    args: Any = tool.arguments.model_validate({"query": "charged twice"})

    def asked(team: str, collections: tuple[str, ...]) -> tuple[list[str], list[str]]:
        ctx = ToolContext(member.workspace_id, 1, "r", "r:1:0", team, "EUR", (), collections)
        passages = tool.run(args, ctx)["passages"]
        return [p["place"] for p in passages], [e.ref for e in ctx.read if e.ref in {p["ref"] for p in passages}]

    places, cited = asked("finance", (shelf.public_id,))
    assert places == ["section Refunds"] and len(cited) == 1
    assert asked("marketing", (shelf.public_id,)) == ([], [])
    assert asked("finance", ()) == ([], [])


def test_passages_are_cut_on_paragraphs_and_never_too_long() -> None:
    prose = "\n\n".join(["A sentence of some length. " * 10, "b" * 3_000, "Short."])

    pieces = list(chunks.cut(prose))

    assert all(0 < len(piece) <= chunks.SIZE for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(prose.split())


# --- pages -----------------------------------------------------------------------------------------


def test_a_member_makes_a_collection_and_adds_files(app: Flask, browser_of: Any) -> None:
    member = a_member()
    browser = browser_of(member.user)
    browser.get(f"/w/{member.workspace.slug}/knowledge")
    assert browser.submit("collection-form", name="Handbook").h1 == "Handbook"

    page = browser.submit("upload", files=(upload("policy.md", POLICY).stream, "policy.md"))

    assert "policy.md" in page and "Reading" in page


def test_refused_files_say_why_and_the_others_are_added(app: Flask, browser_of: Any) -> None:
    member = a_member()
    shelf = a_collection(member)
    browser = browser_of(member.user)
    browser.get(f"/w/{member.workspace.slug}/knowledge/collections/{shelf.public_id}")

    good, bad = (upload("policy.md", POLICY).stream, "policy.md"), (upload("x.exe", b"MZ").stream, "x.exe")
    page = browser.submit("upload", files=[good, bad])

    assert page.status == 422
    assert "“x.exe” is not a kind of file" in page and "policy.md" in page


def test_a_citation_leads_to_its_passage(app: Flask, browser_of: Any) -> None:
    member = a_member()
    document = a_document(member)
    passage = queries.passages(document)[1]
    browser, base = browser_of(member.user), f"/w/{member.workspace.slug}/knowledge"

    answer = browser.get(f"{base}/passages/{passage.public_id}", follow=False)

    assert answer.location.endswith(f"/documents/{document.public_id}?start=1#p-2")
    assert browser.get(answer.location.partition("#")[0]).find(id="p-2")


def test_a_finished_row_stops_asking(app: Flask, browser_of: Any) -> None:
    member = a_member()
    document = a_document(member)
    browser = browser_of(member.user)
    address = f"/w/{member.workspace.slug}/knowledge/documents/{document.public_id}/progress"

    assert "hx-trigger" not in browser.get(address, htmx=True).html
    document.state = DocumentState.READING
    db.session.commit()
    assert f"document-{document.public_id} from:#live" in browser.get(address, htmx=True).html


def test_strangers_and_auditors_are_kept_out(app: Flask, browser_of: Any) -> None:
    member = a_member()
    document = a_document(member)
    stranger, auditor = a_member(), a_member(workspace=member.workspace, role="auditor")
    there = f"/w/{member.workspace.slug}/knowledge/documents/{document.public_id}"

    assert browser_of(stranger.user).get(there).status == 404
    assert browser_of(stranger.user).get(there.replace(member.workspace.slug, stranger.workspace.slug)).status == 404
    assert browser_of(auditor.user).get(there).status == 200
