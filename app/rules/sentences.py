"""A rule read back as a sentence, so that who wrote it sees what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.formats import money, short_day
from app.integrations.tools.registry import ACTIONS
from app.rules.policy import ANY, ONE_PERSON, Effect, Field, RuleLine

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COMPARED = {">": "more than", ">=": "at least", "<=": "at most"}
READ = {"untrusted": "text from outside", "private": "private data"}
COMPARED_TEXT = {"is": "is", "is not": "is not", "contains": "contains"} | {
    op: f"is {words}" for op, words in COMPARED.items()
}


@dataclass(frozen=True)
class Words:
    """The names that a workspace gives to what its rules are about."""

    currency: str = "EUR"
    agents: Mapping[str, str] = field(default_factory=dict)
    """By public id."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """By key."""


def sentence(rule: RuleLine, words: Words) -> str:
    """ "When an agent of Finance wants to book a refund and the amount is more than €250.00, 2 people decide." """
    conditions = "".join(f" and {condition_words(one, words)}" for one in rule.conditions)
    return f"When {_who(rule, words)} wants to {_what(rule)}{conditions}, {outcome_words(rule, words)}."


def because(rule: RuleLine, words: Words) -> str:
    """The same as a reason: "a rule asks 2 people before it may book a refund when the amount is more than €250.00"."""
    conditions = " and ".join(condition_words(one, words) for one in rule.conditions)
    what = _what(rule) + (f" when {conditions}" if conditions else "")
    match rule.effect:
        case Effect.ALLOW:
            return f"a rule lets it {what} alone"
        case Effect.DENY:
            return f"a rule never lets it {what}"
    return f"a rule asks {people(rule.quorum or ONE_PERSON, words)} before it may {what}"


def _who(rule: RuleLine, words: Words) -> str:
    if rule.agent != ANY:
        return words.agents.get(rule.agent, "an agent that is gone")
    return "an agent" if rule.team == ANY else f"an agent of {_team(rule.team, words)}"


def _what(rule: RuleLine) -> str:
    risk = "" if rule.risk == ANY else f" of {rule.risk} risk"
    if rule.tool == ANY:
        return f"do anything{risk}"
    tool = ACTIONS.get(rule.tool)
    return (tool.title.lower() if tool else f"use {rule.tool}") + risk


def outcome_words(rule: RuleLine, words: Words) -> str:
    """What follows: "it goes on alone", "2 people decide", "it never happens"."""
    match rule.effect:
        case Effect.ALLOW:
            until = f" until {day_words(rule.until)}" if rule.until else ""
            sample = f", and {rule.sample} in 100 are asked all the same" if rule.sample else ""
            return f"it goes on alone{until}{sample}"
        case Effect.DENY:
            return "it never happens"
    needs = rule.quorum or ONE_PERSON
    return f"{people(needs, words)} {'decides' if sum(need['count'] for need in needs) == 1 else 'decide'}"


def people(quorum: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Who must agree: "1 owner and 2 people of Finance"."""
    return " and ".join(_need(need, words) for need in quorum)


def _need(need: Mapping[str, Any], words: Words) -> str:
    count, role, team = need["count"], need.get("role"), need.get("team")
    noun = (role if count == 1 else f"{role}s") if role else ("person" if count == 1 else "people")
    return f"{count} {noun}" + (f" of {_team(team, words)}" if team else "")


def _team(key: str, words: Words) -> str:
    return words.teams.get(key, key.capitalize())


def condition_words(condition: Mapping[str, Any], words: Words) -> str:
    """One condition as it reads after "and"."""
    name, op, value = condition["field"], condition["op"], condition["value"]
    compared = COMPARED.get(op, op)
    match name:
        case Field.AMOUNT:
            return f"the amount is {compared} {money(value, words.currency)}"
        case Field.RUN_TOTAL:
            return f"the run moves {compared} {money(value, words.currency)} in all"
        case Field.DAY_TOTAL:
            return f"the agent moves {compared} {money(value, words.currency)} within 24 hours"
        case Field.PARTY_TOTAL:
            return f"the same party gets {compared} {money(value, words.currency)} within 30 days"
        case Field.CALLS:
            return f"the run does this {compared} {_times(value)}"
        case Field.RECIPIENTS:
            return f"it goes to {compared} {_counted(value)}"
        case Field.OUTSIDE:
            return _outside(op, value)
        case Field.EVERY_RECIPIENT:
            return f"{'everybody' if op == 'is' else 'not everybody'} it goes to is {_among(value)}"
        case Field.ANY_RECIPIENT:
            return f"{'somebody' if op == 'is' else 'nobody'} it goes to is {_among(value)}"
        case Field.DATA:
            return f"the run has {'' if op == 'is' else 'not '}read {READ.get(value, value)}"
        case Field.HOURS:
            return f"it is {'' if op == 'is' else 'not '}{hours_words(value)}"
    return f"the {condition['name'].replace('_', ' ')} {COMPARED_TEXT.get(op, op)} “{value}”"


def _outside(op: str, value: int) -> str:
    if (op, value) in ((">", 0), (">=", 1)):
        return "somebody outside the company gets it"
    if (op, value) == ("<=", 0):
        return "nobody outside the company gets it"
    return f"{COMPARED.get(op, op)} {_counted(value)} outside the company {'gets' if value == 1 else 'get'} it"


def _counted(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _among(value: Sequence[str]) -> str:
    return " or ".join(one if "@" in one else f"at {one}" for one in value)


def hours_words(hours: Mapping[str, Any]) -> str:
    """ "Monday to Friday between 09:00 and 17:00" """
    return f"{days_words(hours['days'])} between {hours['from']} and {hours['to']}"


def day_words(day: str) -> str:
    """ "1 Mar 2027" """
    return short_day(date.fromisoformat(day))


def days_words(days: Sequence[int]) -> str:
    """Days in a row as the first to the last: "Monday to Friday"; otherwise each by its name."""
    found = sorted(days)
    if len(found) == 7:
        return "any day"
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{DAYS[found[0]]} to {DAYS[found[-1]]}"
    names = [DAYS[day] for day in found]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
