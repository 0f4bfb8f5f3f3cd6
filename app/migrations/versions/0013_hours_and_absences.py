"""business hours, steps of deadlines, and absences"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
NEW = ("deadline_steps", "business_hours")


def upgrade() -> None:
    for name in NEW:  # the default stays: taking it away would copy, on SQLite, the table that all others point at
        op.add_column("workspaces", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "absences",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("membership_id", BIG, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stand_in_id", BIG, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", BIG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_absences_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_absences_membership_id_memberships")
        ),
        sa.ForeignKeyConstraint(["stand_in_id"], ["memberships.id"], name=op.f("fk_absences_stand_in_id_memberships")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_absences_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint("public_id", name=op.f("uq_absences_public_id")),
    )
    with op.batch_alter_table("absences") as batch:
        batch.create_index("ix_absences_days", ["workspace_id", "last_day"])
        batch.create_index(batch.f("ix_absences_membership_id"), ["membership_id"])
        batch.create_index(batch.f("ix_absences_stand_in_id"), ["stand_in_id"])


def downgrade() -> None:
    op.drop_table("absences")
    for name in NEW:
        op.drop_column("workspaces", name)
