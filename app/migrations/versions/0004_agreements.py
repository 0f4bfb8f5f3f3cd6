"""agreements, and the notice before a measure"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("amends_id", BIG, nullable=True),
        sa.Column("document_name", sa.String(length=200), nullable=True),
        sa.Column("document_sha256", sa.Text(), nullable=True),
        sa.Column("document_size", sa.Integer(), nullable=True),
        sa.Column("signatories", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("activated_by", sa.Integer(), nullable=True),
        sa.Column("activated_at", UTC, nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", UTC, nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["amends_id"], ["agreements.id"], name=op.f("fk_agreements_amends_id_agreements")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_agreements_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreements_public_id")),
    )
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreements_workspace_id"), ["workspace_id"], unique=False)
    op.create_table(
        "agreement_overrides",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("agreement_id", BIG, nullable=False),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("clause", sa.String(length=200), nullable=False),
        sa.Column("effect", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_agreement_overrides_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_overrides")),
        sa.UniqueConstraint(
            "agreement_id", "policy", "clause", name=op.f("uq_agreement_overrides_agreement_id_policy_clause")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreement_overrides_public_id")),
    )
    with op.batch_alter_table("agreement_overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_overrides_agreement_id"), ["agreement_id"], unique=False)
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("announces", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("earliest_at", UTC, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.drop_column("earliest_at")
        batch_op.drop_column("announces")
    op.drop_table("agreement_overrides")
    op.drop_table("agreements")
