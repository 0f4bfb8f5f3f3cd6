"""What a person types when writing a rule: checked, and turned into the line that the rules are made of."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from app.formats import read_money, typed_money
from app.integrations.tools.registry import ACTIONS, TOOLS
from app.numbers import read_number
from app.rules.policy import ANY, ORDERED, Effect, Field, Mode, RuleLine
from app.rules.sentences import DAYS
from app.typed import plain

LONGEST_NAME, LONGEST_VALUE = 120, 200
MOST_CONDITIONS, MOST_NEEDS, MOST_PEOPLE, MOST_PLACES = 6, 3, 9, 50
ROLES = ("owner", "admin", "reviewer")
RISKS = ("low", "medium", "high")
READ = ("untrusted", "private")
MONEY = frozenset({Field.AMOUNT, Field.RUN_TOTAL, Field.DAY_TOTAL, Field.PARTY_TOTAL})
COUNTS = frozenset({Field.CALLS, Field.RECIPIENTS, Field.OUTSIDE})
PLAIN_OPS = ("is", "is not")
_HOURS = re.compile(
    r"(?P<days>[a-z ,-]+?)\s*,?\s*(?P<begin>\d{1,2}:\d{2})\s*(?:-|–|to)\s*(?P<end>\d{1,2}:\d{2})", re.IGNORECASE
)
_PLACE = re.compile(r"(?:[^\s@]{1,64}@)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


@dataclass(frozen=True)
class Row:
    """One condition as typed: a field, how it is compared, with what."""

    what: str = ""
    """A Field; `argument:NAME` and `data:LABEL` say which."""
    op: str = ""
    value: str = ""


@dataclass(frozen=True)
class NeedRow:
    """One part of who must agree, as typed."""

    count: str = ""
    role: str = ""
    team: str = ""


@dataclass(frozen=True)
class RuleForm:
    """A rule as a form has it."""

    key: str
    name: str = ""
    tool: str = ANY
    who: str = ANY
    """`*`, `team:KEY` or `agent:PUBLIC_ID`."""
    risk: str = ANY
    rows: tuple[Row, ...] = ()
    effect: str = Effect.ASK.value
    needs: tuple[NeedRow, ...] = ()
    mode: str = Mode.ENFORCE.value
    sample: str = ""
    until: str = ""

    @classmethod
    def typed(cls, key: str, form: MultiDict[str, str]) -> "RuleForm":
        """As it was sent. Rows that say nothing are left out."""

        def said(name: str, default: str = "") -> str:
            return " ".join(plain(form.get(name, default)).split())[: LONGEST_VALUE + 1]

        rows = (Row(said(f"what-{n}"), said(f"op-{n}"), said(f"value-{n}")) for n in range(MOST_CONDITIONS))
        needs = (NeedRow(said(f"count-{n}"), said(f"role-{n}"), said(f"team-{n}")) for n in range(MOST_NEEDS))
        return cls(
            key=key,
            name=said("name"),
            tool=said("tool", ANY),
            who=said("who", ANY),
            risk=said("risk", ANY),
            rows=tuple(row for row in rows if row.what),
            effect=said("effect"),
            needs=tuple(need for need in needs if need.count),
            mode=said("mode", Mode.ENFORCE.value),
            sample=said("sample"),
            until=said("until"),
        )

    @classmethod
    def about(cls, rule: RuleLine, currency: str) -> "RuleForm":
        """The form to change `rule` with."""
        who = f"agent:{rule.agent}" if rule.agent != ANY else f"team:{rule.team}" if rule.team != ANY else ANY
        needs = (NeedRow(str(need["count"]), need.get("role") or "", need.get("team") or "") for need in rule.quorum)
        rows = tuple(_row(condition, currency) for condition in rule.conditions)
        return cls(
            key=rule.key,
            name=rule.name,
            tool=rule.tool,
            who=who,
            risk=rule.risk,
            rows=rows,
            effect=rule.effect.value,
            needs=tuple(needs),
            mode=rule.mode.value,
            sample=str(rule.sample or ""),
            until=rule.until,
        )


@dataclass
class Read:
    """What became of a form: the rule, or what to correct by field."""

    rule: RuleLine | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, []).append(sentence)


def read(form: RuleForm, *, currency: str, teams: Collection[str], agents: Collection[str]) -> Read:
    """The rule that `form` says. Amounts are typed in major units of `currency`."""
    got = Read()
    kind, _, which = form.who.partition(":")
    checks = (
        ("name", f"Use at most {LONGEST_NAME} characters.", len(form.name) <= LONGEST_NAME),
        ("tool", "Choose what the rule is about.", form.tool in {ANY, *ACTIONS}),
        ("who", "Choose whose actions it is about.", _is_known(kind, which, teams, agents)),
        ("risk", "Choose a risk.", form.risk in (ANY, *RISKS)),
        ("effect", "Choose what happens.", form.effect in set(Effect)),
        ("mode", "Choose whether it is enforced.", form.mode in set(Mode)),
    )
    for name, words, fits in checks:
        if not fits:
            got.refuse(name, words)
    conditions = [condition for n, row in enumerate(form.rows) if (condition := _condition(got, n, row, currency))]
    quorum = [need for n, row in enumerate(form.needs) if (need := _need(got, n, row, teams))]
    asks, goes_alone = form.effect == Effect.ASK, form.effect == Effect.ALLOW
    sample, until = _sample(got, form.sample), _until(got, form.until)
    if asks and not quorum and not form.needs:
        got.refuse("count-0", "Say how many people must agree.")
    if sum(need["count"] for need in quorum) > MOST_PEOPLE:
        got.refuse("count-0", f"Ask at most {MOST_PEOPLE} people in all.")
    if not got.errors:
        got.rule = RuleLine(
            key=form.key,
            name=form.name,
            tool=form.tool,
            effect=Effect(form.effect),
            quorum=tuple(quorum) if asks else (),
            conditions=tuple(conditions),
            team=which if kind == "team" else ANY,
            agent=which if kind == "agent" else ANY,
            risk=form.risk,
            mode=Mode(form.mode),
            sample=sample if goes_alone else 0,
            until=until if goes_alone else "",
        )
    return got


def _sample(got: Read, typed: str) -> int:
    try:
        return _within(int(typed), 0, 99) if typed else 0
    except ValueError:
        got.refuse("sample", "Write how many in 100 are asked all the same, 0 to 99.")
        return 0


def _until(got: Read, typed: str) -> str:
    try:
        return date.fromisoformat(typed).isoformat() if typed else ""
    except ValueError:
        got.refuse("until", "Write a day as 2027-03-01, or nothing.")
        return ""


def _is_known(kind: str, which: str, teams: Collection[str], agents: Collection[str]) -> bool:
    return kind == ANY or which in {"team": teams, "agent": agents}.get(kind, ())


def _condition(got: Read, number: int, row: Row, currency: str) -> dict[str, Any] | None:
    name, _, which = row.what.partition(":")
    try:
        about = Field(name)
    except ValueError:
        got.refuse(f"what-{number}", "Choose what to look at.")
        return None
    if row.op not in ops_of(about):
        fitting = " or ".join(f"“{OP_WORDS[op]}”" for op in ops_of(about))
        got.refuse(f"op-{number}", f"Choose {fitting} here.")
        return None
    try:
        value = _value(about, which, row, currency)
    except (ValueError, ArithmeticError):
        got.refuse(f"value-{number}", HOW.get(about, "Write what to compare with."))
        return None
    more = {"name": which} if about is Field.ARGUMENT else {}
    return {"field": about.value, "op": row.op, "value": value} | more


OP_WORDS = {
    ">": "is more than",
    ">=": "is at least",
    "<=": "is at most",
    "is": "is",
    "is not": "is not",
    "contains": "contains",
}
HOW = {field: "Write an amount, for example 250.00." for field in MONEY}
HOW |= {field: "Write a whole number, for example 20." for field in COUNTS}
HOW |= {
    Field.EVERY_RECIPIENT: "Write domains or mail addresses, for example partner.example, ada@other.example.",
    Field.ANY_RECIPIENT: "Write domains or mail addresses, for example partner.example, ada@other.example.",
    Field.HOURS: "Write days and times, for example Mon-Fri 09:00-17:00.",
    Field.DATA: "Choose what the run has read.",
    Field.ARGUMENT: "Write what to compare with.",
}


def ops_of(about: Field) -> tuple[str, ...]:
    """How this field can be compared."""
    if about in MONEY | COUNTS:
        return ORDERED
    return (*PLAIN_OPS, "contains", *ORDERED) if about is Field.ARGUMENT else PLAIN_OPS


def _value(about: Field, which: str, row: Row, currency: str) -> Any:
    """What the condition compares with. Raises ValueError or ArithmeticError for what is none."""
    typed = row.value
    if about in MONEY:
        return read_money(typed, currency)
    if about in COUNTS:
        return _within(int(typed), 0, 1_000_000)
    if about is Field.DATA:
        return _one_of(which, READ)
    if about is Field.HOURS:
        return _hours(typed)
    if about is Field.ARGUMENT:
        _one_of(which, argument_names())
        return read_number(typed) if row.op in ORDERED else _filled(typed)
    places = [place for place in re.split(r"[\s,;]+", typed.casefold()) if place]
    if not places or len(places) > MOST_PLACES or not all(_PLACE.fullmatch(place) for place in places):
        raise ValueError(typed)
    return places


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError(number)
    return number


def _one_of(which: str, known: Collection[str]) -> str:
    if which not in known:
        raise ValueError(which)
    return which


def _filled(typed: str) -> str:
    if not typed or len(typed) > LONGEST_VALUE:
        raise ValueError(typed)
    return typed


def _hours(typed: str) -> dict[str, Any]:
    found = _HOURS.fullmatch(typed.replace("between", "").replace(" and ", "-").strip())
    if found is None:
        raise ValueError(typed)
    begin, end = (_clock(found[name]) for name in ("begin", "end"))
    if begin == end:
        raise ValueError(typed)
    return {"days": _days(found["days"]), "from": begin, "to": end}


def _clock(typed: str) -> str:
    hours, minutes = (int(part) for part in typed.split(":"))
    return f"{_within(hours, 0, 23):02d}:{_within(minutes, 0, 59):02d}"


def _days(typed: str) -> list[int]:
    found: set[int] = set()
    for part in re.split(r"\s*,\s*", typed.casefold().strip(" ,")):
        first, _, last = part.replace(" to ", "-").partition("-")
        begin = _day(first)
        end = _day(last) if last else begin
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return sorted(found)


def _day(typed: str) -> int:
    word = typed.strip()
    fits = [n for n, day in enumerate(DAYS) if len(word) >= 2 and day.casefold().startswith(word)]
    if len(fits) != 1:
        raise ValueError(typed)
    return fits[0]


def _need(got: Read, number: int, row: NeedRow, teams: Collection[str]) -> dict[str, Any] | None:
    try:
        count = _within(int(row.count), 1, MOST_PEOPLE)
    except ValueError:
        got.refuse(f"count-{number}", f"Write how many people, 1 to {MOST_PEOPLE}.")
        return None
    if row.role not in ("", *ROLES) or row.team not in ("", *teams):
        got.refuse(f"role-{number}", "Choose who.")
        return None
    return {"role": row.role or None, "team": row.team or None, "count": count}


def _row(condition: dict[str, Any], currency: str) -> Row:
    """A condition as the form shows it."""
    about, value = condition["field"], condition["value"]
    which = {Field.ARGUMENT: condition.get("name", ""), Field.DATA: value}.get(about)
    return Row(f"{about}:{which}" if which else about, condition["op"], _shown(about, value, currency))


def _shown(about: str, value: Any, currency: str) -> str:
    if about in MONEY:
        return typed_money(value, currency)
    if about == Field.HOURS:
        days = ", ".join(DAYS[day][:3] for day in value["days"])
        return f"{days} {value['from']}-{value['to']}"
    if about == Field.DATA:
        return ""
    return ", ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def argument_names() -> list[str]:
    """What any tool's arguments are called, for conditions on them."""
    return sorted({name for tool in TOOLS.values() for name in tool.arguments.model_fields})
