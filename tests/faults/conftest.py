"""A LeenOps of real processes with an outside world that misbehaves on demand."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app, redis_server
from app.config import Settings, load
from app.db import begin_mode, db
from app.keys.services import add_key
from tests import postgres
from tests.conftest import ENVIRONMENT
from tests.factories import a_member, a_workspace, an_agent
from tests.faults.crew import Crew, acting
from tests.faults.provider import Provider
from tests.faults.servers import MailServer, Receiver
from tests.faults.world import World

TIMINGS = {
    "LEENOPS_LEASE_SECONDS": "4",
    "LEENOPS_RECONCILE_SECONDS": "0.5",
    "LEENOPS_MODEL_TIMEOUT_SECONDS": "2",
    "LEENOPS_MODEL_DEADLINE_SECONDS": "6",
    "LEENOPS_SQLITE_SYNCHRONOUS": "FULL",
}
TOOLS = ["send_webhook", "send_mail", "book_refund"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "faults" in item.path.parts:
            item.add_marker(pytest.mark.fault)


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def environment(provider: Provider, receiver: Receiver, mail_server: MailServer) -> Iterator[dict[str, str]]:
    """What every process of the session is started with."""
    given = os.environ.pop("REDIS_URL", None)
    with tempfile.TemporaryDirectory(prefix="leenops-faults-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        made = ENVIRONMENT | TIMINGS | {
            "LEENOPS_DATA": folder,
            "REDIS_URL": redis_server.ensure(data),
            "SMTP_URL": f"smtp://{mail_server.address}",
            "EGRESS_ALLOW": f"127.0.0.1:{provider.port},127.0.0.1:{receiver.port}",
        }  # fmt: skip
        if "TEST_POSTGRES" in os.environ:
            made["DATABASE_URL"] = postgres.create(Path(os.environ["TEST_POSTGRES"]), "leenops_faults")
        yield made
        redis_server.stop(data)
    if given:
        os.environ["REDIS_URL"] = given


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    return load(environment)


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def barracks(application: Flask, environment: dict[str, str], settings: Settings) -> Iterator[Crew]:
    made = Crew(environment, settings.data, application.extensions["redis"])
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def only_reads() -> Iterator[None]:
    """A test that looks takes no lock that the workers need; it writes under `acting`."""
    mode = begin_mode.set("DEFERRED")
    yield
    begin_mode.reset(mode)


@pytest.fixture
def crew(app: Flask, barracks: Crew) -> Iterator[Crew]:
    """Two workers and the clock, up and idle. What they said is shown when the test fails."""
    barracks.muster()
    spoken = barracks.log.stat().st_size
    yield barracks
    print(barracks.log.read_text(errors="replace")[spoken:][-6000:])


@pytest.fixture
def world(app: Flask, provider: Provider, receiver: Receiver, mail_server: MailServer) -> World:
    """A workspace whose agent uses the scripted provider and may do what it asks for, until a test adds a rule."""
    for party in (provider, receiver, mail_server):
        party.reset()
    with acting():
        workspace = a_workspace()
        owner = a_member(workspace).user
        account = {"name": "Stub", "provider": "openai", "base_url": provider.base_url, "secret": "sk-stub-0001"}
        key = add_key(workspace.id, **account, by=owner)
        named = f"Refund Ada €20.00 and tell {receiver.url} of it."  # what the data-flow guard has nothing to say about
        version = {"tools": TOOLS, "model": "stub-1", "key_id": key.id, "instructions": named}
        made = World(workspace.id, an_agent(workspace, version=version, owner_id=owner.id).id, owner.id)
    made.rule("allow")
    return made
