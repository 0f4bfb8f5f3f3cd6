"""`flask plans import / check`."""

import click
from flask.cli import AppGroup

from app.billing import services
from app.billing.marked import BrokenPlan
from app.db import db

plans = AppGroup("plans", help="The plans that are sold.")


@plans.command("import")
def import_() -> None:
    """Publish what is new in content/plans; stops at a changed published file."""
    try:
        count = services.import_plans()
    except BrokenPlan as problem:
        raise click.ClickException(problem.sentence) from problem
    db.session.commit()
    click.echo(f"{count} new {'version' if count == 1 else 'versions'} of plans published.")


@plans.command("check")
def check() -> None:
    """Read every file and compare it with what was published; changes nothing."""
    try:
        found = services.check_plans()
    except BrokenPlan as problem:
        raise click.ClickException(problem.sentence) from problem
    click.echo(f"{len(found)} {'version is' if len(found) == 1 else 'versions are'} as published.")
