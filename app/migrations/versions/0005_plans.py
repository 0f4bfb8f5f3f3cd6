"""plans"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("by_agreement", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=40), nullable=False),
        sa.Column("seat_roles", sa.JSON(), nullable=False),
        sa.Column("seats_included", sa.Integer(), nullable=True),
        sa.Column("hard_cap", sa.Boolean(), nullable=False),
        sa.Column("cancel_notice_days", sa.Integer(), nullable=False),
        sa.Column("kept_days", sa.Integer(), nullable=False),
        sa.Column("refund_window_days", sa.Integer(), nullable=False),
        sa.Column("refunds_unused_months", sa.Boolean(), nullable=False),
        sa.Column("cancellation_clause", sa.String(length=200), nullable=False),
        sa.Column("refund_clause", sa.String(length=200), nullable=False),
        sa.Column("never_charged", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("code", "effective_from", name=op.f("uq_plans_code_effective_from")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_plans_code_version")),
    )
    op.create_table(
        "plan_meters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meter", sa.String(length=40), nullable=False),
        sa.Column("included", sa.BigInteger(), nullable=True),
        sa.Column("over_amount", sa.BigInteger(), nullable=True),
        sa.Column("over_units", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_meters_plan_id_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_meters")),
        sa.UniqueConstraint("plan_id", "meter", name=op.f("uq_plan_meters_plan_id_meter")),
    )
    op.create_table(
        "plan_prices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("seat_amount", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_prices_plan_id_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_prices")),
        sa.UniqueConstraint("plan_id", "period", name=op.f("uq_plan_prices_plan_id_period")),
    )


def downgrade() -> None:
    op.drop_table("plan_prices")
    op.drop_table("plan_meters")
    op.drop_table("plans")
