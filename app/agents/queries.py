"""Reading agents and versions, always within one workspace."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from app.agents.inputs import Input, is_from_outside
from app.agents.models import Agent, AgentVersion
from app.db import db
from app.differences import Change, differences
from app.errors import NotFound

PAGE = 50


_AGENT = select(Agent).where(Agent.slug == bindparam("slug"), Agent.workspace_id == bindparam("workspace"))


def get_agent(slug: str, *, workspace_id: int) -> Agent:
    """The agent, if it is this workspace's. Raises NotFound."""
    agent = db.session.scalar(_AGENT, {"slug": slug, "workspace": workspace_id})
    if agent is None:
        raise NotFound()
    return agent


def agents(workspace_id: int, *, after: str = "") -> tuple[Sequence[Agent], str]:
    """One page of agents by name, and the slug after which the next one starts ('' at the end)."""
    query = select(Agent).where(Agent.workspace_id == workspace_id)
    if after:
        query = query.where(Agent.slug > after)
    rows = db.session.scalars(query.order_by(Agent.slug).limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].slug if len(rows) > PAGE else ""


def names_of(workspace_id: int) -> dict[str, str]:
    """The names of the workspace's agents by public id, in the order of their names; at most 500."""
    query = select(Agent.public_id, Agent.name).where(Agent.workspace_id == workspace_id)
    return {pid: name for pid, name in db.session.execute(query.order_by(Agent.name).limit(500))}


def versions(agent: Agent) -> Sequence[AgentVersion]:
    """The agent's versions, newest first, at most a hundred."""
    query = select(AgentVersion).where(AgentVersion.agent_id == agent.id).order_by(AgentVersion.number.desc())
    return db.session.scalars(query.limit(100)).all()


def get_version(agent: Agent, number: int) -> AgentVersion:
    """A version of this agent by its number. Raises NotFound, also for numbers that no column holds."""
    if not 0 < number < 2**31:
        raise NotFound()
    query = select(AgentVersion).where(AgentVersion.agent_id == agent.id, AgentVersion.number == number)
    version = db.session.scalar(query)
    if version is None:
        raise NotFound()
    return version


def live_version(agent: Agent) -> AgentVersion | None:
    """The version that new runs use."""
    return db.session.get(AgentVersion, agent.live_version_id) if agent.live_version_id else None


def diff(old: AgentVersion, new: AgentVersion) -> list[Change]:
    """What `new` does otherwise than `old`, in a reader's order."""
    labels = (
        ("instructions", "Instructions"),
        ("model", "Model"),
        ("tools", "Tools"),
        ("collections", "Knowledge"),
        ("inputs", "Start form"),
        ("settings", "Limits"),
    )
    pairs = ((label, _shown(getattr(old, name)), _shown(getattr(new, name))) for name, label in labels)
    return [Change(label, differences(before, after)) for label, before, after in pairs if before != after]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(_labelled(item) if isinstance(item, dict) else str(item) for item in value)
    return str(value)


def _labelled(spec: Input) -> str:
    return f"{spec['label']} (may hold somebody else’s words)" if is_from_outside(spec) else str(spec["label"])
