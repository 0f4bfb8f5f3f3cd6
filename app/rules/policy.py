"""The rules, as one pure function: which rule matches an action, and what it asks for.

Rules are read in order and the first that matches decides. No rule matching means the tool's own
caution decides: low risk inside the workspace goes on alone, everything else asks one person. A
condition that cannot be evaluated counts as met by an asking or denying rule and as not met by an
allowing one: doubt never opens a door.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from app.digests import sha256_json
from app.integrations.tools.base import Action, Risk, Tool

ANY = "*"
ONE_PERSON: tuple[dict[str, Any], ...] = ({"role": None, "count": 1},)


class Effect(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Mode(StrEnum):
    OFF = "off"
    WATCH = "watch"
    """What it would have done is written down, and nothing else."""
    ENFORCE = "enforce"


class Field(StrEnum):
    """What a condition can look at. All come from the tool's own description of the call, or from our records."""

    AMOUNT = "amount"
    """Minor units of the workspace's currency."""
    RUN_TOTAL = "run_total"
    """The amount and all that the same run has moved before, so that many small ones are one large one."""
    DAY_TOTAL = "day_total"
    """The amount and all that the same agent has moved in the last 24 hours, over all its runs."""
    PARTY_TOTAL = "party_total"
    """The amount and all that the workspace has moved to the same party in the last 30 days."""
    CALLS = "calls"
    """How often the run has used this tool, this time included."""
    RECIPIENTS = "recipients"
    """How many."""
    OUTSIDE = "outside"
    """How many recipients are outside the company's domains."""
    EVERY_RECIPIENT = "every_recipient"
    """Whether all are at one of the domains or addresses in `value`."""
    ANY_RECIPIENT = "any_recipient"
    """Whether at least one is at one of the domains or addresses in `value`."""
    ARGUMENT = "argument"
    """One named argument: {field: argument, name, op, value}."""
    DATA = "data"
    """What the run has read: `value` is a label, `untrusted` or `private`."""
    HOURS = "hours"
    """When: `value` is {days: [0 is Monday], from: "09:00", to: "17:00"} in the workspace's time zone."""


@dataclass(frozen=True)
class RuleLine:
    """A rule as the function reads it; one in force, a draft or a starting rule alike."""

    key: str
    """Stays the same through every version of the rule set."""
    name: str
    """Why we stop, as it reads after "because"."""
    tool: str = ANY
    effect: Effect = Effect.ASK
    quorum: tuple[dict[str, Any], ...] = ()
    """[{role: null|role, team: null|team, count}]: who must agree, all different people."""
    conditions: tuple[dict[str, Any], ...] = ()
    team: str = ANY
    agent: str = ANY
    """An agent's public id."""
    risk: str = ANY
    mode: Mode = Mode.ENFORCE
    sample: int = 0
    """Of a rule that lets actions go alone: how many in 100 it passes over, so that people still see some."""
    until: str = ""
    """Of such a rule: the last day on which it counts, as 2027-03-01 in the workspace's zone; '' for ever."""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "RuleLine":
        """A line as a rule set keeps it."""
        lists = {name: tuple(kept[name]) for name in ("conditions", "quorum")}
        return cls(**kept | lists | {"effect": Effect(kept["effect"]), "mode": Mode(kept["mode"])})

    def kept(self) -> dict[str, Any]:
        """The line as JSON, for a rule set."""
        return asdict(self) | {"conditions": list(self.conditions), "quorum": list(self.quorum)}

    @cached_property
    def tests(self) -> tuple["Test", ...]:
        """The conditions, ready to be asked: made once for each rule of a set."""
        return tuple(map(_test, self.conditions))

    @cached_property
    def digest(self) -> str:
        """Changes whenever the rule's meaning does."""
        bounds = [self.sample, self.until] if self.sample or self.until else []
        return sha256_json(
            [self.tool, self.team, self.agent, self.risk, self.conditions, self.effect, self.quorum, self.mode, *bounds]
        )


@dataclass(frozen=True)
class Facts:
    """What conditions look at."""

    action: Action
    args: dict[str, Any]
    company_domains: Sequence[str]
    team: str = ""
    agent: str = ""
    moved: int | None = 0
    """Minor units that the run has moved before; None where nobody can tell, here and below."""
    moved_today: int | None = 0
    """By the same agent, in the last 24 hours."""
    moved_to_party: int | None = 0
    """To the same party, in the last 30 days."""
    calls: int = 0
    """How often the run has used this tool before."""
    labels: frozenset[str] = frozenset()
    """What the run has read so far: untrusted, private."""
    at: datetime | None = None
    """Now, in the workspace's time zone."""
    draw: int = 0
    """0 to 99, drawn for this call alone: a rule passes over what lies below its sample."""

    @cached_property
    def recipients(self) -> tuple[tuple[str, str], ...]:
        """(address, domain) of each, in lower case."""
        return tuple((one.casefold(), domain_of(one)) for one in self.action.recipients)

    @cached_property
    def outside(self) -> int:
        """How many recipients are not at the company's own domains."""
        return sum(domain not in self.company_domains for _, domain in self.recipients)


Test = Callable[[Facts], bool | None]
"""Whether a condition is met; None where nobody can tell."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say to one action."""

    effect: Effect
    why: str
    """One sentence for the card."""
    quorum: tuple[dict[str, Any], ...]
    rule_key: str
    """Empty when the tool's own caution decided."""
    rule_digest: str


def decide(tool: Tool, facts: Facts, rules: Sequence[RuleLine]) -> Verdict:
    """The verdict of the `rules` that are enforced, in order, on this exact action."""
    for rule in rules:
        if rule.mode is Mode.ENFORCE and matches(rule, tool, facts):
            return _verdict(rule)
    return _by_caution(tool)


def watched(tool: Tool, facts: Facts, rules: Sequence[RuleLine]) -> Verdict | None:
    """What would be said if the watched rules were enforced; None when a watched rule would not be who decides."""
    for rule in rules:
        if rule.mode is not Mode.OFF and matches(rule, tool, facts):
            return _verdict(rule) if rule.mode is Mode.WATCH else None
    return None


def _verdict(rule: RuleLine) -> Verdict:
    return Verdict(rule.effect, rule.name, rule.quorum or ONE_PERSON, rule.key, rule.digest)


def _by_caution(tool: Tool) -> Verdict:
    cautious = tool.risk is not Risk.LOW or tool.sends_outside or tool.moves_money
    effect = Effect.ASK if cautious else Effect.ALLOW
    why = "no rule lets this go on alone" if cautious else "low risk, inside the workspace"
    return Verdict(effect, why, ONE_PERSON, "", sha256_json(["caution", tool.name, tool.version, effect]))


def matches(rule: RuleLine, tool: Tool, facts: Facts) -> bool:
    """Whether this rule is about this action, whatever its mode."""
    if rule.tool not in ((tool.name,) if tool.by_name_only else (ANY, tool.name)):
        return False
    if rule.team not in (ANY, facts.team) or rule.agent not in (ANY, facts.agent) or rule.risk not in (ANY, tool.risk):
        return False
    if rule.effect is Effect.ALLOW and _is_bounded(rule, facts):
        return False
    doubt = rule.effect is not Effect.ALLOW
    return all(_holds(test, facts, doubt) for test in rule.tests)


def _is_bounded(rule: RuleLine, facts: Facts) -> bool:
    """Whether a rule that lets actions go alone does not count for this one: its time is over, or people see it."""
    is_over = bool(rule.until) and (facts.at is None or facts.at.date().isoformat() > rule.until)
    return is_over or facts.draw < rule.sample


def _holds(test: Test, facts: Facts, doubt: bool) -> bool:
    """Whether a condition is met; `doubt` where that cannot be told."""
    try:
        met = test(facts)
    except (TypeError, ValueError, KeyError, ArithmeticError):
        return doubt
    return doubt if met is None else met


def _test(condition: dict[str, Any]) -> Test:
    """The condition as a function of the facts; None is its answer where nobody can tell."""
    try:
        field, op, value = Field(condition["field"]), condition["op"], condition["value"]
        if field in YES_OR_NO:
            return _asked(YES_OR_NO[field], value, {"is": True, "is not": False}[op])
        if field is Field.ARGUMENT and op in ORDERED:
            return _compared(partial(_number, condition["name"]), COMPARED[op], Decimal(str(value)))
        if field is Field.ARGUMENT:
            return _compared(partial(_argument, condition["name"]), COMPARED[op], value)
        return _compared(FOUND[field], COMPARED[op], value)
    except (KeyError, ValueError, ArithmeticError):
        return lambda facts: None


def _asked(so: Callable[[Facts, Any], bool | None], value: Any, wanted: bool) -> Test:
    def test(facts: Facts) -> bool | None:
        found = so(facts, value)
        return None if found is None else found is wanted

    return test


def _compared(find: Callable[[Facts], Any], fits: Callable[[Any, Any], bool], value: Any) -> Test:
    def test(facts: Facts) -> bool | None:
        found = find(facts)
        return None if found is None else fits(found, value)

    return test


ORDERED = (">", ">=", "<=")
"""Operations on numbers."""
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda found, wanted: bool(found > wanted),
    ">=": lambda found, wanted: bool(found >= wanted),
    "<=": lambda found, wanted: bool(found <= wanted),
    "is": lambda found, wanted: bool(found == wanted),
    "is not": lambda found, wanted: bool(found != wanted),
    "contains": lambda found, wanted: str(wanted).casefold() in str(found).casefold(),
}


def _sum(amount: int | None, before: int | None) -> int | None:
    return None if amount is None or before is None else amount + before


FOUND: dict[Field, Callable[[Facts], Any]] = {
    Field.AMOUNT: lambda facts: facts.action.amount,
    Field.RUN_TOTAL: lambda facts: _sum(facts.action.amount, facts.moved),
    Field.DAY_TOTAL: lambda facts: _sum(facts.action.amount, facts.moved_today),
    Field.PARTY_TOTAL: lambda facts: _sum(facts.action.amount, facts.moved_to_party),
    Field.CALLS: lambda facts: facts.calls + 1,
    Field.RECIPIENTS: lambda facts: len(facts.action.recipients),
    Field.OUTSIDE: lambda facts: facts.outside,
}
"""What a field is in an action; None where nobody can tell."""


def _argument(name: str, facts: Facts) -> Any:
    """An argument as words: a list as its lines."""
    found: Any = facts.args.get(name)
    return "\n".join(map(str, found)) if isinstance(found, list) else found


def _number(name: str, facts: Facts) -> Decimal | None:
    """An argument as a number. As words, 1840.00 would be less than 250. Raises ArithmeticError for what is none."""
    found: Any = facts.args.get(name)
    return None if found is None else Decimal(str(found))


def _every(facts: Facts, places: Sequence[str]) -> bool | None:
    return all(_is_among(one, places) for one in facts.recipients) if facts.recipients else None


def _any(facts: Facts, places: Sequence[str]) -> bool | None:
    return any(_is_among(one, places) for one in facts.recipients) if facts.recipients else None


def _is_among(recipient: tuple[str, str], places: Sequence[str]) -> bool:
    address, domain = recipient
    return address in places or domain in places


def _at(facts: Facts, hours: dict[str, Any]) -> bool | None:
    return None if facts.at is None else is_within(facts.at, hours)


YES_OR_NO: dict[Field, Callable[[Facts, Any], bool | None]] = {
    Field.EVERY_RECIPIENT: _every,
    Field.ANY_RECIPIENT: _any,
    Field.DATA: lambda facts, label: label in facts.labels,
    Field.HOURS: _at,
}
"""Fields whose `value` is asked about and not compared with: the operation is `is` or `is not`."""


def is_within(at: datetime, hours: dict[str, Any]) -> bool:
    """Whether `at` is on one of the days, from `from` until just before `to`; over midnight when `to` is earlier.

    The hours after midnight belong to the day on which they began.
    """
    begin, end, clock = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"]), at.time()
    if begin <= end:
        return at.weekday() in hours["days"] and begin <= clock < end
    is_late = clock >= begin and at.weekday() in hours["days"]
    return is_late or (clock < end and (at.weekday() - 1) % 7 in hours["days"])


def is_inside(recipient: str, domains: Sequence[str]) -> bool:
    """Whether a mail address is at one of the company's domains (exactly: not below, not beside)."""
    return domain_of(recipient) in domains


def domain_of(recipient: str) -> str:
    """The domain of a mail address in lower case; what is no address has none, which is at no domain."""
    _, at, domain = recipient.rpartition("@")
    return domain.casefold().rstrip(".") if at else ""
