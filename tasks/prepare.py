"""What must stand before LeenOps starts: the schema, the published policies and plans and, in development, the demo.

Each step does nothing when there is nothing to do, so a second start is quick.
"""

import sys
import time
from importlib import import_module

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import OperationalError

from app.accounts.models import StaffMember, User
from app.config import ROOT, Settings
from app.db import db
from app.errors import DomainError, Misconfigured
from app.workspaces.models import Membership, Workspace

MIGRATIONS = ROOT / "app" / "migrations"
DEMO = ("fennel-rye", "northwind")
DATABASE_SECONDS = 15.0


def everything(app: Flask) -> None:
    """Make all of it stand. Raises Misconfigured when something must be put right first."""
    settings: Settings = app.config["SETTINGS"]
    with app.app_context():
        wait_for_database()
        migrate()
        policies()
        plans()
        if not settings.is_production:
            demo(settings)


def wait_for_database() -> None:
    """Give a database that is still starting a little time. Raises Misconfigured when it does not answer."""
    end = time.monotonic() + DATABASE_SECONDS
    while True:
        try:
            with db.engine.connect():
                return
        except OperationalError as error:
            if time.monotonic() > end:
                where = db.engine.url.render_as_string(hide_password=True)
                raise Misconfigured(f"The database {where} does not answer: {error.orig}") from None
            time.sleep(0.5)


def migrate() -> None:
    """Bring the schema to the newest version."""
    if not is_at_head():
        print("Preparing the database …", file=sys.stderr, flush=True)
        db.session.remove()
        flask_migrate.upgrade(directory=str(MIGRATIONS))


def is_at_head() -> bool:
    """Whether the schema is the newest, read without running Alembic's environment."""
    heads = set(ScriptDirectory(str(MIGRATIONS)).get_heads())
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return heads == set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def policies() -> None:
    """Publish the policies in content/legal that are not yet. Raises when a published text was changed."""
    import_module("app.notices.cli").import_and_announce()
    db.session.commit()


def plans() -> None:
    """Publish the plans in content/plans that are not yet. Raises Misconfigured when a published file was changed."""
    try:
        import_module("app.billing.services").import_plans()
    except DomainError as problem:
        raise Misconfigured(problem.sentence) from None
    db.session.commit()


def demo(settings: Settings) -> None:
    """Fill an empty database with the demo workspaces; make them anew when the last start was cut off in it."""
    unfinished = settings.data / "demo.unfinished"
    is_cut_off = unfinished.exists()
    if not is_cut_off and db.session.scalar(select(User.id).limit(1)) is not None:
        return
    print("Making the demo workspaces …", file=sys.stderr, flush=True)
    unfinished.touch()
    made = import_module("app.demo")
    made.reset() if is_cut_off else made.seed()
    db.session.commit()
    unfinished.unlink()


def sign_ins(settings: Settings) -> list[str]:
    """Who can sign in to the demo, as they are in the database now, as lines to print; none in production."""
    if settings.is_production:
        return []
    people = db.session.execute(
        select(Workspace.name, User.email, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .join(User, User.id == Membership.user_id)
        .where(Workspace.slug.in_(DEMO), Membership.ended_at.is_(None))
        .order_by(Workspace.id, Membership.id)
    ).all()
    staff = db.session.scalars(select(StaffMember.email).order_by(StaffMember.id)).all()
    if not people:
        return []
    lines = ["", f"Demo sign-ins, all with the password {settings.demo_password}"]
    for workspace in dict.fromkeys(name for name, _, _ in people):
        lines += ["", f"  {workspace}"]
        lines += [f"    {email:32}{role}" for name, email, role in people if name == workspace]
    if staff:
        lines += ["", "  LeenOps staff, at /support/login; the code comes from: bin/flask demo totp EMAIL"]
        lines += [f"    {email}" for email in staff]
    return lines
