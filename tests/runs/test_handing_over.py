"""The end of a run: its result is handed over once rules, gate and people let it be."""

from typing import Any

import pytest
from sqlalchemy import select

from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.db import db
from app.errors import Invalid
from app.integrations.tools.base import Risk
from app.runs import engine
from app.runs.models import Run
from app.runs.services import retry
from app.workspaces.models import Role, Workspace
from tests.factories import a_member
from tests.factories.rules import a_rule, in_force
from tests.fakes import Counted, call, ports, scripted


def asks_for_the_result(run: Run, effect: str = "ask") -> None:
    in_force(run.workspace_id, a_rule(effect, tool="hand_over_result", key="result", name="results are read first"))


def card_of(run: Run) -> Approval:
    query = select(Approval).where(Approval.run_id == run.id).order_by(Approval.id.desc()).limit(1)
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def say(run: Run, decision: Decision, **more: Any) -> Approval:
    card = card_of(run)
    by = a_member(db.session.get_one(Workspace, run.workspace_id), Role.REVIEWER)
    decide(card, decision, by=by, version=card.version, key="k", **more)
    db.session.commit()
    return card


def state(run: Run) -> tuple[str, str]:
    found = db.session.get_one(Run, run.id, populate_existing=True)
    return found.state, found.output


def test_without_a_rule_the_result_is_handed_over_at_once(ready):
    run = ready()

    engine.advance(run.id, ports(scripted("All is well.")))

    assert state(run) == ("succeeded", "All is well.")
    assert db.session.scalars(select(Approval)).all() == []


def test_a_rule_about_anything_is_not_about_the_result(ready):
    run = ready()
    in_force(run.workspace_id, a_rule("deny", key="nothing"))

    engine.advance(run.id, ports(scripted("All is well.")))

    assert state(run) == ("succeeded", "All is well.")


def test_a_result_waits_where_a_rule_asks_and_is_handed_over_as_approved(ready):
    run, wired = ready(), ports(scripted("All is well."))
    asks_for_the_result(run)
    engine.advance(run.id, wired)
    assert state(run) == ("awaiting_approval", "")

    say(run, Decision.EDIT, args={"output": "All is well. Signed, Ada."})
    engine.advance(run.id, wired)

    assert state(run) == ("succeeded", "All is well. Signed, Ada.")
    assert (card_of(run).kind, card_of(run).state) == ("final_output", "done")


def test_a_result_sent_back_is_written_anew_and_asked_again(ready):
    told: list[Any] = []

    def second(messages):
        told.append(messages[-1].parts[0].content)
        return "All is well in Utrecht."

    run = ready()
    asks_for_the_result(run)
    wired = ports(scripted("All is well.", second))
    engine.advance(run.id, wired)
    first = say(run, Decision.CHANGES, note="Say where.")

    engine.advance(run.id, wired)

    assert "Say where." in told[0]
    assert (card_of(run).args["output"], card_of(run).follows_id) == ("All is well in Utrecht.", first.id)
    assert state(run) == ("awaiting_approval", "")


def test_a_declined_result_fails_the_run_and_a_retry_writes_another(ready):
    run = ready()
    asks_for_the_result(run)
    wired = ports(scripted("All is well.", "All is not well."))
    engine.advance(run.id, wired)
    say(run, Decision.REJECT, reason="wrong")
    engine.advance(run.id, wired)
    failed = db.session.get_one(Run, run.id, populate_existing=True)
    assert (failed.state, failed.error, failed.output) == ("failed", "result_declined", "")

    retry(failed, by=a_member(failed.workspace).user)
    db.session.commit()
    engine.advance(run.id, wired)

    assert card_of(run).args["output"] == "All is not well."


def test_a_result_that_a_rule_forbids_is_not_handed_over(ready):
    run = ready()
    asks_for_the_result(run, "deny")

    engine.advance(run.id, ports(scripted("All is well.")))

    assert state(run) == ("failed", "")


MEDICAL = {"areas": ["medical"]}


def test_a_high_impact_result_needs_a_named_person_with_a_reason_and_a_source(ready):
    run, wired = ready(settings=MEDICAL), ports(scripted("Give the patient rest."))
    engine.advance(run.id, wired)
    card = card_of(run)
    assert (card.areas, card.rule_key) == (["medical"], "high_impact")
    assert "a named person answers for it" in card.why

    for more in ({}, {"note": "I agree with it."}, {"source": "Guideline 12, 2026"}):
        with pytest.raises(Invalid):
            say(run, Decision.APPROVE, **more)
        db.session.rollback()
    say(run, Decision.APPROVE, note="It follows the guideline.", source="Guideline 12, 2026")
    engine.advance(run.id, wired)

    assert state(run) == ("succeeded", "Give the patient rest.")
    vote = card_of(run).votes[0]
    assert vote.sources == [{"kind": "other", "title": "Guideline 12, 2026", "ref": ""}]


@pytest.mark.parametrize("source", ["Give the patient rest.", "https://leenops.example/w/fennel/runs/abc", "x"])
def test_what_the_agent_wrote_is_no_source(ready, source):
    run = ready(settings=MEDICAL)
    engine.advance(run.id, ports(scripted("Give the patient rest.")))

    with pytest.raises(Invalid):
        say(run, Decision.APPROVE, note="It follows the guideline.", source=source)


def test_a_high_impact_action_is_asked_also_where_the_rules_let_it_go(ready):
    run, pay = ready("pay", settings=MEDICAL), Counted()
    in_force(run.workspace_id, a_rule("allow", tool="pay", key="all"))

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert (card_of(run).rule_key, pay.done) == ("high_impact", [])


def test_what_is_put_right_easily_goes_on_alone_even_then(ready):
    run, note = ready("note", settings=MEDICAL), Counted("note", risk=Risk.LOW)
    in_force(run.workspace_id, a_rule("allow", tool="note", key="all"))

    engine.advance(run.id, ports(scripted([call("note", party="Ada", amount=5)], "Noted."), note))

    assert len(note.done) == 1
    assert card_of(run).kind == "final_output"
