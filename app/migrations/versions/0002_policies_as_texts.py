"""policies as texts: a version's row carries its whole text, and drafts are rows too"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("policy_versions") as batch:
        batch.add_column(sa.Column("public_id", sa.String(20), nullable=True))
        batch.add_column(sa.Column("title", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("stage", sa.String(40), nullable=False, server_default="published"))
        batch.add_column(sa.Column("origin", sa.String(40), nullable=False, server_default="file"))
        batch.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("effective_on", sa.Date(), nullable=False, server_default="2026-06-13"))
        batch.add_column(sa.Column("published_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("authors", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("approved_by", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("approved_sha256", sa.Text(), nullable=True))
        batch.add_column(sa.Column("submitted_at", TIME, nullable=True))
        batch.add_column(sa.Column("approved_at", TIME, nullable=True))
        batch.add_column(sa.Column("published_at", TIME, nullable=True))
        batch.add_column(sa.Column("withdrawn_at", TIME, nullable=True))
        batch.add_column(sa.Column("remark", sa.Text(), nullable=True))
        batch.alter_column("imported_at", new_column_name="created_at")
    _fill()
    with op.batch_alter_table("policy_versions") as batch:
        batch.alter_column("public_id", existing_type=sa.String(20), nullable=False)
        batch.create_unique_constraint("uq_policy_versions_public_id", ["public_id"])
        batch.drop_column("front_matter")
        for name in ("title", "stage", "origin", "source", "effective_on", "authors"):
            batch.alter_column(name, server_default=None)


def _fill() -> None:
    """What the front matter said becomes columns. The texts come with the next import."""
    table = sa.table(
        "policy_versions", sa.column("id", BIG), sa.column("public_id"), sa.column("front_matter", sa.JSON()),
        sa.column("title"), sa.column("effective_on"), sa.column("published_on"), sa.column("created_at", TIME),
        sa.column("published_at", TIME),
    )  # fmt: skip
    bind = op.get_bind()
    for row in bind.execute(sa.select(table.c.id, table.c.front_matter, table.c.created_at)).all():
        matter = row.front_matter
        values = {
            "public_id": secrets.token_hex(10),
            "title": matter.get("title", ""),
            "published_at": row.created_at,
        }
        for name in ("effective_on", "published_on"):
            values[name] = sa.cast(sa.literal(str(matter.get(name, "2026-06-13"))), sa.Date)
        if bind.dialect.name == "sqlite":
            values |= {name: str(matter.get(name, "2026-06-13")) for name in ("effective_on", "published_on")}
        bind.execute(table.update().where(table.c.id == row.id).values(**values))


def downgrade() -> None:
    with op.batch_alter_table("policy_versions") as batch:
        batch.drop_constraint("uq_policy_versions_public_id", type_="unique")
        batch.add_column(sa.Column("front_matter", sa.JSON(), nullable=False, server_default="{}"))
        batch.alter_column("created_at", new_column_name="imported_at")
        for name in (
            "public_id", "title", "stage", "origin", "source", "effective_on", "published_on", "authors", "approved_by",
            "approved_sha256", "submitted_at", "approved_at", "published_at", "withdrawn_at", "remark",
        ):  # fmt: skip
            batch.drop_column(name)
