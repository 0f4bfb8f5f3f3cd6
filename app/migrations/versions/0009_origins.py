"""where the arguments of an action came from, and what a run has read"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ADDED = {"approvals": ("reasons", "origins"), "run_checkpoints": ("labels",)}


def upgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.add_column(sa.Column(column, sa.JSON(), nullable=False, server_default="[]"))
    # what runs under way have read was not written down: they count as having read everything
    op.execute('UPDATE run_checkpoints SET labels = \'["private", "untrusted"]\'')
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, server_default=None)


def downgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
