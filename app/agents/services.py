"""Making agents, changing them as new immutable versions, and putting a version to work. Callers commit."""

import hashlib
import json
from typing import Any

from sqlalchemy import func, select, update

from app.accounts.models import User
from app.agents.models import Agent, AgentState, AgentVersion
from app.agents.templates import TEMPLATES
from app.audit.services import record
from app.db import changed, db
from app.errors import Conflict, Invalid
from app.workspaces.models import Workspace


class NothingChanged(Conflict):
    """A change that changes nothing makes no version."""

    sentence = "Nothing was changed, so there is no new version."


CONTENT = ("instructions", "model", "key_id", "tools", "collections", "inputs", "settings")
"""What a version is: the fields its checksum covers and a diff compares."""


def create_from_template(
    workspace: Workspace, key: str, *, name: str, by: User, collections: list[str] | None = None
) -> Agent:
    """A new agent with its first version, not live yet. Flushes. Raises Invalid for an unknown template."""
    template = TEMPLATES.get(key)
    if template is None:
        raise Invalid("Choose what the agent should do.", field="template")
    agent = Agent(
        workspace_id=workspace.id,
        slug=_free_slug(workspace.id, name),
        name=name.strip(),
        team=template.team,
        purpose=template.purpose,
        template=key,
        owner_id=by.id,
    )
    db.session.add(agent)
    db.session.flush()
    content = {
        "instructions": template.instructions,
        "model": "sandbox",
        "key_id": None,
        "tools": list(template.tools),
        "collections": list(collections or []) if template.knowledge else [],
        "inputs": [dict(spec) for spec in template.inputs],
        "settings": template.settings,
    }
    _record(agent, "created", f"Created {agent.name} from the template {template.name}", by)
    _add_version(agent, content, note="First version", by=by)
    return agent


def edit(agent: Agent, *, name: str, purpose: str, content: dict[str, Any], note: str, by: User) -> AgentVersion | None:
    """What the edit form says: the name, the purpose, and a new version where `content` differs (else None).

    Raises Conflict when nothing of it would change.
    """
    renamed = rename(agent, name=name, purpose=purpose, by=by)
    try:
        return change(agent, content, note=note, by=by)
    except NothingChanged:
        if not renamed:
            raise
        return None


def change(agent: Agent, content: dict[str, Any], *, note: str, by: User) -> AgentVersion:
    """The next version, with `content` over the latest one's. Raises NothingChanged."""
    _lock(agent)
    latest = latest_version(agent)
    merged = {field: getattr(latest, field) for field in CONTENT} | content
    if checksum(merged) == latest.sha256:
        raise NothingChanged()
    return _add_version(agent, merged, note=note.strip() or "Changed", by=by)


def _lock(agent: Agent) -> None:
    """Of two changes at once, the second sees the first. SQLite has locked everything already."""
    db.session.execute(select(Agent.id).where(Agent.id == agent.id).with_for_update())


def make_live(version: AgentVersion, *, by: User, approved_by: User | None = None) -> None:
    """Put a version to work: new runs use it. Also the way back to an older one."""
    agent = version.agent
    if agent.live_version_id == version.id and agent.state == AgentState.LIVE:
        raise Conflict(f"Version {version.number} is live already.")
    before = db.session.get(AgentVersion, agent.live_version_id) if agent.live_version_id else None
    agent.live_version_id, agent.state = version.id, AgentState.LIVE
    db.session.flush()
    agreed: dict[str, Any] = {"approved_by": approved_by.name} if approved_by else {}
    change_ = {"before": {"version": before.number} if before else {}, "after": {"version": version.number} | agreed}
    _record(agent, "live", f"Made version {version.number} of {agent.name} live", by, **change_)


def pause(agent: Agent, *, by: User) -> None:
    """No new runs until it is resumed. Raises Conflict when it is not live."""
    _switch(agent, AgentState.LIVE, AgentState.PAUSED, "paused", f"Paused {agent.name}", by)


def resume(agent: Agent, *, by: User) -> None:
    """Back to work on its live version. Raises Conflict when it is not paused."""
    _switch(agent, AgentState.PAUSED, AgentState.LIVE, "resumed", f"Resumed {agent.name}", by)


def rename(agent: Agent, *, name: str, purpose: str, by: User) -> bool:
    """Change how it is called and what it is for; its address stays. False when it was called so before."""
    before = {"name": agent.name, "purpose": agent.purpose}
    after = {"name": name.strip(), "purpose": purpose.strip()}
    if before == after:
        return False
    agent.name, agent.purpose = after["name"], after["purpose"]
    db.session.flush()
    _record(agent, "renamed", f"Changed the name or purpose of {agent.name}", by, before=before, after=after)
    return True


def latest_version(agent: Agent) -> AgentVersion:
    """The newest version, live or not."""
    query = select(AgentVersion).where(AgentVersion.agent_id == agent.id).order_by(AgentVersion.number.desc())
    return db.session.scalars(query.limit(1)).one()


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a version's content."""
    chosen = {field: content[field] for field in CONTENT}
    chosen |= {field: sorted(chosen[field]) for field in ("tools", "collections")}  # their order means nothing
    return hashlib.sha256(json.dumps(chosen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _add_version(agent: Agent, content: dict[str, Any], *, note: str, by: User) -> AgentVersion:
    highest = db.session.scalar(select(func.max(AgentVersion.number)).where(AgentVersion.agent_id == agent.id)) or 0
    version = AgentVersion(
        agent_id=agent.id,
        workspace_id=agent.workspace_id,
        number=highest + 1,
        sha256=checksum(content),
        note=note[:500],
        created_by=by.id,
        **{field: content[field] for field in CONTENT},
    )
    db.session.add(version)
    db.session.flush()
    after = {"version": version.number, "sha256": version.sha256, "note": version.note}
    _record(agent, "version", f"Made version {version.number} of {agent.name}", by, after=after)
    return version


def _switch(agent: Agent, old: AgentState, new: AgentState, action: str, words: str, by: User) -> None:
    moved = changed(
        update(Agent)
        .where(Agent.id == agent.id, Agent.state == old)
        .values(state=new)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(agent)
    if moved != 1:
        raise Conflict(f"{agent.name} is {agent.state} at the moment.")
    _record(agent, action, words, by)


def _free_slug(workspace_id: int, name: str) -> str:
    base = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.casefold()).strip("-")
    base = "-".join(filter(None, base.split("-")))[:34] or "agent"
    db.session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())  # one at a time
    taken = set(
        db.session.scalars(
            select(Agent.slug).where(Agent.workspace_id == workspace_id, Agent.slug.startswith(base, autoescape=True))
        )
    ) | {"new"}
    return next(slug for slug in [base, *(f"{base}-{n}" for n in range(2, 10_000))] if slug not in taken)


def _record(agent: Agent, action: str, words: str, by: User, **change_: dict[str, Any]) -> None:
    subject = f"agent:{agent.public_id}"
    record(f"member:agent:{action}", words, workspace_id=agent.workspace_id, actor=by, subject=subject, **change_)
