"""The rules, as one pure function: which rule matches an action, and what it asks for.

Rules are read in order and the first that matches decides. No rule matching means the tool's own
caution decides: low risk inside the workspace goes on alone, everything else asks one person. A
condition that cannot be evaluated counts as met by an asking or denying rule and as not met by an
allowing one: doubt never opens a door.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.integrations.tools.base import Action, Risk, Tool

ONE_PERSON: tuple[dict[str, Any], ...] = ({"role": None, "count": 1},)


class Effect(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Field(StrEnum):
    """What a condition can look at. All come from the tool's own description of the call."""

    AMOUNT = "amount"
    """Minor units of the workspace's currency."""
    RUN_TOTAL = "run_total"
    """The amount and all that the same run has moved before, so that many small ones are one large one."""
    RECIPIENTS = "recipients"
    """How many."""
    OUTSIDE = "outside"
    """How many recipients are outside the company's domains."""
    ARGUMENT = "argument"
    """One named argument: {field: argument, name, op, value}."""


@dataclass(frozen=True)
class RuleLine:
    """A rule as the function reads it; a row or a draft alike."""

    id: int | None
    name: str
    tool: str
    team: str
    risk: str
    conditions: tuple[dict[str, Any], ...]
    effect: Effect
    quorum: tuple[dict[str, Any], ...]

    @property
    def digest(self) -> str:
        """Changes whenever the rule's meaning does."""
        return sha256_json([self.tool, self.team, self.risk, self.conditions, self.effect, self.quorum])


@dataclass(frozen=True)
class Facts:
    """What conditions look at."""

    action: Action
    args: dict[str, Any]
    company_domains: Sequence[str]
    moved: int = 0
    """Minor units that the run has moved before."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say to one action."""

    effect: Effect
    why: str
    """One sentence for the card."""
    quorum: tuple[dict[str, Any], ...]
    rule_id: int | None
    rule_digest: str


def decide(tool: Tool, facts: Facts, *, team: str, rules: Sequence[RuleLine]) -> Verdict:
    """The verdict of `rules`, in order, on this exact action."""
    for rule in rules:
        if _matches(rule, tool, facts, team):
            return Verdict(rule.effect, rule.name, rule.quorum or ONE_PERSON, rule.id, rule.digest)
    return _by_caution(tool)


def _by_caution(tool: Tool) -> Verdict:
    cautious = tool.risk is not Risk.LOW or tool.sends_outside or tool.moves_money
    effect = Effect.ASK if cautious else Effect.ALLOW
    why = "no rule lets this go on alone" if cautious else "low risk, inside the workspace"
    return Verdict(effect, why, ONE_PERSON, None, sha256_json(["caution", tool.name, tool.version, effect]))


def _matches(rule: RuleLine, tool: Tool, facts: Facts, team: str) -> bool:
    if rule.tool not in ("*", tool.name) or rule.team not in ("*", team) or rule.risk not in ("*", tool.risk):
        return False
    doubt = rule.effect is not Effect.ALLOW
    return all(_holds(condition, facts, doubt) for condition in rule.conditions)


def _holds(condition: dict[str, Any], facts: Facts, doubt: bool) -> bool:
    found = _value(condition, facts)
    if found is None:
        return doubt
    wanted, op = condition.get("value"), condition.get("op")
    try:
        match op:
            case ">":
                return bool(found > wanted)
            case ">=":
                return bool(found >= wanted)
            case "<=":
                return bool(found <= wanted)
            case "is":
                return bool(found == wanted)
            case "contains":
                return str(wanted).casefold() in str(found).casefold()
    except TypeError:
        return doubt
    return doubt


def _value(condition: dict[str, Any], facts: Facts) -> Any:
    action = facts.action
    match condition.get("field"):
        case Field.AMOUNT:
            return action.amount
        case Field.RUN_TOTAL:
            return None if action.amount is None else action.amount + facts.moved
        case Field.RECIPIENTS:
            return len(action.recipients)
        case Field.OUTSIDE:
            return sum(not is_inside(recipient, facts.company_domains) for recipient in action.recipients)
        case Field.ARGUMENT:
            return facts.args.get(condition.get("name", ""))
    return None


def is_inside(recipient: str, domains: Sequence[str]) -> bool:
    """Whether a mail address is at one of the company's domains (exactly: not below, not beside)."""
    _, at, domain = recipient.rpartition("@")
    return bool(at) and domain.casefold().rstrip(".") in domains


def sha256_json(value: Any) -> str:
    """SHA-256 over canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def action_digest(*, agent_version: str, tool: str, tool_version: int, target: str, args: dict[str, Any]) -> str:
    """What an approval is bound to: this version, this tool, this target, these arguments."""
    return sha256_json(
        {"agent_version": agent_version, "tool": tool, "tool_version": tool_version, "target": target, "args": args}
    )
