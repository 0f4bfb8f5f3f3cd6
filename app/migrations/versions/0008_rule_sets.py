"""rules become numbered sets that never change, with a draft of the next"""

import hashlib
import json
import secrets
import unicodedata
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
LIVE = sa.text("retired_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("id", BIG, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_by", BIG, nullable=True),
        sa.Column("live_at", TIME, nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_rule_sets_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(["written_by"], ["users.id"], name=op.f("fk_rule_sets_written_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_rule_sets_workspace_id_number")),
    )
    with op.batch_alter_table("rule_sets") as batch:
        batch.create_index(batch.f("ix_rule_sets_workspace_id"), ["workspace_id"])
        batch.create_index("ux_rule_sets_live", ["workspace_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_table(
        "rule_drafts",
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", BIG, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_rule_drafts_workspace_id_workspaces")
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_rule_drafts_changed_by_users")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_rule_drafts")),
    )
    with op.batch_alter_table("approvals") as batch:
        batch.add_column(sa.Column("rule_key", sa.String(40), nullable=False, server_default=""))
    with op.batch_alter_table("ledger_entries") as batch:
        batch.add_column(sa.Column("party_key", sa.String(200), nullable=False, server_default=""))
    _carry_over()
    with op.batch_alter_table("approvals") as batch:
        batch.alter_column("rule_key", server_default=None)
        batch.drop_column("rule_id")
    with op.batch_alter_table("ledger_entries") as batch:
        batch.alter_column("party_key", server_default=None)
        batch.create_index("ix_ledger_entries_party", ["workspace_id", "party_key", "created_at"])
    op.drop_table("rules")


def _carry_over() -> None:
    """Each workspace's rules become its first set. Cards that wait are asked anew: a rule's digest says more now."""
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=["rules", "rule_sets", "approvals", "ledger_entries"])
    rules, sets = tables.tables["rules"], tables.tables["rule_sets"]
    approvals, ledger = tables.tables["approvals"], tables.tables["ledger_entries"]
    found: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(sa.select(rules).order_by(rules.c.workspace_id, rules.c.position, rules.c.id)):
        found.setdefault(row.workspace_id, []).append(_line(row))
        asked = sa.update(approvals).where(approvals.c.rule_id == row.id)
        connection.execute(asked.values(rule_key=row.public_id))
    for workspace_id, lines in found.items():
        kept = json.dumps(lines, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        values = {"number": 1, "note": "As they were before rules had versions", "live_at": datetime.now(UTC)}
        values |= {"rules": lines, "digest": hashlib.sha256(kept.encode()).hexdigest()}
        connection.execute(sa.insert(sets).values(workspace_id=workspace_id, **values))
    for id, party in connection.execute(sa.select(ledger.c.id, ledger.c.party)).all():
        key = "".join(sign for sign in unicodedata.normalize("NFKC", str(party)).casefold() if sign.isalnum())[:200]
        connection.execute(sa.update(ledger).where(ledger.c.id == id).values(party_key=key))


def _line(row: Any) -> dict[str, Any]:
    """A row as rule sets keep it; JSON columns of a reflected table come back as text on SQLite."""
    same = ("name", "tool", "team", "risk", "effect", "mode")
    lists = {name: _read(getattr(row, name)) for name in ("conditions", "quorum")}
    return {name: getattr(row, name) for name in same} | lists | {"key": row.public_id, "agent": "*"}


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def downgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("tool", sa.String(40), nullable=False),
        sa.Column("team", sa.String(40), nullable=False),
        sa.Column("risk", sa.String(40), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("effect", sa.String(40), nullable=False),
        sa.Column("quorum", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_rules_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rules_public_id")),
    )
    with op.batch_alter_table("rules") as batch:
        batch.create_index(batch.f("ix_rules_workspace_id"), ["workspace_id"])
    _carry_back()
    with op.batch_alter_table("ledger_entries") as batch:
        batch.drop_index("ix_ledger_entries_party")
        batch.drop_column("party_key")
    with op.batch_alter_table("approvals") as batch:
        batch.add_column(sa.Column("rule_id", BIG, nullable=True))
        batch.drop_column("rule_key")
    op.drop_table("rule_drafts")
    op.drop_table("rule_sets")


def _carry_back() -> None:
    """The rules in force, less what an earlier release cannot hold: who knows of no agent must not widen a rule."""
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=["rules", "rule_sets"])
    sets, moment = tables.tables["rule_sets"], datetime.now(UTC)
    for row in connection.execute(sa.select(sets).where(sets.c.retired_at.is_(None))).all():
        lines = [line for line in _read(row.rules) if line["agent"] == "*" or line["effect"] != "allow"]
        for position, line in enumerate(lines, 1):
            names = ("name", "tool", "team", "risk", "conditions", "effect", "quorum", "mode")
            values = {name: line[name] for name in names} | {"workspace_id": row.workspace_id, "position": position}
            values |= {"public_id": secrets.token_hex(10), "version": 1, "created_at": moment}
            connection.execute(sa.insert(tables.tables["rules"]).values(values))
