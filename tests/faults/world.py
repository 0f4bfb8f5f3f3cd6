"""One workspace in the faults' world, and short ways to act in it and to look at it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts.models import StaffMember, User
from app.agents.models import Agent
from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.db import db
from app.integrations.models import LedgerEntry
from app.restrictions.models import Ground, Restriction
from app.restrictions.services import lift, suspend
from app.runs.models import FINISHED, Run
from app.runs.services import retry, start
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member
from tests.factories.rules import a_rule, in_force
from tests.faults.crew import acting, until


@dataclass
class World:
    """Ids only: rows are read afresh, because other processes write them."""

    workspace_id: int
    agent_id: int
    owner_id: int
    started: int = 0

    def rule(self, effect: str, *, people: int = 1) -> None:
        """From now on every action is allowed, or asks so many people."""
        quorum = ({"role": None, "count": people},) if effect == "ask" else ()
        with acting():
            in_force(self.workspace_id, a_rule(effect, quorum=quorum))

    def start(self) -> int:
        """Start a run; its id."""
        self.started += 1
        with acting():
            agent, owner = db.session.get_one(Agent, self.agent_id), db.session.get_one(User, self.owner_id)
            return start(agent, {"request": "Do it."}, [], by=owner, start_key=f"fault-{self.started}").id

    def reviewer(self) -> int:
        """Another reviewer's membership; its id."""
        with acting():
            return a_member(db.session.get_one(Workspace, self.workspace_id), Role.REVIEWER).id

    def say(self, card: Approval, decision: Decision) -> None:
        """Decide as a reviewer would."""
        reviewer = self.reviewer()
        with acting():
            decide(card, decision, by=db.session.get_one(Membership, reviewer), version=card.version, key="said")

    def suspend(self) -> int:
        """Suspend the workspace; the measure's id."""
        with acting():
            staff = db.session.query(StaffMember).first() or _staff()
            workspace = db.session.get_one(Workspace, self.workspace_id)
            return suspend(workspace, ground=Ground.SECURITY, reason="A key leaked.", clause="2", by=staff).id

    def lift(self, measure: int) -> None:
        with acting():
            staff = db.session.query(StaffMember).one()
            lift(db.session.get_one(Restriction, measure), reason="The key is replaced.", by=staff)

    def retry(self, run_id: int) -> None:
        with acting():
            retry(db.session.get_one(Run, run_id), by=db.session.get_one(User, self.owner_id))


def _staff() -> StaffMember:
    staff = StaffMember(email="trust@staff.example", name="Kofi Osei", password_hash="-", totp_sealed="-")
    staff.roles = ["trust"]
    db.session.add(staff)
    db.session.flush()
    return staff


def run_row(run_id: int) -> Run:
    return db.session.get_one(Run, run_id, populate_existing=True)


def state_of(run_id: int) -> str:
    return db.session.scalars(select(Run.state).where(Run.id == run_id)).one()


def holder_of(run_id: int) -> int:
    """Wait until a worker holds the run's lease; its process id."""
    owner = select(Run.lease_owner).where(Run.id == run_id)
    found = until(lambda: db.session.scalar(owner), what="a worker to take the run")
    return int(found.rpartition(":")[2])


def card_of(run_id: int) -> Approval | None:
    """The run's newest card."""
    query = select(Approval).where(Approval.run_id == run_id).order_by(Approval.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def refunds(run_id: int) -> int:
    """How many refunds this run booked."""
    query = select(func.count(LedgerEntry.id)).where(LedgerEntry.run_id == run_id)
    return db.session.scalar(query) or 0


def ended(*run_ids: int, seconds: float = 25) -> list[str]:
    """Wait until all have ended; their states."""

    def states() -> list[str] | None:
        found = [state_of(run_id) for run_id in run_ids]
        return found if all(state in FINISHED for state in found) else None

    return until(states, seconds=seconds, what=f"runs {run_ids} to end")  # type: ignore[no-any-return]


def waiting(run_id: int, *, seconds: float = 20) -> Approval:
    """Wait until the run waits for a person; its card."""
    until(lambda: state_of(run_id) == "awaiting_approval", seconds=seconds, what="the run to wait for a person")
    card = card_of(run_id)
    assert card is not None
    return card
