"""What agents wanted to do: one row for each call, so that rules can be tried on what really happened."""

from typing import Any

from app.approvals.models import ProposedAction
from app.db import db, insert_unless_there, now
from app.rules.policy import Effect, Facts, Verdict
from app.runs.ports import Proposal


def remember(proposal: Proposal, facts: Facts, verdict: Verdict, *, rules_number: int, is_guarded: bool) -> None:
    """Keep what was wanted and what was said to it. A call that comes again after a crash is kept once."""
    is_asked = verdict.effect is Effect.ALLOW and is_guarded
    row = insert_unless_there(ProposedAction).values(
        workspace_id=proposal.run.workspace_id,
        run_id=proposal.run.id,
        agent_id=proposal.run.agent_id,
        call_key=proposal.call_key,
        tool=proposal.tool.name,
        facts=_kept(facts),
        effect=Effect.ASK if is_asked else verdict.effect,
        rule_key=verdict.rule_key,
        rules_number=rules_number,
        is_guarded=is_guarded,
        at=now(),
    )
    db.session.execute(row)


def _kept(facts: Facts) -> dict[str, Any]:
    action = facts.action
    return {
        "team": facts.team,
        "agent": facts.agent,
        "args": facts.args,
        "amount": action.amount,
        "recipients": list(action.recipients),
        "party": action.party,
        "domains": list(facts.company_domains),
        "labels": sorted(facts.labels),
        "at": facts.at.isoformat() if facts.at else None,
    }
