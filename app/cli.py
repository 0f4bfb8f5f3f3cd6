"""Operator commands under `flask`."""

import json
from pathlib import Path

import click
from flask import Blueprint, current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect

from app.accounts.cli import users
from app.audit.cli import audit
from app.billing.cli import plans
from app.db import begin_mode, db
from app.notices.cli import policies
from app.support.cli import staff, staff_code

bp = Blueprint("operator", __name__, cli_group=None)


@with_appcontext
def begun() -> None:
    """End a command, rather than make an empty database for it, where nobody has started LeenOps yet."""
    mode = begin_mode.set("DEFERRED")  # it only reads, and must not wait for who writes
    try:
        where = db.engine.url
        is_missing = where.get_backend_name() == "sqlite" and not Path(where.database or "").exists()
        if is_missing or not inspect(db.engine).has_table("staff_members"):
            place = current_app.config["SETTINGS"].data
            raise click.ClickException(f"There is no LeenOps in {place} yet. Start bin/run, with the same settings.")
    finally:
        begin_mode.reset(mode)


for group in (users, staff, audit, policies, plans):
    group.callback = begun
    bp.cli.add_command(group)


@bp.cli.command("reconcile")
@click.option("--once", is_flag=True, required=True, help="One pass, then stop.")
def reconcile_(once: bool) -> None:
    """Push what is due or was lost, expire what is late."""
    begun()
    from importlib import import_module  # tasks are entry points: app never imports them by name

    did = import_module("tasks.schedule").reconcile()
    click.echo(f"re-enqueued runs: {did['runs']}, re-enqueued jobs: {did['jobs']}, expired cards: {did['expired']}")


@bp.cli.command("access-map")
@click.option("--json", "as_json", is_flag=True)
def access_map(as_json: bool) -> None:
    """Every rule and method with who may use it."""
    rows = routes()
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            click.echo(f"{row['method']:5} {row['rule']:60} {row['access']}")


def routes() -> list[dict[str, str]]:
    """[{rule, method, endpoint, access}], sorted."""
    found = []
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        access = "public" if rule.endpoint == "static" else getattr(view, "access", "")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append({"rule": rule.rule, "method": method, "endpoint": rule.endpoint, "access": access})
    return sorted(found, key=lambda row: (row["rule"], row["method"]))


@bp.cli.group("demo")
@with_appcontext
def demo_group() -> None:
    """Development only."""
    if current_app.config["SETTINGS"].is_production:
        raise click.ClickException("Demo data is for development only.")
    begun()


@demo_group.command("reset")
def demo_reset() -> None:
    """Empty the database and put the demo workspaces back."""
    from app.demo import reset

    reset()
    db.session.commit()
    click.echo("The demo workspaces are as new.")


@demo_group.command("totp")
@click.argument("email")
def demo_totp(email: str) -> None:
    """Print the staff member's current code."""
    begin_mode.set("DEFERRED")  # it only reads, and must not wait for who writes
    click.echo(staff_code(email))
