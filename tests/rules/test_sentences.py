"""A rule read back."""

import pytest

from app.rules.sentences import Words, because, sentence
from app.rules.starting import STARTING_RULES
from tests.factories.rules import a_rule

WORDS = Words("EUR", {"a1": "Refund desk"}, {"finance": "Finance"})
LATE = {"from": "22:00", "to": "06:00"}
TWO = ({"role": None, "team": None, "count": 2},)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            a_rule(
                "ask", {"field": "amount", "op": ">", "value": 250_00}, tool="book_refund", team="finance", quorum=TWO
            ),
            "When an agent of Finance wants to book a refund and the amount is more than €250.00, 2 people decide.",
        ),
        (a_rule("deny", tool="*", agent="a1"), "When Refund desk wants to do anything, it never happens."),
        (a_rule("allow", risk="low"), "When an agent wants to do anything of low risk, it goes on alone."),
        (
            a_rule("ask", quorum=({"role": "owner", "count": 1}, {"role": None, "team": "finance", "count": 1})),
            "When an agent wants to do anything, 1 owner and 1 person of Finance decide.",
        ),
        (a_rule("ask", agent="gone"), "When an agent that is gone wants to do anything, 1 person decides."),
    ],
)
def test_a_rule_reads_as_one_sentence(rule, said):
    assert sentence(rule, WORDS) == said


@pytest.mark.parametrize(
    ("field", "op", "value", "said"),
    [
        ("run_total", "<=", 250_00, "the run moves at most €250.00 in all"),
        ("day_total", ">", 1_000_00, "the agent moves more than €1,000.00 within 24 hours"),
        ("party_total", ">=", 5_00, "the same party gets at least €5.00 within 30 days"),
        ("calls", ">", 3, "the run does this more than 3 times"),
        ("calls", ">", 1, "the run does this more than once"),
        ("recipients", ">", 20, "it goes to more than 20 people"),
        ("outside", ">", 0, "somebody outside the company gets it"),
        ("outside", "<=", 0, "nobody outside the company gets it"),
        ("outside", ">", 2, "more than 2 people outside the company get it"),
        ("every_recipient", "is", ["a.example", "b@c.example"], "everybody it goes to is at a.example or b@c.example"),
        ("any_recipient", "is not", ["a.example"], "nobody it goes to is at a.example"),
        ("data", "is", "private", "the run has read private data"),
        ("data", "is not", "untrusted", "the run has not read text from outside"),
        (
            "hours", "is not", {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "17:00"},
            "it is not Monday to Friday between 09:00 and 17:00",
        ),
        ("hours", "is", LATE | {"days": [5, 0]}, "it is Monday or Saturday between 22:00 and 06:00"),
        ("hours", "is", LATE | {"days": list(range(7))}, "it is any day between 22:00 and 06:00"),
    ],
)  # fmt: skip
def test_a_condition_reads_as_people_say_it(field, op, value, said):
    rule = a_rule("ask", {"field": field, "op": op, "value": value})

    assert f" and {said}, " in sentence(rule, WORDS)


def test_the_reason_on_a_card_says_what_the_rule_says():
    rule = a_rule("ask", {"field": "amount", "op": ">", "value": 250_00}, tool="book_refund", quorum=TWO)

    assert because(rule, WORDS) == (
        "a rule asks 2 people before it may book a refund when the amount is more than €250.00"
    )
    assert because(a_rule("deny"), WORDS) == "a rule never lets it do anything"
    assert because(a_rule("allow"), WORDS) == "a rule lets it do anything alone"


def test_every_starting_rule_can_be_read_back():
    for rule in STARTING_RULES:
        assert sentence(rule, WORDS).endswith(".") and rule.name
