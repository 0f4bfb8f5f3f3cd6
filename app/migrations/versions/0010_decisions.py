"""cards are claimed, delegated, asked about and asked again; people have a limit"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
AMOUNT = {
    "sqlite": "json_extract(impact, '$.amount')",
    "postgresql": "CAST(impact ->> 'amount' AS BIGINT)",
}


def _people(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_{table}_{name}_users")) for name in columns]


def _of_a_card(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f(f"fk_{table}_approval_id_approvals")),
    ]


def upgrade() -> None:
    with op.batch_alter_table("approvals") as batch:
        batch.add_column(sa.Column("follows_id", BIG, nullable=True))
        batch.add_column(sa.Column("rules_number", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("claimed_by", BIG, nullable=True))
        batch.add_column(sa.Column("claimed_until", TIME, nullable=True))
        batch.add_column(sa.Column("amount", sa.BigInteger(), nullable=True))
        batch.create_foreign_key(batch.f("fk_approvals_follows_id_approvals"), "approvals", ["follows_id"], ["id"])
        batch.create_foreign_key(batch.f("fk_approvals_claimed_by_users"), "users", ["claimed_by"], ["id"])
    with op.batch_alter_table("approvals") as batch:
        batch.alter_column("rules_number", server_default=None)
    op.execute(f"UPDATE approvals SET amount = {AMOUNT[op.get_bind().dialect.name]}")
    with op.batch_alter_table("memberships") as batch:
        batch.add_column(sa.Column("approves_up_to", sa.BigInteger(), nullable=True))
    op.create_table(
        "questions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("approval_id", BIG, nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_of", BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        *_of_a_card("questions"),
        *_people("questions", "asked_by", "asked_of"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_questions_public_id")),
    )
    with op.batch_alter_table("questions") as batch:
        batch.create_index(batch.f("ix_questions_workspace_id"), ["workspace_id"])
        batch.create_index(batch.f("ix_questions_approval_id"), ["approval_id"])
        batch.create_index("ix_questions_asked", ["workspace_id", "asked_of", "answered_at"])
    op.create_table(
        "delegations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("approval_id", BIG, nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("to_id", BIG, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        *_of_a_card("delegations"),
        *_people("delegations", "from_id", "to_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    with op.batch_alter_table("delegations") as batch:
        batch.create_index(batch.f("ix_delegations_workspace_id"), ["workspace_id"])
        batch.create_index(batch.f("ix_delegations_approval_id"), ["approval_id"])


def downgrade() -> None:
    op.drop_table("delegations")
    op.drop_table("questions")
    with op.batch_alter_table("memberships") as batch:
        batch.drop_column("approves_up_to")
    with op.batch_alter_table("approvals") as batch:
        batch.drop_constraint(batch.f("fk_approvals_claimed_by_users"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_approvals_follows_id_approvals"), type_="foreignkey")
        for column in ("amount", "claimed_until", "claimed_by", "rules_number", "follows_id"):
            batch.drop_column(column)
