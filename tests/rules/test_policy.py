"""The rules as a pure function."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.integrations.tools.base import Action, EffectClass, Risk
from app.rules.policy import Effect, Facts, Mode, RuleLine, decide, is_inside, matches, watched
from tests.factories.rules import a_rule
from tests.fakes import Counted

DOMAINS = ("fennelrye.example",)
PAY, LOOK = Counted("pay").tool, Counted("look", EffectClass.READ, Risk.LOW).tool


def verdict(
    *rules: RuleLine, tool=PAY, action: Action | None = None, args: dict[str, Any] | None = None, moved=0
) -> Effect:
    action = action or Action("Pay", amount=300_00, recipients=("ada@fennelrye.example",))
    return decide(tool, Facts(action, args or {}, DOMAINS, team="support", moved=moved), rules).effect


def test_the_first_rule_that_matches_decides():
    assert verdict(a_rule("deny", tool="pay"), a_rule("allow")) is Effect.DENY
    assert verdict(a_rule("deny", tool="other"), a_rule("allow")) is Effect.ALLOW


def test_without_a_rule_money_asks_and_reading_goes_on():
    assert verdict() is Effect.ASK
    assert verdict(tool=LOOK) is Effect.ALLOW


@pytest.mark.parametrize(("amount", "effect"), [(250_00, Effect.ALLOW), (250_01, Effect.ASK)])
def test_a_limit_is_exact_to_the_cent(amount, effect):
    limit = a_rule("ask", {"field": "amount", "op": ">", "value": 250_00})

    assert verdict(limit, a_rule("allow"), action=Action("Pay", amount=amount)) is effect


def test_many_small_amounts_are_one_large_one():
    alone = a_rule("allow", {"field": "run_total", "op": "<=", "value": 250_00})

    assert verdict(alone, action=Action("Pay", amount=200_00)) is Effect.ALLOW
    assert verdict(alone, action=Action("Pay", amount=200_00), moved=50_01) is Effect.ASK


@pytest.mark.parametrize("condition", [{"field": "amount", "op": ">", "value": 1}, {"field": "nonsense"}, {}])
def test_doubt_never_opens_a_door(condition):
    """An amount that is unknown counts against the action, whatever the rule looks at."""
    unknown = Action("Pay", amount=None)

    assert verdict(a_rule("ask", condition), a_rule("allow"), action=unknown) is Effect.ASK
    assert verdict(a_rule("allow", condition), a_rule("deny"), action=unknown) is Effect.DENY


@pytest.mark.parametrize(
    "address",
    [
        "eve@evil.example",
        "eve@fennelrye.example.evil.example",
        "eve@notfennelrye.example",
        "fennelrye.example",
        "ada@fennelrye.example@evil.example",
        "ada@fennelryé.example",
    ],
)
def test_outside_is_outside(address):
    assert not is_inside(address, DOMAINS)


def test_the_companys_domain_is_inside_in_any_case():
    assert is_inside("Ada@FennelRye.Example", DOMAINS)


MONDAY_NOON = datetime(2026, 11, 23, 12, 0)
OFFICE = {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "17:00"}
NIGHT = {"days": [4], "from": "22:00", "to": "06:00"}


@pytest.mark.parametrize(
    ("condition", "more", "holds"),
    [
        (("day_total", ">", 500_00), {"moved_today": 200_01}, True),
        (("day_total", ">", 500_00), {"moved_today": 200_00}, False),
        (("party_total", ">=", 500_00), {"moved_to_party": 200_00}, True),
        (("party_total", ">=", 500_00), {"moved_to_party": 199_99}, False),
        (("calls", ">", 3), {"calls": 3}, True),
        (("calls", ">", 3), {"calls": 2}, False),
        (("recipients", ">=", 1), {}, True),
        (("outside", "<=", 0), {}, True),
        (("every_recipient", "is", ["fennelrye.example"]), {}, True),
        (("every_recipient", "is", ["ada@fennelrye.example"]), {}, True),
        (("every_recipient", "is not", ["other.example"]), {}, True),
        (("any_recipient", "is", ["other.example"]), {}, False),
        (("data", "is", "private"), {"labels": frozenset({"private"})}, True),
        (("data", "is", "private"), {"labels": frozenset({"untrusted"})}, False),
        (("data", "is not", "untrusted"), {}, True),
        (("hours", "is", OFFICE), {"at": MONDAY_NOON}, True),
        (("hours", "is not", OFFICE), {"at": MONDAY_NOON}, False),
        (("hours", "is", OFFICE), {"at": MONDAY_NOON.replace(hour=17)}, False),
        (("hours", "is", OFFICE), {"at": MONDAY_NOON.replace(day=28)}, False),
        (("hours", "is", NIGHT), {"at": datetime(2026, 11, 27, 23, 0)}, True),
        (("hours", "is", NIGHT), {"at": datetime(2026, 11, 28, 5, 59)}, True),
        (("hours", "is", NIGHT), {"at": datetime(2026, 11, 27, 5, 59)}, False),
    ],
)
def test_what_a_condition_looks_at(condition, more, holds):
    """An asking and an allowing rule agree about what is known."""
    field, op, value = condition
    facts = Facts(Action("Pay", amount=300_00, recipients=("ada@fennelrye.example",)), {}, DOMAINS, **more)
    line = {"field": field, "op": op, "value": value}

    for effect in ("ask", "allow"):
        assert matches(a_rule(effect, line), PAY, facts) is holds


@pytest.mark.parametrize(
    ("condition", "args", "holds"),
    [
        ({"name": "reference", "op": "contains", "value": "inv"}, {"reference": "INV-7"}, True),
        ({"name": "reference", "op": "is", "value": "INV-7"}, {"reference": "INV-7"}, True),
        ({"name": "reference", "op": "is not", "value": "INV-7"}, {"reference": "INV-8"}, True),
        ({"name": "amount", "op": ">", "value": "250"}, {"amount": "1840.00"}, True),
        ({"name": "amount", "op": "<=", "value": "250"}, {"amount": "1840.00"}, False),
        ({"name": "amount", "op": ">", "value": 100}, {"amount": "184.00"}, True),
        ({"name": "amount", "op": ">", "value": 200}, {"amount": "184.00"}, False),
        ({"name": "to", "op": "contains", "value": "@other"}, {"to": ["a@own.example", "b@other.example"]}, True),
    ],
)
def test_an_argument_compares_as_people_read_it(condition, args, holds):
    facts = Facts(Action("Pay"), args, DOMAINS)

    assert matches(a_rule("ask", {"field": "argument"} | condition), PAY, facts) is holds


UNKNOWN = [
    {"field": "amount", "op": ">", "value": 1},
    {"field": "run_total", "op": ">", "value": 1},
    {"field": "day_total", "op": ">", "value": 1},
    {"field": "party_total", "op": ">", "value": 1},
    {"field": "every_recipient", "op": "is", "value": ["a.example"]},
    {"field": "every_recipient", "op": "is not", "value": ["a.example"]},
    {"field": "any_recipient", "op": "is not", "value": ["a.example"]},
    {"field": "hours", "op": "is", "value": OFFICE},
    {"field": "hours", "op": "is not", "value": OFFICE},
    {"field": "argument", "name": "absent", "op": "is", "value": "x"},
    {"field": "argument", "name": "amount", "op": ">", "value": 5},
    {"field": "calls", "op": "about", "value": 5},
    {"field": "data", "op": ">", "value": "private"},
    {"field": "recipients", "op": ">", "value": "many"},
    {"field": "nonsense", "op": "is", "value": 1},
    {"op": "is"},
]


@pytest.mark.parametrize("condition", UNKNOWN)
def test_what_nobody_can_tell_stops_an_action_and_never_lets_it_go(condition):
    facts = Facts(Action("Pay"), {"amount": "NaN"}, DOMAINS)

    assert matches(a_rule("ask", condition), PAY, facts)
    assert matches(a_rule("deny", condition), PAY, facts)
    assert not matches(a_rule("allow", condition), PAY, facts)


def test_totals_that_nobody_knows_are_no_small_totals():
    facts = Facts(Action("Pay", amount=1), {}, DOMAINS, moved=None, moved_today=None, moved_to_party=None)

    for field in ("run_total", "day_total", "party_total"):
        assert not matches(a_rule("allow", {"field": field, "op": "<=", "value": 100_00}), PAY, facts)


def test_a_rule_is_about_its_tool_team_agent_and_risk():
    facts = Facts(Action("Pay"), {}, DOMAINS, team="support", agent="a1")
    fits = {"tool": "pay", "team": "support", "agent": "a1", "risk": "high"}

    assert matches(a_rule("ask", **fits), PAY, facts)
    for name in fits:
        assert not matches(a_rule("ask", **fits | {name: "other"}), PAY, facts)


def test_only_what_is_enforced_decides_and_what_is_watched_is_told():
    off, watched_rule = a_rule("deny", mode=Mode.OFF, key="off"), a_rule("deny", mode=Mode.WATCH, key="w")
    enforced = a_rule("allow", key="e")
    facts = Facts(Action("Pay"), {}, DOMAINS)

    assert decide(PAY, facts, [off, watched_rule, enforced]).rule_key == "e"
    told = watched(PAY, facts, [off, watched_rule, enforced])
    assert told is not None and (told.effect, told.rule_key) == (Effect.DENY, "w")
    assert watched(PAY, facts, [enforced, watched_rule]) is None
    assert watched(PAY, facts, [off]) is None


LINES = st.builds(
    a_rule,
    st.sampled_from(["allow", "ask", "deny"]),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["amount", "run_total", "recipients", "outside", "calls"]),
            "op": st.sampled_from([">", ">=", "<="]),
            "value": st.integers(0, 500_00),
        }
    ),
    tool=st.sampled_from(["*", "pay", "other"]),
    mode=st.sampled_from(list(Mode)),
    key=st.text("abc", min_size=1, max_size=3),
)


@given(st.lists(LINES, max_size=6), st.integers(0, 600_00))
def test_the_first_enforced_match_decides_and_nothing_after_it_matters(rules, amount):
    facts = Facts(Action("Pay", amount=amount), {}, DOMAINS)
    first = next((r for r in rules if r.mode is Mode.ENFORCE and matches(r, PAY, facts)), None)

    verdict = decide(PAY, facts, rules)

    assert (verdict.effect, verdict.rule_key) == ((first.effect, first.key) if first else (Effect.ASK, ""))
    assert decide(PAY, facts, rules + [a_rule("deny", key="last")]).effect is (first.effect if first else Effect.DENY)


@given(LINES)
def test_a_rule_is_the_same_after_it_was_kept(rule):
    again = RuleLine.of(json.loads(json.dumps(rule.kept())))

    assert again == rule and again.digest == rule.digest
