"""The migrations make exactly the schema that the models describe, on either database."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, insert, inspect, select

from app import create_app
from app.config import Settings
from app.consent.models import Engagement
from app.consent.services import verify
from app.db import db
from app.integrations.models import LedgerEntry
from app.rules.policy import Effect
from app.rules.queries import rules_in_force
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


def test_acceptances_from_before_the_ledger_become_its_first_entries(fresh: Flask) -> None:
    flask_migrate.upgrade(directory=str(prepare.MIGRATIONS), revision="0002")
    meta = MetaData()
    users, old = (Table(name, meta, autoload_with=db.engine) for name in ("users", "terms_acceptances"))
    at = datetime(2026, 7, 1, 9, 30, 0, 120, tzinfo=UTC)
    with db.engine.begin() as connection:
        for number, name in ((1, "Ilse Bakker"), (2, "Zoë Łuczak")):
            person = filled(users, id=number, public_id=f"u{number}", name=name, email=f"{number}@rye.example")
            connection.execute(insert(users).values(person))
            accepted = {"slug": "terms", "version": "1.0", "text_sha256": "ab" * 32, "accepted_at": moment(at)}
            connection.execute(insert(old).values(filled(old, id=number, user_id=number, **accepted)))

    prepare.migrate()

    assert verify() == (2, None)
    first, second = db.session.scalars(select(Engagement).order_by(Engagement.seq)).all()
    assert (first.person, first.at, first.act) == ("Ilse Bakker <1@rye.example>", at, "accepted")
    assert (second.person, second.version, second.text_sha256) == ("Zoë Łuczak <2@rye.example>", "1.0", "ab" * 32)


def test_rules_from_before_they_had_versions_become_the_first_set(fresh: Flask) -> None:
    flask_migrate.upgrade(directory=str(prepare.MIGRATIONS), revision="0007")
    meta = MetaData()
    workspaces, rules, ledger = (
        Table(name, meta, autoload_with=db.engine) for name in ("workspaces", "rules", "ledger_entries")
    )
    large = {"field": "amount", "op": ">", "value": 500_00}
    with db.engine.begin() as connection:
        rye = filled(workspaces, id=1, public_id="w1", slug="rye", domains=[], timezone="UTC")
        connection.execute(insert(workspaces).values(rye))
        for position, (effect, conditions) in enumerate((("ask", [large]), ("deny", [])), 1):
            line = {"position": position, "effect": effect, "conditions": conditions, "quorum": [], "mode": "enforce"}
            line |= {"public_id": f"r{position}", "name": effect, "tool": "*", "team": "*", "risk": "*"}
            connection.execute(insert(rules).values(filled(rules, id=position, workspace_id=1, **line)))
        entry = filled(ledger, id=1, public_id="e1", workspace_id=1, party="Hartwell, Ltd.", amount=5, run_id=1)
        connection.execute(insert(ledger).values(entry))

    prepare.migrate()

    first, second = rules_in_force(1)
    assert (first.key, first.effect, first.conditions) == ("r1", Effect.ASK, (large,))
    assert (second.key, second.effect, second.agent) == ("r2", Effect.DENY, "*")
    assert db.session.scalar(select(LedgerEntry.party_key)) == "hartwellltd"
    db.session.remove()
    flask_migrate.downgrade(directory=str(prepare.MIGRATIONS), revision="0007")
    with db.engine.connect() as connection:
        kept = connection.execute(select(rules.c.name, rules.c.effect).order_by(rules.c.position)).all()
    assert [tuple(row) for row in kept] == [("ask", "ask"), ("deny", "deny")]


def filled(table: Table, **values: object) -> dict[str, object]:
    """A row of `table` as it was then: `values`, and something of the right kind wherever one is needed."""
    for column in table.columns:
        if not column.nullable and column.server_default is None and column.name not in values:
            kind = column.type.python_type
            values[column.name] = moment(datetime(2026, 6, 20, tzinfo=UTC)) if kind is datetime else kind()
    return values


def moment(at: datetime) -> datetime:
    """As the column keeps it: SQLite has no zones."""
    return at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
