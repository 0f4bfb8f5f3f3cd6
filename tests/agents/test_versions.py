"""Agents and their versions as services: numbers, checksums, differences, and two people at the same moment."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict

from app.accounts.models import User
from app.agents import queries, services
from app.agents.forms import validate_start
from app.agents.models import Agent, AgentState, AgentVersion
from app.agents.templates import TEMPLATES
from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict, DomainError, Invalid, NotFound
from app.integrations.models import Attachment
from app.numbers import read_number
from app.runs import services as runs
from app.runs.errors import NotStartable
from app.workspaces.models import Workspace
from tests.factories import a_member, a_version, a_workspace, an_agent


@pytest.fixture
def ada(app: Flask) -> Any:
    """A member (`.user`) of a workspace (`.workspace`)."""
    return a_member()


@pytest.fixture
def agent(ada: Any) -> Agent:
    made = services.create_from_template(ada.workspace, "refund_triage", name="Refunds", by=ada.user)
    db.session.commit()
    return made


def change(agent: Agent, by: User, **content: Any) -> AgentVersion:
    made = services.change(agent, content, note="", by=by)
    db.session.commit()
    return made


def numbers(agent: Agent) -> list[int]:
    return [version.number for version in queries.versions(agent)]


def overlapping(app: Flask, action: Callable[[], object]) -> list[str]:
    """Two people do the same; the second begins while the first has not committed. `done`, or what stopped them."""
    begun = Event()

    def one(is_first: bool) -> str:
        with app.app_context():
            try:
                assert is_first or begun.wait(5)
                action()
                begun.set()
                time.sleep(0.2 if is_first else 0)
                db.session.commit()
            except DomainError as problem:
                return type(problem).__name__
            return "done"

    db.session.commit()
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, (True, False)))


# ---- versions ----


def test_a_template_becomes_version_one_and_nothing_is_live(agent):
    first = services.latest_version(agent)

    assert (first.number, agent.state, agent.live_version_id) == (1, AgentState.DRAFT, None)
    assert first.instructions == TEMPLATES["refund_triage"].instructions
    assert first.inputs == list(TEMPLATES["refund_triage"].inputs)
    assert queries.live_version(agent) is None


def test_an_unknown_template_is_refused(ada):
    with pytest.raises(Invalid):
        services.create_from_template(ada.workspace, "make_coffee", name="Coffee", by=ada.user)


def test_changing_one_agent_leaves_the_template_and_the_next_agent_alone(agent, ada):
    version = services.latest_version(agent)
    version.inputs[0]["label"] = "Spoilt"

    other = services.create_from_template(ada.workspace, "refund_triage", name="Other", by=ada.user)

    assert services.latest_version(other).inputs[0]["label"] == "Customer's mail address"


def test_a_change_is_over_the_newest_version_and_keeps_what_it_does_not_name(agent, ada):
    change(agent, ada.user, instructions="Be brief.")

    third = change(agent, ada.user, tools=["open_task"])

    assert (third.number, third.instructions, third.tools) == (3, "Be brief.", ["open_task"])
    assert numbers(agent) == [3, 2, 1]


def test_the_checksum_is_of_the_content_alone(agent, ada):
    first = services.latest_version(agent)
    change(agent, ada.user, instructions="Be brief.")

    back = change(agent, ada.user, instructions=first.instructions)

    assert (back.number, back.sha256) == (3, first.sha256)
    assert len({version.sha256 for version in queries.versions(agent)}) == 2


@pytest.mark.parametrize(
    "content",
    [
        {"instructions": "Other."}, {"model": "gpt-9"}, {"tools": []}, {"collections": ["0123456789abcdef0123"]},
        {"inputs": []}, {"settings": {"max_steps": 3}},
    ],
)  # fmt: skip
def test_each_part_of_a_version_counts_as_a_change(agent, ada, content):
    second = change(agent, ada.user, **content)

    assert second.number == 2
    assert len(queries.diff(queries.get_version(agent, 1), second)) == 1


def test_a_change_that_changes_nothing_makes_no_version(agent, ada):
    latest = services.latest_version(agent)

    with pytest.raises(Conflict):
        services.change(agent, {"tools": list(latest.tools)}, note="Nothing", by=ada.user)

    assert numbers(agent) == [1]


def test_a_note_of_any_length_is_kept_as_far_as_it_fits(agent, ada):
    made = services.change(agent, {"tools": []}, note="n" * 900, by=ada.user)
    db.session.commit()

    assert made.note == "n" * 500


def test_the_difference_is_told_word_by_word(agent, ada):
    old = change(agent, ada.user, instructions="Refund up to 50 euros at once.")
    new = change(agent, ada.user, instructions="Refund up to 75 euros at once.", settings=old.settings)

    [told] = queries.diff(old, new)

    assert told.name == "Instructions"
    assert told.pieces == [
        ("same", "Refund up to "), ("gone", "50"), ("new", "75"), ("same", " euros at once."),
    ]  # fmt: skip


def test_a_version_number_belongs_to_its_agent(agent, ada):
    an_agent(ada.workspace)
    change(agent, ada.user, tools=[])

    assert queries.get_version(agent, 2).agent_id == agent.id
    with pytest.raises(NotFound):
        queries.get_version(agent, 3)


def test_another_workspaces_agent_is_not_found(agent):
    with pytest.raises(NotFound):
        queries.get_agent(agent.slug, workspace_id=a_workspace().id)


def test_what_happens_to_an_agent_is_in_the_audit_log(agent, ada):
    services.make_live(services.latest_version(agent), by=ada.user)
    services.pause(agent, by=ada.user)
    services.resume(agent, by=ada.user)
    services.rename(agent, name="Returns", purpose=agent.purpose, by=ada.user)
    db.session.commit()

    query = select(AuditEntry).where(AuditEntry.subject == f"agent:{agent.public_id}").order_by(AuditEntry.id)
    told = [row.kind.rpartition(":")[2] for row in db.session.scalars(query)]
    assert told == ["created", "version", "live", "paused", "resumed", "renamed"]


def test_a_rename_to_the_same_is_none(agent, ada):
    before = len(db.session.scalars(select(AuditEntry)).all())

    services.rename(agent, name=f" {agent.name} ", purpose=agent.purpose, by=ada.user)

    assert len(db.session.scalars(select(AuditEntry)).all()) == before


# ---- at the same moment ----


def test_two_changes_at_once_make_two_versions_or_one_is_told(app, agent, ada):
    agent_id, user_id = agent.id, ada.user_id

    def changing() -> None:
        own, by = db.session.get_one(Agent, agent_id), db.session.get_one(User, user_id)
        services.change(own, {"instructions": "Be brief."}, note="", by=by)

    results = overlapping(app, changing)

    assert results in (["done", "NothingChanged"], ["done", "done"])
    assert numbers(agent) == list(range(1 + results.count("done"), 0, -1))


def test_of_two_who_pause_at_once_one_is_told(app, agent, ada):
    services.make_live(services.latest_version(agent), by=ada.user)
    agent_id, user_id = agent.id, ada.user_id

    def pausing() -> None:
        services.pause(db.session.get_one(Agent, agent_id), by=db.session.get_one(User, user_id))

    assert overlapping(app, pausing) == ["done", "Conflict"]


def test_the_same_form_sent_twice_at_once_starts_one_run(app, agent, ada):
    services.make_live(services.latest_version(agent), by=ada.user)
    agent_id, user_id = agent.id, ada.user_id
    started: list[str] = []

    def starting() -> None:
        own, by = db.session.get_one(Agent, agent_id), db.session.get_one(User, user_id)
        started.append(runs.start(own, {"message": "Order 4711"}, [], by=by, start_key="k").public_id)

    assert overlapping(app, starting) == ["done", "done"]
    assert len(started) == 2 and len(set(started)) == 1


def test_two_agents_of_one_name_made_at_once_get_two_addresses(app, ada):
    workspace_id, user_id = ada.workspace_id, ada.user_id

    def making() -> None:
        own, by = db.session.get_one(Workspace, workspace_id), db.session.get_one(User, user_id)
        services.create_from_template(own, "brand_review", name="Words", by=by)

    assert overlapping(app, making) == ["done", "done"]
    assert sorted(db.session.scalars(select(Agent.slug))) == ["words", "words-2"]


# ---- starting ----


def test_a_draft_and_a_paused_agent_start_nothing(agent, ada):
    with pytest.raises(NotStartable):
        runs.start(agent, {}, [], by=ada.user, start_key="k")
    services.make_live(services.latest_version(agent), by=ada.user)
    services.pause(agent, by=ada.user)
    with pytest.raises(NotStartable):
        runs.start(agent, {}, [], by=ada.user, start_key="k")


def test_a_run_keeps_the_version_it_was_started_with(agent, ada):
    first = services.latest_version(agent)
    services.make_live(first, by=ada.user)
    run = runs.start(agent, {"message": "Order 4711"}, [], by=ada.user, start_key="k")
    services.make_live(change(agent, ada.user, tools=[]), by=ada.user)
    db.session.commit()

    later = runs.start(agent, {"message": "Order 4712"}, [], by=ada.user, start_key="l")

    assert (run.version_id, later.version_id) == (first.id, services.latest_version(agent).id)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1840", "1840"), ("1,840.00", "1840.00"), ("1.840,00", "1840.00"), ("€ 1 840,50", "1840.50"),
        ("0,125", "0.125"), ("12.500", "12500"), ("1,234,567", "1234567"), ("-3,5", "-3.5"),
        ("1’249.90 CHF", "1249.90"), ("12,345.6", "12345.6"), (".5", "0.5"), ("007", "7"), ("1 840,00", "1840.00"),
        ("1'840.00", "1840.00"), ("1.840,000", "1840.000"), ("1.234.567,891", "1234567.891"), ("1234.567", "1234.567"),
        ("1,00,000.50", "100000.50"), ("EUR20", "20"), ("20 euros", "20"), ("eur 20", "20"), ("-$5", "-5"),
        ("$ −5", "-5"), ("1.840 zł", "1840"), ("kr. 20,-", "20"), ("CHF 20.–", "20"), ("US$ 20", "20"),
        ("٣,٥", "3.5"), ("5.", "5"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(typed, read):
    assert read_number(typed) == read


@pytest.mark.parametrize("typed", ["", "-", ".", "lots", "12-13", "--5", "€", "€ EUR", "²", "1_000"])
def test_what_is_no_number_is_not_made_one(typed):
    with pytest.raises((ValueError, ArithmeticError)):
        read_number(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "1e5", "12 or 13", "4711 (order), 18.40", "1,2,3", "12.13.14", "4711,18.40", "1.840,00,5", "12 3456", "1 84",
        "12\n13", "ABC 20", "20 kg", "20 PCS", "5 -5", "1.84 0", "1'84", "€20 €30", "1.840.00", "20%", "0.125,5.1",
    ],
)  # fmt: skip
def test_words_and_numbers_mixed_are_not_made_one_number(typed):
    with pytest.raises((ValueError, ArithmeticError)):
        read_number(typed)


def test_a_start_keeps_what_fits_and_names_what_does_not(agent, ada):
    version = services.latest_version(agent)
    form = MultiDict({"message": " Hello\r\nthere ", "amount": "a lot", "order_number": "x" * 1_001, "unknown": "y"})

    start = validate_start(version, form, MultiDict())

    assert start.values == {"message": "Hello\nthere"}
    assert set(start.errors) == {"amount", "order_number"}


def test_of_several_files_each_refused_one_is_named(agent, ada):
    version = services.latest_version(agent)
    given = [("good.txt", b"A receipt."), ("bad.exe", b"MZ\x90\x00\x03"), ("empty.csv", b"")]
    files = MultiDict([("files", FileStorage(BytesIO(content), filename=name)) for name, content in given])

    start = validate_start(version, MultiDict({"message": "Hello"}), files)

    assert [file.name for file in start.files] == ["good.txt"]
    said = " ".join(start.errors["files"])
    assert "bad.exe" in said and "empty.csv" in said and "good.txt" not in said


def test_a_version_made_for_another_agent_is_of_no_use_to_this_one(agent, ada):
    other = an_agent(ada.workspace)
    a_version(other, instructions="Other.")

    assert numbers(agent) == [1] and numbers(other) == [2, 1]
    assert db.session.scalars(select(Attachment)).all() == []
