"""who approves what has a high impact on people says why, and on what source"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ADDED = {"approvals": "areas", "votes": "sources"}


def upgrade() -> None:
    for table, column in ADDED.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.JSON(), nullable=False, server_default="[]"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, server_default=None)


def downgrade() -> None:
    for table, column in ADDED.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
