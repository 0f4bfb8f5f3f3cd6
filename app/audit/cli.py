"""`flask audit verify`: walk the chains and say where one breaks."""

import click
from flask.cli import AppGroup
from sqlalchemy import column, select, table

from app.audit.queries import chains
from app.audit.services import verify
from app.db import begin_mode, db

audit = AppGroup("audit", help="The audit log.")
_workspaces = table("workspaces", column("id"), column("slug"))
"""By name: the audit log stands below the workspaces and imports nothing of them."""


@audit.command("verify")
@click.option("--workspace", "slug", help="One workspace's chain only, by its address; all chains by default.")
def verify_(slug: str | None) -> None:
    """Exit 1 when an entry was changed, removed or cut off."""
    begin_mode.set("DEFERRED")  # one snapshot, and nobody waits while we read
    names = {0: "LeenOps"} | {row.id: row.slug for row in db.session.execute(select(_workspaces))}
    wanted = _chain_of(slug, names) if slug is not None else sorted({*chains(), *names})
    broken = [number for number in wanted if not _is_whole(number, names.get(number, f"chain {number}"))]
    if broken:
        raise SystemExit(1)


def _chain_of(slug: str, names: dict[int, str]) -> list[int]:
    found = [number for number, name in names.items() if number and name == slug]
    if not found:
        raise click.ClickException(f"There is no workspace {slug}.")
    return found


def _is_whole(chain: int, name: str) -> bool:
    count, problem = verify(chain)
    click.echo(f"{name}: {count} {'entry' if count == 1 else 'entries'}, {problem or 'whole'}")
    return problem is None
