"""Earned autonomy: what people always approved unchanged can go on alone, narrowly, for a while, and partly watched.

A rule is only ever proposed: a person puts it into the draft. It covers one agent and one tool within what was
approved, ends on a day, and leaves a share to people. The first decision against it switches it off at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, or_, select

from app.agents.models import Agent
from app.approvals.models import Approval, ApprovalState, CardKind, Vote
from app.db import db, now
from app.rules.policy import Effect, RuleLine, domain_of
from app.rules.queries import rules_in_force
from app.rules.services import new_key, switch_off_at_once

CLEAN = 20
"""Decisions in a row that were approvals without a change, and whose outcome was good."""
LOOKED_BACK, LASTS = timedelta(days=90), timedelta(days=30)
SAMPLE = 10
"""In 100 that people still see."""
MOST_CARDS, MOST_PLACES = 5_000, 20
SETTLED = ("done", "failed", "unknown", "rejected", "changed")


@dataclass(frozen=True)
class Earned:
    """What an agent has earned, and the rule that would let it."""

    agent: str
    """Its name."""
    tool: str
    clean: int
    """Decisions in a row."""
    rule: RuleLine
    before: str
    """The key of the rule that asks today, '' for the tool's own caution."""


def earned(workspace_id: int, today: date) -> list[Earned]:
    """What the agents of a workspace have earned by the cards of the last 90 days and no rule lets them do yet."""
    allowed = {(line.agent, line.tool) for line in rules_in_force(workspace_id) if is_earned(line)}
    groups: dict[tuple[str, str, str], list[Row[Any]]] = defaultdict(list)
    for row in _cards(workspace_id):
        groups[row.agent, row.tool, row.rule_key].append(row)
    found = (_earned(rows, today) for (agent, tool, _), rows in groups.items() if (agent, tool) not in allowed)
    return [one for one in found if one is not None]


def is_earned(line: RuleLine) -> bool:
    """Whether a rule lets one agent do one thing alone for a while, partly watched."""
    return line.effect is Effect.ALLOW and bool(line.until) and line.sample > 0


def demote(card: Approval, why: str) -> None:
    """Switch off what the agent of this card has earned for its tool, at once: a decision went against it."""
    if card.agent is None:
        return
    lines = rules_in_force(card.workspace_id)
    keys = [one.key for one in lines if is_earned(one) and (one.agent, one.tool) == (card.agent.public_id, card.tool)]
    if keys:
        switch_off_at_once(card.workspace_id, keys, note=f"{card.agent.name} asks again: {why}.")


def _cards(workspace_id: int) -> Iterable[Row[Any]]:
    """Settled cards of agents, the newest first; `is_against` where anybody declined or took anything back."""
    contrary = or_(Vote.decision != "approve", Vote.undone_at.is_not(None))
    against = exists().where(Vote.approval_id == Approval.id, contrary)
    what = (Approval.tool, Approval.rule_key, Approval.state, Approval.args, Approval.original_args, Approval.amount)
    whose = (Agent.public_id.label("agent"), Agent.name, against.label("is_against"))
    query = (
        select(*what, Approval.impact, Approval.created_at, *whose)
        .join(Agent, Agent.id == Approval.agent_id)
        .where(Approval.workspace_id == workspace_id, Approval.kind == CardKind.TOOL_CALL)
        .where(Approval.state.in_(SETTLED), Approval.created_at > now() - LOOKED_BACK)
        .where(Approval.rule_key.not_in(("guard", "high_impact")))
    )
    return db.session.execute(query.order_by(Approval.id.desc()).limit(MOST_CARDS))


def _is_clean(row: Row[Any]) -> bool:
    return row.state == ApprovalState.DONE and row.args == row.original_args and not row.is_against


def _earned(rows: Sequence[Row[Any]], today: date) -> Earned | None:
    clean = list(_streak(rows))
    conditions = _within(clean) if len(clean) >= CLEAN else []
    if not conditions:
        return None
    row = clean[0]
    name = f"{row.name} has earned it, {len(clean)} approvals in a row"
    rule = RuleLine(
        key=new_key(),
        name=name,
        tool=row.tool,
        effect=Effect.ALLOW,
        conditions=tuple(conditions),
        agent=row.agent,
        sample=SAMPLE,
        until=(today + LASTS).isoformat(),
    )
    return Earned(row.name, row.tool, len(clean), rule, row.rule_key)


def _streak(rows: Sequence[Row[Any]]) -> Iterable[Row[Any]]:
    for row in rows:
        if not _is_clean(row):
            return
        yield row


def _within(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What bounds a rule to what was approved: amounts, and where it went. Empty where nothing bounds it."""
    found: list[dict[str, Any]] = []
    amounts = [row.amount for row in rows]
    if all(amount is not None for amount in amounts):
        found.append({"field": "amount", "op": "<=", "value": max(amounts)})
        found.append({"field": "day_total", "op": "<=", "value": max(_by_day(rows).values())})
    places = sorted({domain_of(one) or one for row in rows for one in row.impact.get("recipients") or ()})
    if 0 < len(places) <= MOST_PLACES:
        found.append({"field": "every_recipient", "op": "is", "value": places})
    elif places:
        return []
    return found


def _by_day(rows: Sequence[Row[Any]]) -> dict[datetime, int]:
    """What was moved on each day."""
    days: dict[Any, int] = defaultdict(int)
    for row in rows:
        days[row.created_at.date()] += row.amount
    return days
