"""Reading cards, and what was moved before an action, always within one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, func, select

from app.approvals.models import Approval, Question
from app.db import db, hold, now
from app.errors import NotFound
from app.integrations.models import LedgerEntry, party_key
from app.runs.models import Effect, Run

_CARD = select(Approval).where(Approval.public_id == bindparam("card"), Approval.workspace_id == bindparam("workspace"))


def get_approval(public_id: str, *, workspace_id: int) -> Approval:
    """The card, if it is this workspace's. Raises NotFound."""
    card = db.session.scalar(_CARD, {"card": public_id, "workspace": workspace_id})
    if card is None:
        raise NotFound()
    return card


def get_question(public_id: str, card: Approval) -> Question:
    """What was asked about this card. Raises NotFound."""
    question = db.session.scalar(
        select(Question).where(Question.public_id == public_id, Question.approval_id == card.id)
    )
    if question is None:
        raise NotFound()
    return question


def cards_of(run_id: int) -> Sequence[Approval]:
    """The cards of a run, oldest first."""
    return db.session.scalars(select(Approval).where(Approval.run_id == run_id).order_by(Approval.id)).unique().all()


@dataclass(frozen=True)
class Moved:
    """Money moved before, in minor units, what was reversed included: reversing does not make room for more."""

    by_run: int = 0
    by_agent_today: int = 0
    to_party: int = 0


DAY, MONTH = timedelta(hours=24), timedelta(days=30)


def moved_before(run: Run, party: str) -> Moved:
    """What was moved before this action of `run`. Runs that ask at the same time take turns until they commit."""
    hold("moved", run.workspace_id)
    db.session.flush()  # the engine writes late, and what it has just done counts
    here = LedgerEntry.workspace_id == run.workspace_id
    by_agent = select(Run.id).where(Run.agent_id == run.agent_id)
    today = (here, LedgerEntry.run_id.in_(by_agent), LedgerEntry.created_at > now() - DAY)
    same = (here, LedgerEntry.party_key == party_key(party), LedgerEntry.created_at > now() - MONTH)
    return Moved(_sum_of(LedgerEntry.run_id == run.id), _sum_of(*today), _sum_of(*same) if party else 0)


def calls_before(run: Run, tool: str, call_key: str) -> int:
    """How often the run has used this tool, this call aside."""
    db.session.flush()  # the engine writes late, and what it has just done counts
    others = select(func.count()).where(Effect.run_id == run.id, Effect.tool == tool, Effect.key != call_key)
    return int(db.session.scalar(others) or 0)


def _sum_of(*conditions: ColumnElement[bool]) -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(*conditions)) or 0)
