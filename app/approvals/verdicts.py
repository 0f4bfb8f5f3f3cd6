"""What is said to one exact action before anybody is asked: the rules, the data-flow guard, the high-impact gate.

The strictest counts. Rules can only add to what guard and gate ask.
"""

import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from app.approvals.digest import action_digest
from app.approvals.queries import Moved, calls_before, moved_before
from app.approvals.sources import labels_of, sources_of
from app.dataflow.guard import Finding, inspect
from app.dataflow.impact import AREAS, is_final, why
from app.dataflow.labels import Sink
from app.dataflow.origins import Source
from app.db import db, now
from app.digests import sha256_json
from app.integrations.tools.registry import RESULT
from app.rules.policy import ONE_PERSON, Effect, Facts, Field, RuleLine, Verdict, decide, is_inside
from app.runs.models import RunCheckpoint
from app.runs.ports import Proposal

EVIDENCE = 4
"""How many sources a card shows."""
GUARD, HIGH_IMPACT = "guard", "high_impact"
"""Stand in a card's rule_key when the data-flow guard or the high-impact gate asked, and no rule."""
TOTALS = frozenset({Field.RUN_TOTAL, Field.DAY_TOTAL, Field.PARTY_TOTAL})


def facts_of(proposal: Proposal, rules: Sequence[RuleLine]) -> Facts:
    """What these rules look at in this exact action. What is costly to know is asked only when one does."""
    run, tool, context = proposal.run, proposal.tool, proposal.context
    asked = {condition.get("field") for rule in rules for condition in rule.conditions}
    moved = moved_before(run, proposal.action.party) if tool.moves_money and asked & TOTALS else Moved()
    return Facts(
        action=proposal.action,
        args=proposal.args,
        company_domains=context.company_domains,
        team=context.team,
        agent=run.agent.public_id,
        moved=moved.by_run,
        moved_today=moved.by_agent_today,
        moved_to_party=moved.to_party,
        calls=calls_before(run, tool.name, proposal.call_key) if Field.CALLS in asked else 0,
        labels=labels_of(run, db.session.get(RunCheckpoint, run.id)),
        at=now().astimezone(ZoneInfo(run.workspace.timezone)),
        draw=int(sha256_json(proposal.call_key)[:8], 16) % 100,
    )


def verdict_on(proposal: Proposal, rules: Sequence[RuleLine]) -> Verdict:
    """What these rules say to this exact action."""
    return decide(proposal.tool, facts_of(proposal, rules), rules)


def inspected(proposal: Proposal, *more: Source) -> Finding:
    """What the data-flow guard finds, also in what people said since. What only reads here needs no look at sources."""
    tool, context, run = proposal.tool, proposal.context, proposal.run
    if tool.flow is not None and tool.flow.sink is Sink.NOWHERE:
        return Finding((), ())
    checkpoint = db.session.get(RunCheckpoint, run.id)
    return inspect(
        tool.flow,
        proposal.args,
        [*more, *sources_of(run, checkpoint)],
        labels=labels_of(run, checkpoint),
        goes_outside=any(not is_inside(one, context.company_domains) for one in proposal.action.recipients),
        can_be_put_right=tool.reversible and not tool.moves_money,
    )


def digest_of(proposal: Proposal) -> str:
    """What a card for this action is bound to."""
    return action_digest(
        agent_version=proposal.run.version.public_id,
        tool=proposal.tool.name,
        tool_version=proposal.tool.version,
        target=",".join(proposal.action.recipients) or proposal.action.title,
        args=proposal.args,
    )


def impact_of(proposal: Proposal) -> dict[str, Any]:
    """What the card shows of the action, computed from its arguments."""
    action, tool = proposal.action, proposal.tool
    return {
        "facts": [list(fact) for fact in action.facts],
        "amount": action.amount,
        "currency": action.currency,
        "recipients": list(action.recipients),
        "button": action.button,
        "body": list(action.body) if action.body else None,
        "reversible": tool.reversible,
        "undo": tool.undo,
        "team": proposal.context.team,
    }


def evidence_of(proposal: Proposal) -> list[Any]:
    """What the agent read that has most words in common with the action and its reason, each source once."""
    checkpoint = db.session.get(RunCheckpoint, proposal.run.id)
    sources = {item["ref"]: item for item in (checkpoint.read if checkpoint else [])}
    about = _words(f"{proposal.action.title} {proposal.purpose} {' '.join(map(str, proposal.args.values()))}")
    return sorted(sources.values(), key=lambda item: -len(about & _words(item["quote"])))[:EVIDENCE]


def _words(text: str) -> set[str]:
    """The words of some length: the short ones say nothing."""
    return set(re.findall(r"[^\W_]{4,}", text.casefold()))


def areas_of(proposal: Proposal) -> list[str]:
    """The areas of high impact that this action touches in a way that cannot simply be taken back."""
    tool, tagged = proposal.tool, proposal.run.version.settings.get("areas") or []
    areas = sorted({*tagged, *tool.areas} & AREAS.keys())
    can_be_put_right = tool.reversible and not tool.moves_money
    return areas if is_final(tool.flow, is_result=tool is RESULT, can_be_put_right=can_be_put_right) else []


def asked_anyway(found: Finding, areas: Sequence[str]) -> Verdict | None:
    """What the guard and the high-impact gate ask where the rules alone would let the action go."""
    if found.stops:
        return Verdict(Effect.ASK, found.reasons[0], ONE_PERSON, GUARD, sha256_json(GUARD))
    if areas:
        return Verdict(Effect.ASK, why(areas), ONE_PERSON, HIGH_IMPACT, sha256_json(HIGH_IMPACT))
    return None


def besides(found: Finding, areas: Sequence[str], why_asked: str) -> list[str]:
    """What guard and gate say that the card does not say yet."""
    return [reason for reason in (*found.reasons, *([why(areas)] if areas else [])) if reason != why_asked]
