"""The doctor looks and keeps nobody from writing."""

from pathlib import Path

import pytest
from sqlalchemy import update

from app import create_app
from app.accounts.registration import AUTHORITY
from app.config import load
from app.consent.models import Act, Engagement
from app.consent.services import Text, engage
from app.db import db
from app.doctor import examine
from app.legal import library
from app.legal.models import PolicyVersion
from tests.conftest import ENVIRONMENT
from tests.factories import a_user, a_workspace
from tests.legal.conftest import shelf  # noqa: F401  the fixture


def test_it_looks_at_everything_and_lets_others_write(app):
    found = {finding.name: finding for finding in examine(app)}

    assert not [finding.words for finding in found.values() if "could not be looked at" in finding.words]
    assert found["policies"].is_good
    with db.engine.connect():
        a_workspace()  # takes the write lock at once
        db.session.commit()


def test_it_names_a_published_policy_that_was_altered(app, shelf):  # noqa: F811
    shelf.put()
    shelf.publish()
    db.session.execute(update(PolicyVersion).values(source=PolicyVersion.source + " "))
    db.session.commit()

    found = {finding.name: finding for finding in examine(app)}["policies"]

    assert not found.is_good and "rules/1.0" in found.words


def test_it_says_where_the_ledger_of_who_agreed_breaks(app):
    terms = library.in_force("terms")
    what = Text(terms.slug, terms.version, terms.sha256)
    engage(Act.ACCEPTED, what, user=a_user(), authority=AUTHORITY, basis="registration", address="127.0.0.1")
    db.session.commit()
    db.session.execute(update(Engagement).values(basis="nothing"))
    db.session.commit()

    found = {finding.name: finding for finding in examine(app)}["policies"]

    assert not found.is_good and "the ledger breaks" in found.words


@pytest.mark.parametrize(
    "args",
    [
        ["demo", "totp", "admin@staff.example"],
        ["users", "sign-out", "ada@fennelrye.example"],
        ["staff", "create", "ada@staff.example", "Ada", "--role", "admin", "--password", "x"],
        ["policies", "check"],
        ["audit", "verify"],
        ["plans", "check"],
        ["reconcile", "--once"],
    ],
)
def test_a_command_before_there_is_a_leenops_says_so_and_makes_none(tmp_path: Path, args: list[str]):
    nowhere = create_app(load(ENVIRONMENT | {"LEENOPS_DATA": str(tmp_path)}))

    done = nowhere.test_cli_runner().invoke(args=args)

    assert done.exit_code == 1
    assert f"There is no LeenOps in {tmp_path} yet. Start bin/run, with the same settings." in done.output
    assert not (tmp_path / "leenops.db").exists()
