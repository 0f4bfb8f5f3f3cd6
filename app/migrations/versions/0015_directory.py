"""the directory of a workspace, and collections that everybody may read"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
LIVE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "directory_entries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("added_by", BIG, nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("ended_by", BIG, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_directory_entries_workspace_id_workspaces")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_directory_entries_added_by_users")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_directory_entries_ended_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_entries")),
        sa.UniqueConstraint("public_id", name=op.f("uq_directory_entries_public_id")),
    )
    with op.batch_alter_table("directory_entries") as batch:
        batch.create_index(batch.f("ix_directory_entries_workspace_id"), ["workspace_id"])
        batch.create_index(
            "ux_directory_entries_live",
            ["workspace_id", "kind", "folded"],
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        )
    # added in place: SQLite copies a table to change it, and rows of others point at these two
    op.add_column("workspaces", sa.Column("directory_stamp", sa.String(40), nullable=False, server_default=""))
    op.add_column("collections", sa.Column("is_public", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("collections", "is_public")
    op.drop_column("workspaces", "directory_stamp")
    op.drop_table("directory_entries")
