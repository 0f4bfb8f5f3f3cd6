"""cards that people ask themselves, and what the clock does about a card that waits"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
MAY_BE_NONE = ("run_id", "agent_id", "agent_version_id")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("approvals") as batch:
        for column in MAY_BE_NONE:
            batch.alter_column(column, existing_type=BIG, nullable=True)
        batch.add_column(sa.Column("steps", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("next_step_at", TIME, nullable=True))
        batch.add_column(sa.Column("escalated_at", TIME, nullable=True))
        batch.drop_index("ix_approvals_due")
    op.execute("UPDATE approvals SET next_step_at = deadline_at WHERE state = 'pending'")
    with op.batch_alter_table("approvals") as batch:
        batch.alter_column("steps", server_default=None)
        batch.create_index("ix_approvals_due", ["state", "next_step_at"])
    with op.batch_alter_table("delegations") as batch:
        batch.add_column(sa.Column("is_cover", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("delegations") as batch:
        batch.alter_column("is_cover", server_default=None)
    for column in ("rules_need_two", "versions_need_two"):
        op.add_column("workspaces", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for column in ("versions_need_two", "rules_need_two"):
        op.drop_column("workspaces", column)
    with op.batch_alter_table("delegations") as batch:
        batch.drop_column("is_cover")
    # what people asked themselves has no run, and no place in the table as it was
    cards = "SELECT id FROM approvals WHERE run_id IS NULL"
    for table in ("votes", "questions", "delegations"):
        op.execute(f"DELETE FROM {table} WHERE approval_id IN ({cards})")
    op.execute("DELETE FROM approvals WHERE run_id IS NULL")
    with op.batch_alter_table("approvals") as batch:
        batch.drop_index("ix_approvals_due")
        for column in ("escalated_at", "next_step_at", "steps"):
            batch.drop_column(column)
        for column in MAY_BE_NONE:
            batch.alter_column(column, existing_type=BIG, nullable=False)
    with op.batch_alter_table("approvals") as batch:
        batch.create_index("ix_approvals_due", ["state", "deadline_at"])
