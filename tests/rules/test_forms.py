"""What is typed becomes the rule that is meant, or says what to correct."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.integrations.tools.values import minor_units
from app.rules.forms import RuleForm, read
from app.rules.policy import RuleLine

TEAMS, AGENTS = ("finance", "support"), ("a1",)
GOOD = {"tool": "book_refund", "who": "*", "risk": "*", "effect": "ask", "count-0": "1", "mode": "enforce"}


def got(currency="EUR", **fields):
    form = RuleForm.typed("k", MultiDict(GOOD | {name.replace("_", "-"): value for name, value in fields.items()}))
    return read(form, currency=currency, teams=TEAMS, agents=AGENTS)


def condition(what, op, value, **more):
    rule = got(what_0=what, op_0=op, value_0=value, **more).rule
    return rule.conditions[0] if rule else None


@pytest.mark.parametrize(
    ("what", "op", "typed", "value"),
    [
        ("amount", ">", "250", 250_00),
        ("amount", "<=", "1.840,50 €", 1840_50),
        ("run_total", ">=", "0", 0),
        ("recipients", ">", "20", 20),
        ("every_recipient", "is", "Partner.example, ada@Other.example", ["partner.example", "ada@other.example"]),
        ("hours", "is", "Mon-Fri 9:00-17:30", {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "17:30"}),
        ("hours", "is not", "sat, sun 22:00 to 6:00", {"days": [5, 6], "from": "22:00", "to": "06:00"}),
        ("hours", "is", "Friday to Monday 08:00-09:00", {"days": [0, 4, 5, 6], "from": "08:00", "to": "09:00"}),
        ("data:private", "is", "", "private"),
    ],
)
def test_a_condition_is_read_as_it_was_meant(what, op, typed, value):
    assert condition(what, op, typed) == {"field": what.split(":")[0], "op": op, "value": value}


def test_an_argument_keeps_its_name():
    assert condition("argument:reference", "contains", "INV") == {
        "field": "argument", "op": "contains", "value": "INV", "name": "reference",
    }  # fmt: skip


def test_an_argument_compared_as_a_number_is_one():
    assert condition("argument:amount", "<=", "1.840,00 €")["value"] == "1840.00"
    assert got(what_0="argument:amount", op_0="<=", value_0="much").rule is None


@pytest.mark.parametrize(("currency", "value"), [("UGX", 250), ("OMR", 250_000), ("USD", 250_00)])
def test_an_amount_has_the_units_in_which_actions_have_theirs(currency, value):
    assert condition("amount", ">", "250", currency=currency)["value"] == value == minor_units("250", currency)


def test_a_currency_without_cents_has_none():
    assert condition("amount", ">", "250", currency="JPY")["value"] == 250
    assert got(currency="JPY", what_0="amount", op_0=">", value_0="250.50").rule is None


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"tool": "rm"}, "tool"),
        ({"who": "team:pirates"}, "who"),
        ({"who": "agent:nobody"}, "who"),
        ({"who": "nonsense"}, "who"),
        ({"risk": "grave"}, "risk"),
        ({"effect": ""}, "effect"),
        ({"mode": "maybe"}, "mode"),
        ({"name": "x" * 121}, "name"),
        ({"count_0": ""}, "count-0"),
        ({"count_0": "0"}, "count-0"),
        ({"count_0": "ten"}, "count-0"),
        ({"count_0": "5", "count_1": "5"}, "count-0"),
        ({"role_0": "pirate"}, "role-0"),
        ({"team_0": "pirates"}, "role-0"),
        ({"what_0": "nonsense"}, "what-0"),
        ({"what_0": "amount", "op_0": "is", "value_0": "5"}, "op-0"),
        ({"what_0": "amount", "op_0": ">", "value_0": "much"}, "value-0"),
        ({"what_0": "amount", "op_0": ">", "value_0": "-5"}, "value-0"),
        ({"what_0": "amount", "op_0": ">", "value_0": "2.505"}, None),
        ({"what_0": "recipients", "op_0": ">", "value_0": "2.5"}, "value-0"),
        ({"what_0": "any_recipient", "op_0": "is", "value_0": "everybody"}, "value-0"),
        ({"what_0": "hours", "op_0": "is", "value_0": "always"}, "value-0"),
        ({"what_0": "hours", "op_0": "is", "value_0": "Mon 25:00-26:00"}, "value-0"),
        ({"what_0": "hours", "op_0": "is", "value_0": "Mon 09:00-09:00"}, "value-0"),
        ({"what_0": "hours", "op_0": "is", "value_0": "T 09:00-10:00"}, "value-0"),
        ({"what_0": "data:secret", "op_0": "is"}, "value-0"),
        ({"what_0": "argument:nothing", "op_0": "is", "value_0": "x"}, "value-0"),
        ({"what_0": "argument:reference", "op_0": "is", "value_0": ""}, "value-0"),
    ],
)
def test_what_does_not_fit_says_where(fields, where):
    result = got(**fields)

    assert (result.rule is None and where in result.errors) if where else result.rule is not None


def test_who_must_agree_counts_only_when_somebody_is_asked():
    assert got(effect="allow", count_0="2").rule.quorum == ()
    mixed = got(count_0="1", team_0="finance", count_1="1", role_1="owner").rule.quorum
    assert mixed == ({"role": None, "team": "finance", "count": 1}, {"role": "owner", "team": None, "count": 1})


@st.composite
def conditions(draw):
    whole = st.integers(0, 10**6)
    clocks = st.times().map(lambda at: f"{at:%H:%M}")
    kind = draw(st.sampled_from(["amount", "calls", "any_recipient", "data", "argument", "hours"]))
    match kind:
        case "amount" | "calls":
            return {"field": kind, "op": draw(st.sampled_from([">", ">=", "<="])), "value": draw(whole)}
        case "argument":
            words = st.text("abc XYZ09-", min_size=1).map(str.strip).filter(lambda t: t and "  " not in t)
            return {"field": kind, "op": "contains", "value": draw(words), "name": "reference"}
        case "hours":
            begin, end = draw(st.lists(clocks, min_size=2, max_size=2, unique=True))
            days = sorted(draw(st.sets(st.integers(0, 6), min_size=1)))
            return {"field": kind, "op": "is", "value": {"days": days, "from": begin, "to": end}}
    value = "private" if kind == "data" else ["a.example", "b@c.example"]
    return {"field": kind, "op": draw(st.sampled_from(["is", "is not"])), "value": value}


@given(
    st.lists(conditions(), max_size=6), st.sampled_from(["allow", "ask", "deny"]), st.sampled_from(["*", "book_refund"])
)
def test_a_rule_opened_and_saved_again_is_the_same(found, effect, tool):
    quorum = ({"role": "owner", "team": "finance", "count": 2},) if effect == "ask" else ()
    rule = RuleLine.of(
        {"key": "k", "name": "why", "tool": tool, "effect": effect, "quorum": quorum, "conditions": found, "team": "*",
         "agent": "a1", "risk": "high", "mode": "watch"}
    )  # fmt: skip

    again = read(RuleForm.about(rule, "EUR"), currency="EUR", teams=TEAMS, agents=AGENTS)

    assert again.rule == rule, again.errors
