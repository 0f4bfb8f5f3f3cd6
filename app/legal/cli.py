"""`flask policies import / check / verify`."""

import click
from flask.cli import AppGroup

from app.db import db
from app.legal import importing
from app.legal.texts import BrokenPolicy

policies = AppGroup("policies", help="The legal policies.")


@policies.command("import")
def import_() -> None:
    """Publish what is new in content/legal; stops at a changed published text."""
    try:
        fresh = importing.import_policies()
    except BrokenPolicy as problem:
        raise click.ClickException(problem.sentence) from problem
    db.session.commit()
    click.echo(f"{len(fresh)} new versions published.")


@policies.command("check")
def check() -> None:
    """Read every file and compare it with what was published; changes nothing."""
    try:
        found = importing.check_policies()
    except BrokenPolicy as problem:
        raise click.ClickException(problem.sentence) from problem
    click.echo(f"{len(found)} versions are as published.")
