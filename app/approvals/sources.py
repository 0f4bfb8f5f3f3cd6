"""The texts that a run could have taken a value from: what people of the workspace wrote, and what it has read."""

from collections.abc import Iterator
from typing import Any

from pydantic_ai.messages import ModelMessagesTypeAdapter, ToolReturnPart
from sqlalchemy import select

from app.accounts.models import User
from app.agents.inputs import is_from_outside
from app.agents.models import AgentVersion
from app.dataflow.labels import UNTRUSTED
from app.dataflow.origins import Kind, Source, Trust, compared, values_of
from app.db import db
from app.directory.queries import TITLE, named_by_directory
from app.integrations.tools.registry import TOOLS
from app.runs.models import Run, RunCheckpoint
from app.workspaces.models import Membership


def labels_of(run: Run, checkpoint: RunCheckpoint | None) -> frozenset[str]:
    """What the run has read so far. A run that no person started was told what to do by somebody else."""
    pasted = any(is_from_outside(spec) and run.input.get(spec["name"]) for spec in run.version.inputs)
    begun = {UNTRUSTED} if pasted or run.started_by is None else set()
    return frozenset(begun.union(checkpoint.labels if checkpoint else ()))


def sources_of(run: Run, checkpoint: RunCheckpoint | None) -> list[Source]:
    """What a person named first, then what was read, the newest first."""
    read = [*_read(checkpoint)][::-1] if checkpoint else []
    return [*_asked(run), *_instructed(run), _people(run), named_by_directory(run.workspace_id), *read]


def _asked(run: Run) -> Iterator[Source]:
    for spec in run.version.inputs:
        text = " ".join(values_of(run.input.get(spec["name"])))
        named = run.started_by is not None and not is_from_outside(spec)
        if text:
            trust = Trust.NAMED if named else Trust.READ
            yield Source(f"“{spec['label']}”", text, trust, is_amount=spec["kind"] in ("money", "number"))


def _instructed(run: Run) -> Iterator[Source]:
    if run.version_id == run.agent.live_version_id:
        version: AgentVersion = run.version
        yield Source(f"the agent’s instructions, version {version.number}", version.instructions, Trust.NAMED)


def _people(run: Run) -> Source:
    """The members of the workspace, and everybody at the company's own domains."""
    members = select(User.email).join(Membership, Membership.user_id == User.id)
    members = members.where(Membership.workspace_id == run.workspace_id, Membership.ended_at.is_(None))
    addresses = {compared(email, Kind.ADDRESS) for email in db.session.scalars(members)}
    return Source(TITLE, "", Trust.NAMED, domains=run.workspace.domains, names={Kind.ADDRESS: addresses})


def _read(checkpoint: RunCheckpoint) -> Iterator[Source]:
    messages = ModelMessagesTypeAdapter.validate_python(checkpoint.history)
    returned = [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]
    for part in returned:
        yield from _result(part.tool_name, part.content)
    for settled in checkpoint.results.values():
        yield from _result("", settled["content"])


def _result(tool: str, content: Any) -> Iterator[Source]:
    """A result as its passages and files, where it has any, and as a whole."""
    if isinstance(content, dict):
        for passage in content.get("passages") or ():
            place = f", {passage['place']}" if passage.get("place") else ""
            yield Source(f"{passage['document']}{place}", passage["text"], Trust.READ, passage.get("ref", ""))
        if "tables" in content and "name" in content:
            yield Source(str(content["name"]), " ".join(values_of(content)), Trust.READ)
            return
    title = TOOLS[tool].title.lower() if tool in TOOLS else "another result"
    yield Source(f"what “{title}” gave", " ".join(values_of(content)), Trust.READ)
