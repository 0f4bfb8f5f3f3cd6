"""`flask audit verify`: walk the chains and say where one breaks."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.audit.models import AuditHead
from app.audit.services import verify
from app.db import db

audit = AppGroup("audit", help="The audit log.")


@audit.command("verify")
@click.option("--chain", type=int, help="One chain only: a workspace's id, or 0 for LeenOps' own.")
def verify_(chain: int | None) -> None:
    """Exit 1 when an entry was changed, removed or cut off."""
    chains = [chain] if chain is not None else sorted(db.session.scalars(select(AuditHead.chain)))
    broken = 0
    for number in chains:
        count, problem = verify(number)
        click.echo(f"chain {number}: {count} entries, {problem or 'whole'}")
        broken += problem is not None
    if broken:
        raise SystemExit(1)
