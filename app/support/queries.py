"""What staff may look up: metadata, never content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.accounts.models import StaffMember, User
from app.agents.models import Agent
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
    runs: int
    unfinished: int


def find_workspaces(words: str, *, after: int = 0) -> Sequence[Workspace]:
    """Up to PAGE + 1 workspaces by part of their name or address, or by a member's exact mail address, oldest first;
    the extra one says there are more."""
    query = select(Workspace).where(Workspace.id > after)
    if words:
        members = select(Membership.workspace_id).join(User).where(User.email == words.lower())
        members = members.where(Membership.ended_at.is_(None))
        named = or_(Workspace.slug.contains(words, autoescape=True), Workspace.name.icontains(words, autoescape=True))
        query = query.where(or_(named, Workspace.id.in_(members)))
    return db.session.scalars(query.order_by(Workspace.id).limit(PAGE + 1)).all()


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
    runs = select(func.count(Run.id)).where(Run.workspace_id == workspace.id)
    return Facts(
        owners=[m.user.email for m in members if m.role == Role.OWNER],
        members=len(members),
        agents=db.session.scalar(agents) or 0,
        runs=db.session.scalar(runs) or 0,
        unfinished=db.session.scalar(runs.where(Run.state.not_in(FINISHED))) or 0,
    )


def names_of(measures: Iterable[Restriction]) -> dict[int, str]:
    """Who imposed and lifted these measures, by id."""
    return staff_names(who for m in measures for who in (m.imposed_by, m.lifted_by))


def staff_names(ids: Iterable[int | None]) -> dict[int, str]:
    """The names of these staff members, by id."""
    wanted = {who for who in ids if who is not None}
    rows = db.session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(wanted)))
    return {row.id: row.name for row in rows}
