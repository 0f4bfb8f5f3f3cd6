"""`flask policies import / check / verify / export`."""

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from app.consent import services as consent
from app.db import db
from app.legal import importing
from app.legal.models import PolicyVersion
from app.legal.texts import BrokenPolicy
from app.notices import services

policies = AppGroup("policies", help="The legal policies.")


@policies.command("import")
def import_() -> None:
    """Publish what is new in content/legal; stops at a changed published text."""
    try:
        count = import_and_announce()
    except BrokenPolicy as problem:
        raise click.ClickException(problem.sentence) from problem
    db.session.commit()
    click.echo(f"{count} new versions published.")


def import_and_announce() -> int:
    """Publish what is new in content/legal and have those concerned told; how many versions. Raises BrokenPolicy."""
    fresh = importing.import_policies()
    for row in fresh:
        services.announce(row)
    return len(fresh)


@policies.command("check")
def check() -> None:
    """Compare every file with what was published, and that with its checksum; changes nothing."""
    altered = _named(importing.altered())
    try:
        found = importing.check_policies()
    except BrokenPolicy as problem:
        raise click.ClickException(problem.sentence) from problem
    if altered:
        raise click.exceptions.Exit(1)
    click.echo(f"{len(found)} files are as published, and every published text fits its checksum.")


@policies.command("verify")
def verify() -> None:
    """Check every published text against its checksum, and walk the ledger of who agreed to what."""
    altered = _named(importing.altered())
    count, problem = consent.verify()
    if problem:
        click.echo(f"The ledger breaks: {problem}. {count} entries before it are good.", err=True)
    if altered or problem:
        raise click.exceptions.Exit(1)
    published = select(func.count(PolicyVersion.id)).where(PolicyVersion.published_at.is_not(None))
    click.echo(
        f"{db.session.scalar(published)} published texts and {count} entries of the ledger are as they were written."
    )


@policies.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=importing.CONTENT)
def export(folder: Path) -> None:
    """Write what staff published as files, to be kept with the source; nothing that is there is overwritten."""
    written = 0
    for row in db.session.scalars(select(PolicyVersion).where(PolicyVersion.published_at.is_not(None))):
        path = folder / row.slug / f"{row.version}.md"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(row.source)
            written += 1
    click.echo(f"{written} files written to {folder}.")


def _named(altered: list[str]) -> list[str]:
    for name in altered:
        click.echo(f"{name}: the text does not match its checksum", err=True)
    return altered
