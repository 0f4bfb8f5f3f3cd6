"""The rules as a pure function."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.approvals.policy import Effect, Facts, RuleLine, action_digest, decide, is_inside
from app.integrations.tools.base import Action, EffectClass, Risk
from tests.fakes import Counted

DOMAINS = ("fennelrye.example",)
PAY, LOOK = Counted("pay").tool, Counted("look", EffectClass.READ, Risk.LOW).tool


def rule(effect: str, *conditions: dict[str, Any], tool: str = "*", **more: Any) -> RuleLine:
    fields = {"id": 1, "name": "a rule", "team": "*", "risk": "*", "quorum": ()} | more
    return RuleLine(tool=tool, conditions=conditions, effect=Effect(effect), **fields)


def verdict(
    *rules: RuleLine, tool=PAY, action: Action | None = None, args: dict[str, Any] | None = None, moved=0
) -> Effect:
    action = action or Action("Pay", amount=300_00, recipients=("ada@fennelrye.example",))
    return decide(tool, Facts(action, args or {}, DOMAINS, moved), team="support", rules=rules).effect


def test_the_first_rule_that_matches_decides():
    assert verdict(rule("deny", tool="pay"), rule("allow")) is Effect.DENY
    assert verdict(rule("deny", tool="other"), rule("allow")) is Effect.ALLOW


def test_without_a_rule_money_asks_and_reading_goes_on():
    assert verdict() is Effect.ASK
    assert verdict(tool=LOOK) is Effect.ALLOW


@pytest.mark.parametrize(("amount", "effect"), [(250_00, Effect.ALLOW), (250_01, Effect.ASK)])
def test_a_limit_is_exact_to_the_cent(amount, effect):
    limit = rule("ask", {"field": "amount", "op": ">", "value": 250_00})

    assert verdict(limit, rule("allow"), action=Action("Pay", amount=amount)) is effect


def test_many_small_amounts_are_one_large_one():
    alone = rule("allow", {"field": "run_total", "op": "<=", "value": 250_00})

    assert verdict(alone, action=Action("Pay", amount=200_00)) is Effect.ALLOW
    assert verdict(alone, action=Action("Pay", amount=200_00), moved=50_01) is Effect.ASK


@pytest.mark.parametrize("condition", [{"field": "amount", "op": ">", "value": 1}, {"field": "nonsense"}, {}])
def test_doubt_never_opens_a_door(condition):
    """An amount that is unknown counts against the action, whatever the rule looks at."""
    unknown = Action("Pay", amount=None)

    assert verdict(rule("ask", condition), rule("allow"), action=unknown) is Effect.ASK
    assert verdict(rule("allow", condition), rule("deny"), action=unknown) is Effect.DENY


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_a_digest_does_not_depend_on_the_order_of_arguments(args):
    turned = dict(reversed(list(args.items())))
    parts = {"agent_version": "a", "tool": "pay", "tool_version": 1, "target": "ada"}

    assert action_digest(args=args, **parts) == action_digest(args=turned, **parts)


@given(st.integers(), st.integers())
def test_another_amount_is_another_digest(one, other):
    parts = {"agent_version": "a", "tool": "pay", "tool_version": 1, "target": "ada"}
    same = action_digest(args={"amount": one}, **parts) == action_digest(args={"amount": other}, **parts)

    assert same == (one == other)
