"""Agents and their immutable versions."""

from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, BigId, code, created, fk_user, fk_workspace, json_, json_list, name_, pk, public_id, sha256


class AgentState(StrEnum):
    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"


class Agent(Base):
    """Something that does one job for a team. What it does is in its versions."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    slug: Mapped[code]
    name: Mapped[name_]
    team: Mapped[code]
    purpose: Mapped[str]
    template: Mapped[code]
    owner_id: Mapped[fk_user]
    state: Mapped[code] = mapped_column(default=AgentState.DRAFT)
    live_version_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[created]

    @property
    def is_live(self) -> bool:
        return self.state == AgentState.LIVE and self.live_version_id is not None


class AgentVersion(Base):
    """What an agent is told and may use. Never changed: an edit makes the next number."""

    __tablename__ = "agent_versions"
    __table_args__ = (UniqueConstraint("agent_id", "number"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    agent_id: Mapped[int] = mapped_column(BigId, ForeignKey("agents.id"), index=True)
    workspace_id: Mapped[fk_workspace]
    number: Mapped[int]
    instructions: Mapped[str]
    model: Mapped[name_] = mapped_column(default="sandbox")
    """`sandbox`, or the model's name at the key's provider."""
    key_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("model_keys.id"))
    tools: Mapped[json_list]
    """Names of tools it may use."""
    collections: Mapped[json_list]
    """Public ids of knowledge collections it may read."""
    inputs: Mapped[json_list]
    """The start form: [{name, label, kind: text|long|number|money|choice|files, required, hint, choices, outside}]."""
    settings: Mapped[json_]
    """max_steps, token ceilings; whatever a template needs for its plan."""
    sha256: Mapped[sha256]
    note: Mapped[str]
    created_by: Mapped[fk_user]
    created_at: Mapped[created]
    agent: Mapped[Agent] = relationship(lazy="joined")
