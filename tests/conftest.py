"""What every test may ask for: a fresh application, its database, a Redis of its own, browsers.

The schema is made once per test process and emptied after each test. TEST_DATABASE=postgresql runs the
same tests on a temporary PostgreSQL; its server is started here, once for all test processes.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis
from sqlalchemy import delete

from app import create_app, redis_server
from app.accounts import passwords
from app.config import Settings, load
from app.db import begin_mode
from app.db import db as database
from app.extensions import limiter
from app.legal import importing, library
from app.legal.models import Origin, PolicyVersion
from tests import postgres
from tests.pages import Browser

MASTER_KEY = "test1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ENVIRONMENT = {
    "LEENOPS_ENV": "development",
    "SECRET_KEY": "a-key-for-tests-only-of-forty-characters",
    "LEENOPS_MASTER_KEYS": MASTER_KEY,
    "LEENOPS_HOLD_SECONDS": "0",
    "LEENOPS_SQLITE_SYNCHRONOUS": "OFF",
    "BASE_URL": "http://localhost",
}
hypothesis_settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("shared")  # no promise about seconds holds on a machine that others use too
_cluster: postgres.Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    """In the process that starts the others: the PostgreSQL they share."""
    global _cluster
    wanted = os.environ.get("TEST_DATABASE") == "postgresql"
    if wanted and not hasattr(config, "workerinput") and "TEST_POSTGRES" not in os.environ:
        _cluster = postgres.start()
        os.environ["TEST_POSTGRES"] = str(_cluster.folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _cluster is not None:
        _cluster.stop()


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A short path: the Redis socket lives in it."""
    with tempfile.TemporaryDirectory(prefix="leenops-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def settings(data_folder: Path, worker_id: str) -> Iterator[Settings]:
    """The settings of this test process, with a real Redis behind them."""
    given = os.environ.pop("REDIS_URL", None)
    url = redis_server.ensure(data_folder)
    environment = ENVIRONMENT | {"LEENOPS_DATA": str(data_folder), "REDIS_URL": url}
    if "TEST_POSTGRES" in os.environ:
        environment["DATABASE_URL"] = postgres.create(Path(os.environ["TEST_POSTGRES"]), f"leenops_{worker_id}")
    yield load(environment)
    redis_server.stop(data_folder)
    if given:
        os.environ["REDIS_URL"] = given


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    """The application with an empty schema. Tests ask for `app`, which is emptied after each."""
    passwords._hasher = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)  # people sign in thousands of times
    app = create_app(settings)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a test sees the answer that a person would
    with app.app_context():
        database.create_all()
        importing.import_policies()
        database.session.commit()
        _empty()
    yield app
    with app.app_context():
        database.session.remove()
        database.engine.dispose()


@pytest.fixture
def app(application: Flask) -> Iterator[Flask]:
    """The application, with its context open and nothing in it."""
    begin_mode.set("IMMEDIATE")  # a command of an earlier test may have left it otherwise
    mine = application.extensions.setdefault("limits", dict(vars(limiter)))
    vars(limiter).update(mine)  # another application of an earlier test may have bound it since
    with application.app_context():
        yield application
        database.session.remove()
        _empty()
        library.forget()
    application.extensions["redis"].flushdb()


def _empty() -> None:
    """Everything but the policies that are on the shelf, which every test may read."""
    with database.engine.begin() as connection:
        for name in connection.exec_driver_sql(_filled()).scalars().all():
            connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.execute(delete(PolicyVersion).where(PolicyVersion.origin != Origin.FILE))


@cache
def _filled() -> str:
    """A question for the tables with rows in them, those first that point at others."""
    names = [table.name for table in reversed(database.metadata.sorted_tables) if table.name != "policy_versions"]
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)


@pytest.fixture
def db(app: Flask) -> SQLAlchemy:
    """The database, with the test's own session."""
    return database


@pytest.fixture
def redis(app: Flask) -> Redis:
    found: Redis = app.extensions["redis"]
    return found


@pytest.fixture
def client(app: Flask) -> Browser:
    """One person's browser."""
    return Browser(app)


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Any], Browser]:
    """`browser_of(user)`: a browser in which that person has signed in. Each call opens another."""

    def open_one(user: Any) -> Browser:
        browser = Browser(app)
        browser.enter(user)
        return browser

    return open_one
