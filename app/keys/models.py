"""Model keys that customers bring, sealed."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from app.db import Base, code, created, fk_user, fk_workspace, name_, pk, public_id


class ModelKey(Base):
    """A provider account: where it is, and the sealed key. The key itself is never shown again."""

    __tablename__ = "model_keys"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    name: Mapped[name_]
    provider: Mapped[code]
    """`openai` (any compatible server) or `anthropic`."""
    base_url: Mapped[str]
    sealed: Mapped[str]
    hint: Mapped[code]
    """The last four characters."""
    fingerprint: Mapped[code]
    added_by: Mapped[fk_user]
    created_at: Mapped[created]
    disabled_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class SigningSecret(Base):
    """What a workspace's webhooks are signed with, sealed; its receivers hold the same."""

    __tablename__ = "signing_secrets"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    sealed: Mapped[str]
    hint: Mapped[code]
    created_at: Mapped[created]
    ended_at: Mapped[datetime | None]
    """When another took its place; the one without is in use."""
