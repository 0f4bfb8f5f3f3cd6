"""Deciding in tests: people who may, and saying something to a card."""

from typing import Any

from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.db import db
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member


def reviewer(card: Approval, role: Role = Role.REVIEWER, **fields: Any) -> Membership:
    """A member of the card's workspace, who may decide it unless told otherwise."""
    return a_member(db.session.get_one(Workspace, card.workspace_id), role, **fields)


def say(card: Approval, decision: Decision, by: Membership, key: str = "k", **more: Any) -> Approval:
    """Decide, and commit."""
    decided = decide(card, decision, by=by, version=more.pop("version", card.version), key=key, **more)
    db.session.commit()
    return decided
