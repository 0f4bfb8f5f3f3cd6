"""Earned autonomy: narrow, for a while, partly watched, and gone with the first decision against it."""

from datetime import date

import pytest

from app.approvals.autonomy import CLEAN, earned
from app.approvals.models import Vote
from app.approvals.services import Decision
from app.db import db, now
from app.integrations.tools.base import Action
from app.integrations.tools.registry import TOOLS
from app.rules.policy import Effect, Facts, Mode, decide
from app.rules.queries import draft_of, in_force, rules_in_force
from app.rules.services import default_rules, lines_of, publish, put_before, save_rule
from tests.approvals.deciding import REFUND, clean, reviewer, say, settled
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval
from tests.factories.rules import a_rule

TODAY = date(2026, 11, 23)


@pytest.fixture
def owner(app):
    member = a_member(a_workspace())
    default_rules(member.workspace)
    db.session.commit()
    return member


@pytest.fixture
def agent(owner):
    return an_agent(owner.workspace)


def test_after_enough_clean_decisions_a_narrow_rule_is_proposed(agent, owner):
    clean(agent, owner, CLEAN - 1)
    assert earned(owner.workspace_id, TODAY) == []
    settled(agent, owner, amount=55_00)

    (one,) = earned(owner.workspace_id, TODAY)

    assert (one.clean, one.before) == (CLEAN, "refunds-two")
    assert (one.rule.agent, one.rule.tool) == (agent.public_id, "book_refund")
    assert (one.rule.effect, one.rule.sample, one.rule.until) == (Effect.ALLOW, 10, "2026-12-23")
    assert one.rule.conditions[0] == {"field": "amount", "op": "<=", "value": 55_00}


AGAINST = ({"state": "rejected"}, {"state": "changed"}, {"state": "failed"}, {"args": {"amount": "1.00"}})


@pytest.mark.parametrize("fields", AGAINST)
def test_one_decision_against_it_begins_the_count_anew(agent, owner, fields):
    clean(agent, owner)
    settled(agent, owner, **fields)

    assert earned(owner.workspace_id, TODAY) == []


def test_an_approval_taken_back_is_against_it(agent, owner):
    clean(agent, owner)
    db.session.query(Vote).order_by(Vote.id.desc()).first().undone_at = now()
    db.session.commit()

    assert earned(owner.workspace_id, TODAY) == []


@pytest.mark.parametrize("key", ["guard", "high_impact"])
def test_what_guard_or_gate_stopped_earns_nothing(agent, owner, key):
    clean(agent, owner, rule_key=key)

    assert earned(owner.workspace_id, TODAY) == []


def test_what_is_bounded_by_nothing_earns_nothing(agent, owner):
    clean(agent, owner, amount=None)

    assert earned(owner.workspace_id, TODAY) == []


def test_it_goes_only_where_it_went(agent, owner):
    clean(agent, owner, amount=None, impact={"recipients": ["ada@partner.example"], "currency": "EUR"})

    (one,) = earned(owner.workspace_id, TODAY)

    assert one.rule.conditions == ({"field": "every_recipient", "op": "is", "value": ["partner.example"]},)


def test_another_workspace_earns_nothing_by_it(agent, owner):
    clean(agent, owner)

    assert earned(a_workspace().id, TODAY) == []


@pytest.fixture
def rule(agent, owner):
    """What the agent has earned, in force."""
    clean(agent, owner)
    (one,) = earned(owner.workspace_id, TODAY)
    put_before(owner.workspace_id, one.rule, one.before, seen=0, by=owner.user)
    publish(owner.workspace_id, seen=1, note="It has earned it.", by=owner.user)
    db.session.commit()
    return one.rule


def verdict(owner, agent, **facts) -> Effect:
    action = Action("Refund", amount=facts.pop("amount", 40_00), currency="EUR")
    at = now().replace(year=2026, month=12, day=facts.pop("day", 1))
    more = {"agent": agent.public_id, "draw": 50, "at": at, "moved": 300_00} | facts
    found = Facts(action, REFUND, ["fennelrye.example"], **more)
    return decide(TOOLS["book_refund"], found, rules_in_force(owner.workspace_id)).effect


def test_in_force_it_lets_go_alone_what_was_earned_and_nothing_else(rule, agent, owner):
    assert verdict(owner, agent) is Effect.ALLOW
    assert verdict(owner, agent, amount=40_01) is Effect.ASK
    assert verdict(owner, an_agent(owner.workspace)) is Effect.ASK
    assert earned(owner.workspace_id, TODAY) == []


BOUNDS = (
    ({"draw": 9}, "ask"),
    ({"draw": 10}, "allow"),
    ({"day": 23}, "allow"),
    ({"day": 24}, "ask"),
    ({"at": None}, "ask"),
)


@pytest.mark.parametrize(("fields", "effect"), BOUNDS)
def test_a_share_is_asked_all_the_same_and_it_ends(rule, agent, owner, fields, effect):
    assert verdict(owner, agent, **fields) == effect


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.CHANGES, Decision.EDIT])
def test_the_first_decision_against_it_switches_it_off_at_once(rule, agent, owner, decision):
    run = a_run(agent, state="awaiting_approval", wake_at=None)
    card = an_approval(run, tool="book_refund", args=REFUND, original_args=REFUND, amount=40_00)

    say(card, decision, reviewer(card), reason="wrong", note="Not this one.", args={"amount": "30.00"})

    live = in_force(owner.workspace_id)
    assert live.number == 3
    assert next(line for line in live.lines if line.key == rule.key).mode is Mode.OFF
    assert verdict(owner, agent) is Effect.ASK


def test_other_agents_keep_what_they_have_earned(rule, agent, owner):
    card = an_approval(a_run(an_agent(owner.workspace), state="awaiting_approval", wake_at=None), tool="book_refund")

    say(card, Decision.REJECT, reviewer(card), reason="wrong")

    assert in_force(owner.workspace_id).number == 2


def test_a_draft_under_way_keeps_its_changes_and_loses_the_rule_too(rule, agent, owner):
    save_rule(owner.workspace_id, a_rule("deny", key="mine"), seen=0, by=owner.user)
    db.session.commit()
    card = an_approval(a_run(agent, state="awaiting_approval", wake_at=None), tool="book_refund")

    say(card, Decision.REJECT, reviewer(card), reason="wrong")

    draft = draft_of(owner.workspace_id)
    kept = {line.key: line.mode for line in lines_of(draft)}
    assert (kept["mine"], kept[rule.key]) == (Mode.ENFORCE, Mode.OFF)
    publish(owner.workspace_id, seen=draft.version, note="Mine too.", by=owner.user)
