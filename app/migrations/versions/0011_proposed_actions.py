"""every action that an agent proposed, with what the rules looked at"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "proposed_actions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("call_key", sa.String(200), nullable=False),
        sa.Column("tool", sa.String(40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("effect", sa.String(40), nullable=False),
        sa.Column("rule_key", sa.String(40), nullable=False),
        sa.Column("rules_number", sa.Integer(), nullable=False),
        sa.Column("is_guarded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_proposed_actions_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_actions")),
        sa.UniqueConstraint("call_key", name=op.f("uq_proposed_actions_call_key")),
    )
    with op.batch_alter_table("proposed_actions") as batch:
        batch.create_index(batch.f("ix_proposed_actions_workspace_id"), ["workspace_id"])
        batch.create_index(batch.f("ix_proposed_actions_run_id"), ["run_id"])
        batch.create_index("ix_proposed_actions_workspace_at", ["workspace_id", "at", "id"])


def downgrade() -> None:
    op.drop_table("proposed_actions")
