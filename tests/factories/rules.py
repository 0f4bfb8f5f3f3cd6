"""Rules in force."""

from typing import Any

from sqlalchemy import delete

from app.db import db
from app.digests import sha256_json
from app.rules.models import RuleSet
from app.rules.policy import Effect, RuleLine


def a_rule(effect: str = "ask", *conditions: dict[str, Any], tool: str = "*", **more: Any) -> RuleLine:
    """One rule; what is not said is the simplest."""
    fields = {"key": "r1", "name": "a rule", "quorum": ()} | more
    return RuleLine(tool=tool, conditions=conditions, effect=Effect(effect), **fields)


def in_force(workspace_id: int, *rules: RuleLine) -> None:
    """From now on the workspace has exactly these rules. Commits."""
    kept = [rule.kept() for rule in rules]
    db.session.execute(delete(RuleSet).where(RuleSet.workspace_id == workspace_id))
    made = RuleSet(workspace_id=workspace_id, number=1, rules=kept, digest=sha256_json(kept), note="")
    db.session.add(made)
    db.session.commit()
