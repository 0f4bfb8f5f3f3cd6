"""Deciding in tests: people who may, and saying something to a card."""

from typing import Any

from app.agents.models import Agent
from app.approvals.autonomy import CLEAN
from app.approvals.models import Approval, Vote
from app.approvals.services import Decision, decide
from app.db import db
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member, a_run, an_approval

REFUND = {"party": "Hartwell Ltd", "amount": "40.00", "reference": "1", "reason": "charged twice"}


def reviewer(card: Approval, role: Role = Role.REVIEWER, **fields: Any) -> Membership:
    """A member of the card's workspace, who may decide it unless told otherwise."""
    return a_member(db.session.get_one(Workspace, card.workspace_id), role, **fields)


def say(card: Approval, decision: Decision, by: Membership, key: str = "k", **more: Any) -> Approval:
    """Decide, and commit."""
    decided = decide(card, decision, by=by, version=more.pop("version", card.version), key=key, **more)
    db.session.commit()
    return decided


def settled(agent: Agent, owner: Membership, **fields: Any) -> Approval:
    """A refund that was approved as asked, and done."""
    run = a_run(agent, state="succeeded", wake_at=None)
    more = {"tool": "book_refund", "args": REFUND, "original_args": REFUND, "amount": 40_00, "state": "done"}
    card = an_approval(run, **more | {"rule_key": "refunds-two"} | fields)
    vote = {"role": "owner", "decision": "approve", "version": 1, "digest": card.digest, "reason": "", "note": ""}
    db.session.add(
        Vote(workspace_id=card.workspace_id, approval_id=card.id, user_id=owner.user_id, idempotency_key="k", **vote)
    )
    db.session.commit()
    return card


def clean(agent: Agent, owner: Membership, many: int = CLEAN, **fields: Any) -> None:
    """So many of them, which is enough to have earned something."""
    for _ in range(many):
        settled(agent, owner, **fields)
