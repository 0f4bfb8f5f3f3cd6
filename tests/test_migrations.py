"""The migrations make exactly the schema that the models describe, on either database."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect

from app import create_app
from app.config import Settings
from app.db import db
from tasks import prepare
from tests import postgres


@pytest.fixture
def fresh(settings: Settings, tmp_path: Path, worker_id: str) -> Iterator[Flask]:
    """An application on a database with nothing in it."""
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    if "TEST_POSTGRES" in os.environ:
        url = postgres.create(Path(os.environ["TEST_POSTGRES"]), f"fresh_{worker_id}")
        url = url.replace("postgresql://", "postgresql+psycopg://")
    app = create_app(replace(settings, database_url=url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_upgraded_from_nothing_the_schema_is_that_of_the_models(fresh: Flask) -> None:
    prepare.migrate()

    flask_migrate.check(directory=str(prepare.MIGRATIONS))  # raises when a table or column differs


def test_an_upgraded_database_is_not_upgraded_again(fresh: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not prepare.is_at_head()
    prepare.migrate()
    assert prepare.is_at_head()

    monkeypatch.setattr(flask_migrate, "upgrade", lambda **_: pytest.fail("there was nothing to do"))
    prepare.migrate()


def test_downgraded_nothing_is_left(fresh: Flask) -> None:
    prepare.migrate()
    db.session.remove()

    flask_migrate.downgrade(directory=str(prepare.MIGRATIONS), revision="base")

    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}


def test_there_is_one_line_of_migrations() -> None:
    assert len(prepare.ScriptDirectory(str(prepare.MIGRATIONS)).get_heads()) == 1
