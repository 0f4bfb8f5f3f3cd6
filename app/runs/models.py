"""Runs: the row, its append-only log, its checkpoint and the journal of its effects."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.agents.models import Agent, AgentVersion
from app.db import Base, BigId, code, created, fk_workspace, json_, json_list, name_, pk, public_id, utc
from app.workspaces.models import Workspace


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HALTED = "halted"
    """Stopped by the workspace's standing; goes on when that is lifted."""


FINISHED = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})


class Run(Base):
    """One piece of work by one agent version. The row is the truth; Redis only delivers.

    Who holds `lease_token` may write; every write of a step is conditional on it.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        Index("ix_runs_workspace_state_id", "workspace_id", "state", "id"),
        Index("ix_runs_agent_id_id", "agent_id", "id"),
        Index("ix_runs_due", "state", "wake_at"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    number: Mapped[int]
    agent_id: Mapped[int] = mapped_column(BigId, ForeignKey("agents.id"))
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("agent_versions.id"))
    started_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    start_key: Mapped[name_] = mapped_column(unique=True)
    """The idempotency key of the form that started it: sent twice, it starts once."""
    input: Mapped[json_]
    state: Mapped[code] = mapped_column(default=RunState.QUEUED)
    summary: Mapped[str] = mapped_column(default="")
    """What it did, in one sentence."""
    output: Mapped[str] = mapped_column(default="")
    error: Mapped[code] = mapped_column(default="")
    """A name from errors the engine knows: provider_timeout, provider_error, provider_garbage, step_limit…"""
    error_detail: Mapped[str] = mapped_column(default="")
    step: Mapped[int] = mapped_column(default=0)
    """Model turns taken."""
    seq: Mapped[int] = mapped_column(default=0)
    """The number of the last event."""
    step_since: Mapped[datetime | None]
    """When the current step was first tried: the total deadline counts from here."""
    wake_at: Mapped[utc | None]
    """When it is due to be worked on; None while it waits for a person or is finished."""
    lease_owner: Mapped[name_] = mapped_column(default="")
    lease_token: Mapped[int] = mapped_column(default=0)
    """Goes up by one with each claim: a worker that lost its lease cannot write."""
    lease_expires_at: Mapped[utc | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """Model attempts on the current step."""
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[created]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    working_ms: Mapped[int] = mapped_column(default=0)
    waiting_ms: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost_microdollars: Mapped[int] = mapped_column(default=0)
    retried_from: Mapped[int | None] = mapped_column(BigId)
    agent: Mapped[Agent] = relationship(lazy="joined")
    version: Mapped[AgentVersion] = relationship(lazy="select")
    starter: Mapped[User | None] = relationship(lazy="select")
    workspace: Mapped[Workspace] = relationship(lazy="select")

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class RunCheckpoint(Base):
    """Where a run goes on: the message history after the last finished step, and the turn in progress."""

    __tablename__ = "run_checkpoints"
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("runs.id"), primary_key=True)
    history: Mapped[json_list]
    """pydantic-ai messages as JSON. The last one is a model response while its calls are worked on."""
    results: Mapped[json_]
    """call id -> {outcome, content} of the current turn's calls that are settled."""
    read: Mapped[json_list]
    """Evidence read so far: [{kind, title, place, quote, ref}], oldest first."""
    labels: Mapped[json_list]
    """What the results read so far hold: untrusted, private."""


class EventKind(StrEnum):
    MODEL_CALL = "model_call"
    TOOL_CALL = "tool_call"
    APPROVAL = "approval"
    NOTE = "note"
    STATE = "state"


class RunEvent(Base):
    """One line of a run's log. Append-only, numbered per run."""

    __tablename__ = "run_events"
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("runs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[fk_workspace]
    kind: Mapped[code]
    tone: Mapped[code]
    """ok | warn | danger | now | plain: which node the rail shows."""
    title: Mapped[str]
    """Plain words."""
    detail: Mapped[json_]
    """The raw payload, one click away."""
    at: Mapped[utc]
    duration_ms: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost_microdollars: Mapped[int] = mapped_column(default=0)


class EffectState(StrEnum):
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Effect(Base):
    """The journal: one row per tool call, committed as started before it and as its outcome after it."""

    __tablename__ = "effects"
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("runs.id"), index=True)
    key: Mapped[name_] = mapped_column(unique=True)
    """`<run public id>:<step>:<call index>`; also the idempotency key at the receiver."""
    tool: Mapped[code]
    args: Mapped[json_]
    approval_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[code]
    result: Mapped[json_]
    lease_token: Mapped[int]
    started_at: Mapped[utc]
    finished_at: Mapped[utc | None]
