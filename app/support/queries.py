"""What staff may look up: metadata, never content."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.accounts.models import User
from app.agents.models import Agent
from app.audit.models import AuditEntry
from app.db import db
from app.errors import NotFound
from app.restrictions.models import Restriction
from app.runs.models import FINISHED, Run
from app.workspaces.models import Membership, Role, Workspace

PAGE = 25


@dataclass(frozen=True)
class Facts:
    """A workspace in figures."""

    owners: list[str]
    members: int
    agents: int
    running: int


def find_workspaces(words: str, *, after: int = 0) -> Sequence[Workspace]:
    """Workspaces by part of their name or address, or by a member's exact mail address."""
    query = select(Workspace).where(Workspace.id > after)
    if words:
        members = select(Membership.workspace_id).join(User).where(User.email == words.strip().lower())
        named = or_(Workspace.slug.contains(words, autoescape=True), Workspace.name.icontains(words, autoescape=True))
        query = query.where(or_(named, Workspace.id.in_(members)))
    return db.session.scalars(query.order_by(Workspace.id).limit(PAGE)).all()


def get_workspace(slug: str) -> Workspace:
    """The workspace. Raises NotFound."""
    found = db.session.scalar(select(Workspace).where(Workspace.slug == slug))
    if found is None:
        raise NotFound()
    return found


def get_measure(workspace: Workspace, public_id: str) -> Restriction:
    """A measure of this workspace. Raises NotFound."""
    query = select(Restriction).where(Restriction.public_id == public_id, Restriction.workspace_id == workspace.id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def facts_of(workspace: Workspace) -> Facts:
    """Counts, and who owns it."""
    present = select(Membership).where(Membership.workspace_id == workspace.id, Membership.ended_at.is_(None))
    members = db.session.scalars(present).all()
    agents = select(func.count(Agent.id)).where(Agent.workspace_id == workspace.id)
    open_runs = select(func.count(Run.id)).where(Run.workspace_id == workspace.id, Run.state.not_in(FINISHED))
    return Facts(
        owners=[m.user.email for m in members if m.role == Role.OWNER],
        members=len(members),
        agents=db.session.scalar(agents) or 0,
        running=db.session.scalar(open_runs) or 0,
    )


def staff_log(*, before: int | None = None) -> Sequence[AuditEntry]:
    """LeenOps' own audit chain, newest first."""
    query = select(AuditEntry).where(AuditEntry.chain == 0)
    if before:
        query = query.where(AuditEntry.seq < before)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(50)).all()
