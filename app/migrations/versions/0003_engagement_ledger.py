"""the engagement ledger takes the place of terms_acceptances, and notices of changed policies"""

import hashlib
import json
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "engagements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("chain", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("workspace_id", BIG, nullable=True),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
        sa.UniqueConstraint("chain", "seq", name=op.f("uq_engagements_chain_seq")),
        sa.UniqueConstraint("public_id", name=op.f("uq_engagements_public_id")),
    )
    with op.batch_alter_table("engagements") as batch:
        batch.create_index("ix_engagements_person", ["user_id", "workspace_id", "slug", "version"])
        batch.create_index("ix_engagements_version", ["slug", "version", "act"])
    op.create_table(
        "engagement_heads",
        sa.Column("chain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_engagement_heads")),
    )
    _carry_over()
    op.drop_table("terms_acceptances")
    with op.batch_alter_table("mail_messages") as batch:
        batch.add_column(sa.Column("at_most_once", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("mail_messages") as batch:
        batch.alter_column("at_most_once", server_default=None)
    op.create_table(
        "policy_notices",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("gathered_to", BIG, nullable=False),
        sa.Column("gathered_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["policy_versions.id"], name=op.f("fk_policy_notices_version_id_policy_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_notices")),
        sa.UniqueConstraint("public_id", name=op.f("uq_policy_notices_public_id")),
        sa.UniqueConstraint("version_id", "kind", name=op.f("uq_policy_notices_version_id_kind")),
    )
    op.create_table(
        "notice_recipients",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("mail_id", BIG, nullable=True),
        sa.Column("seen_at", TIME, nullable=True),
        sa.Column("returned_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mail_messages.id"], name=op.f("fk_notice_recipients_mail_id_mail_messages")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["policy_notices.id"], name=op.f("fk_notice_recipients_notice_id_policy_notices")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_recipients_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_recipients")),
        sa.UniqueConstraint("notice_id", "user_id", name=op.f("uq_notice_recipients_notice_id_user_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notice_recipients_public_id")),
    )
    with op.batch_alter_table("notice_recipients") as batch:
        batch.create_index("ix_notice_recipients_waiting", ["notice_id", "mail_id", "id"])
        batch.create_index(batch.f("ix_notice_recipients_user_id"), ["user_id"])


def _carry_over() -> None:
    """Every acceptance becomes an entry of the ledger, chained as app/chains.py did when this was written."""
    bind, meta = op.get_bind(), sa.MetaData()
    old, people = (sa.Table(name, meta, autoload_with=bind) for name in ("terms_acceptances", "users"))
    new, heads = (sa.Table(name, meta, autoload_with=bind) for name in ("engagements", "engagement_heads"))
    query = sa.select(old, people.c.name, people.c.email).join(people, people.c.id == old.c.user_id).order_by(old.c.id)
    seq, previous = 0, "0" * 64
    for row in bind.execute(query).mappings().all():
        seq += 1
        entry = {
            "act": "accepted",
            "user_id": row["user_id"],
            "person": f"{row['name']} <{row['email']}>"[:200],
            "workspace_id": None,
            "organisation": "",
            "authority": row["authority"],
            "basis": "registration",
            **{name: row[name] for name in ("slug", "version", "text_sha256", "address")},
            "chain": 0,
            "seq": seq,
            "prev_hash": previous,
        }
        at: datetime = row["accepted_at"]
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        sealed = entry | {"at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        previous = hashlib.sha256(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        stored = at.replace(tzinfo=None) if bind.dialect.name == "sqlite" else at
        bind.execute(new.insert().values(**entry, at=stored, hash=previous, public_id=secrets.token_hex(10)))
    if seq:
        bind.execute(heads.insert().values(chain=0, seq=seq, hash=previous))


def downgrade() -> None:
    op.drop_table("notice_recipients")
    op.drop_table("policy_notices")
    with op.batch_alter_table("mail_messages") as batch:
        batch.drop_column("at_most_once")
    op.create_table(
        "terms_acceptances",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("accepted_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_terms_acceptances_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_acceptances")),
    )
    with op.batch_alter_table("terms_acceptances") as batch:
        batch.create_index(batch.f("ix_terms_acceptances_user_id"), ["user_id"])
    op.drop_table("engagement_heads")
    op.drop_table("engagements")
