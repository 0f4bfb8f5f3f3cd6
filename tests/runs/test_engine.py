"""The engine's loop: it goes on where it was, acts once, and stops when it must."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from sqlalchemy import func, select

from app.approvals.models import Approval, ProposedAction
from app.approvals.queries import moved_before
from app.approvals.services import Decision, decide
from app.dataflow.labels import READS
from app.db import db, now
from app.integrations.tools.base import EffectClass, Evidence, Risk, ToolContext, ToolRefused
from app.integrations.tools.registry import ACTIONS, TOOLS
from app.restrictions.models import Restriction
from app.rules.policy import Mode
from app.rules.services import default_rules
from app.runs import engine
from app.runs.errors import ProviderFailed
from app.runs.lease import LeaseLost, claim, hold
from app.runs.models import Effect, Run, RunCheckpoint, RunEvent
from app.runs.services import cancel, due_runs, retry, wake
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member
from tests.factories.rules import a_rule, in_force
from tests.fakes import Counted, call, ports, returns, scripted


def reloaded(run: Run) -> Run:
    db.session.expire_all()
    return db.session.get_one(Run, run.id)


def titles(run: Run) -> list[str]:
    rows = db.session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.seq))
    return [row.title for row in rows]


def the_card(run: Run) -> Approval:
    query = select(Approval).where(Approval.run_id == run.id).order_by(Approval.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def a_reviewer(run: Run) -> Membership:
    return a_member(db.session.get_one(Workspace, run.workspace_id), Role.REVIEWER)


def approve(run: Run, decision: Decision = Decision.APPROVE, **more: Any) -> None:
    card = the_card(run)
    decide(card, decision, by=a_reviewer(run), version=card.version, key="k", **more)
    db.session.commit()


def test_a_run_without_tools_ends_with_the_models_text(ready):
    run = ready()

    engine.advance(run.id, ports(scripted("All is well. Nothing to do.")))

    run = reloaded(run)
    assert run.state == "succeeded"
    assert run.output == "All is well. Nothing to do."
    assert run.summary == "All is well."
    assert run.lease_owner == "" and run.wake_at is None


def test_an_allowed_action_happens_once_and_its_result_reaches_the_model(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)
    told: list[Any] = []

    def last(messages):
        told.extend(part.content for part in returns(messages))
        return "Paid."

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], last), pay))

    assert pay.done == [f"{run.public_id}:1:0"]
    assert told == [{"paid": 5}]
    assert reloaded(run).state == "succeeded"


def test_an_action_that_needs_a_person_waits_without_a_worker(ready):
    run, pay = ready("pay"), Counted()

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    run = reloaded(run)
    assert (run.state, run.wake_at, run.lease_expires_at) == ("awaiting_approval", None, None)
    assert the_card(run).title == "Pay 5 to Ada"
    assert pay.done == []


def test_an_approved_action_is_done_and_written_on_its_card(ready):
    run, pay = ready("pay"), Counted()
    wired = ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay)
    engine.advance(run.id, wired)
    approve(run)

    engine.advance(run.id, wired)

    assert len(pay.done) == 1
    assert the_card(run).state == "done"
    assert reloaded(run).state == "succeeded"


def test_an_edited_action_is_done_as_edited(ready, monkeypatch):
    run, pay = ready("pay"), Counted()
    wired = ports(scripted([call("pay", party="Ada", amount=500)], "Paid."), pay)
    monkeypatch.setitem(ACTIONS, "pay", pay.tool)
    engine.advance(run.id, wired)
    approve(run, Decision.EDIT, args={"amount": 450})

    engine.advance(run.id, wired)

    effect = db.session.scalars(select(Effect)).one()
    assert effect.args == {"party": "Ada", "amount": 450}
    assert the_card(run).original_args == {"party": "Ada", "amount": 500}


def test_a_declined_action_reaches_the_model_as_a_denial(ready):
    run, pay = ready("pay"), Counted()
    seen: list[Any] = []

    def last(messages):
        seen.extend((part.outcome, part.content) for part in returns(messages))
        return "Not paid."

    wired = ports(scripted([call("pay", party="Ada", amount=5)], last), pay)
    engine.advance(run.id, wired)
    approve(run, Decision.REJECT, reason="wrong", note="Ada was paid in May.")

    engine.advance(run.id, wired)

    assert pay.done == []
    outcome, content = seen[0]
    assert outcome == "denied" and "Ada was paid in May." in content


@pytest.mark.parametrize(
    "bad", [call("launch", missile=1), call("pay", party="Ada"), call("pay", party="Ada", amount=5, extra=1)]
)
def test_an_unknown_tool_or_wrong_arguments_are_told_and_never_executed(ready, allow, bad):
    run, pay = ready("pay"), Counted()
    allow(run)

    engine.advance(run.id, ports(scripted([bad], "I could not do it."), pay))

    assert pay.done == []
    assert reloaded(run).state == "succeeded"


def test_a_tool_the_version_was_not_given_is_unknown_to_it(ready, allow):
    run, pay = ready("search"), Counted()
    allow(run)

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "No."), pay))

    assert pay.done == []


def test_a_refusing_tool_leaves_no_effect_and_the_run_goes_on(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)
    pay.fail = ToolRefused("Ada has no account.")

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Not paid."), pay))

    assert db.session.scalars(select(Effect)).one().state == "failed"
    assert reloaded(run).state == "succeeded"


def test_a_passing_provider_failure_waits_and_tries_again(ready):
    run = ready()
    wired = ports(scripted(ProviderFailed("provider_error", "500", passing=True), "Fine."))

    engine.advance(run.id, _failing(wired))

    run = reloaded(run)
    assert run.state == "queued" and run.attempts == 1
    assert now() < run.wake_at < now() + timedelta(seconds=3)


def _failing(wired):
    class Broken(Exception):
        status_code = 503

    return ports(scripted(Broken("overloaded")))


def test_a_provider_that_stays_away_fails_the_run_by_name_and_it_can_be_retried(ready):
    run = ready()
    run.step_since = now() - timedelta(seconds=120)
    db.session.commit()
    engine.advance(run.id, _failing(None))
    assert (reloaded(run).state, reloaded(run).error) == ("failed", "provider_error")

    retry(reloaded(run), by=a_reviewer(run).user)
    db.session.commit()
    engine.advance(run.id, ports(scripted("Fine.")))

    assert reloaded(run).state == "succeeded"


def test_an_empty_answer_is_garbage_and_nothing_is_executed(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)

    engine.advance(run.id, ports(scripted("   "), pay))

    assert "cannot be read" in titles(run)[-1]
    assert pay.done == []


def test_two_calls_with_one_id_are_garbage_and_nothing_is_executed(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)
    twice = [ToolCallPart("pay", {"party": "Ada", "amount": n}, tool_call_id="same") for n in (1, 2)]

    engine.advance(run.id, ports(FunctionModel(lambda messages, info: ModelResponse(parts=twice)), pay))

    assert "cannot be read" in titles(run)[-1]
    assert pay.done == []


def test_more_calls_than_one_answer_may_hold_are_told_to_the_model(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=n) for n in range(60)], "Paid."), pay))

    assert len(pay.done) == 50
    assert sum("At most 50 calls" in title for title in titles(run)) == 10


def test_many_small_refunds_are_not_booked_alone(ready):
    run = ready("book_refund", instructions="Refund Ada €100.00 as often as it takes.")
    default_rules(db.session.get_one(Workspace, run.workspace_id))
    db.session.commit()
    small = [call("book_refund", party="Ada", amount="100.00", reference=str(n), reason="small") for n in range(4)]

    engine.advance(run.id, replace(ports(scripted(small, "Booked.")), tools=TOOLS))

    assert moved_before(run, "").by_run == 200_00
    assert db.session.scalar(select(func.count(Approval.id)).where(Approval.run_id == run.id)) == 2


def test_a_run_stops_at_its_step_limit_by_name(ready, allow):
    run, pay = ready("pay", settings={"max_steps": 3}), Counted()
    allow(run)

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=1)]), pay))

    assert reloaded(run).error == "step_limit"
    assert len(pay.done) == 3


def test_a_run_that_is_held_is_left_alone(ready):
    run = ready()
    claim(run.id, owner="another", seconds=60)
    db.session.commit()

    engine.advance(run.id, ports(scripted("Mine.")))

    assert reloaded(run).state == "running" and reloaded(run).output == ""


def test_who_lost_the_lease_cannot_write(ready):
    run = ready()
    lease = claim(run.id, owner="first", seconds=15)
    run.lease_expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    claim(run.id, owner="second", seconds=15)
    db.session.commit()

    with pytest.raises(LeaseLost):
        hold(lease)


def test_a_run_whose_worker_died_during_the_model_call_goes_on(ready):
    run = ready()
    claim(run.id, owner="dead", seconds=15)
    run.lease_expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert due_runs() == [run.id]

    engine.advance(run.id, ports(scripted("Done.")))

    assert reloaded(run).state == "succeeded"


def _cut_off(run: Run, pay: Counted, effect_class: EffectClass) -> None:
    """The state a kill -9 leaves between `started` and the outcome."""

    class Killed(BaseException):
        pass

    def die():
        raise Killed

    pay.before = die
    with pytest.raises(Killed):
        engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))
    db.session.rollback()
    found = db.session.get_one(Run, run.id)
    found.lease_expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    pay.before = lambda: None


@pytest.mark.parametrize("effect", [EffectClass.READ, EffectClass.LOCAL, EffectClass.KEYED])
def test_what_may_be_repeated_is_repeated_with_the_same_key_after_a_crash(ready, allow, effect):
    run, pay = ready("pay"), Counted(effect=effect, risk=Risk.LOW)
    allow(run)
    _cut_off(run, pay, effect)

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert pay.done == [f"{run.public_id}:1:0"]
    assert reloaded(run).state == "succeeded"


def test_what_may_not_be_repeated_asks_a_person_after_a_crash(ready, allow):
    run, pay = ready("pay"), Counted(effect=EffectClass.ONCE)
    allow(run)
    _cut_off(run, pay, EffectClass.ONCE)
    wired = ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay)

    engine.advance(run.id, wired)

    assert pay.done == []
    assert the_card(run).kind == "unknown_outcome"
    assert reloaded(run).state == "awaiting_approval"


@pytest.mark.parametrize(("answer", "times"), [(Decision.DONE, 0), (Decision.RETRY, 1), (Decision.SKIP, 0)])
def test_a_person_settles_an_unknown_outcome(ready, allow, answer, times):
    run, pay = ready("pay"), Counted(effect=EffectClass.ONCE)
    allow(run)
    _cut_off(run, pay, EffectClass.ONCE)
    wired = ports(scripted([call("pay", party="Ada", amount=5)], "Over."), pay)
    engine.advance(run.id, wired)
    approve(run, answer)

    engine.advance(run.id, wired)

    assert len(pay.done) == times
    assert reloaded(run).state == "succeeded"


def test_a_cancelled_run_does_nothing_more(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)
    cancel(run, by=a_reviewer(run).user)
    db.session.commit()

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert reloaded(run).state == "cancelled"
    assert pay.done == []


def test_suspension_between_the_model_and_the_action_halts_before_it_and_lifting_resumes(ready, allow):
    run, pay = ready("pay"), Counted()
    allow(run)
    measure = Restriction(
        workspace_id=run.workspace_id, level="suspended", ground="security", capabilities=[], reason="Test", clause="2",
        imposed_by=1,
    )  # fmt: skip

    def suspended_meanwhile(messages):
        db.session.add(measure)
        db.session.commit()
        return [call("pay", party="Ada", amount=5)]

    wired = ports(scripted(suspended_meanwhile, "Paid."), pay)
    engine.advance(run.id, wired)
    assert reloaded(run).state == "halted" and pay.done == []

    measure.lifted_at = now()
    from app.runs.services import resume

    assert resume(run.workspace_id) == 1
    db.session.commit()
    engine.advance(run.id, wired)

    assert len(pay.done) == 1
    assert reloaded(run).state == "succeeded"


def test_a_changed_rule_voids_an_approval_and_asks_again(ready, allow):
    run, pay = ready("pay"), Counted()
    wired = ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay)
    engine.advance(run.id, wired)
    approve(run)
    in_force(run.workspace_id, a_rule(tool="pay", quorum=({"role": None, "count": 2},)))

    engine.advance(run.id, wired)

    cards = db.session.scalars(select(Approval).order_by(Approval.id)).all()
    assert [card.state for card in cards] == ["voided", "pending"]
    assert pay.done == []


def test_an_approval_by_who_has_left_since_is_used_no_more(ready):
    run, pay = ready("pay"), Counted()
    wired = ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay)
    engine.advance(run.id, wired)
    approve(run)
    first = the_card(run)
    first.votes[0].membership.ended_at = now()
    db.session.commit()

    engine.advance(run.id, wired)

    db.session.refresh(first)
    assert (first.state, first.outcome["words"]) == ("voided", "Who approved it may no longer decide it")
    assert (the_card(run).state, the_card(run).round, pay.done) == ("pending", 2, [])


def test_what_agents_wanted_is_kept_with_what_was_said(ready):
    run, pay, look = ready("pay", "look"), Counted(), Counted("look", EffectClass.READ, Risk.LOW)
    in_force(run.workspace_id, a_rule("deny", tool="pay", key="never", name="no payments"))
    wired = ports(
        scripted([call("look", party="Ada", amount=1), call("pay", party="Ada", amount=5)], "Done."), look, pay
    )

    engine.advance(run.id, wired)

    rows = db.session.scalars(select(ProposedAction).order_by(ProposedAction.id)).all()
    assert [(row.tool, row.effect, row.rule_key, row.rules_number) for row in rows] == [
        ("look", "allow", "", 1),
        ("pay", "deny", "never", 1),
        ("hand_over_result", "allow", "", 1),
    ]
    assert rows[1].facts | {"at": ""} == {
        "team": "support",
        "agent": run.agent.public_id,
        "args": {"party": "Ada", "amount": 5},
        "amount": 5,
        "recipients": [],
        "party": "",
        "domains": ["fennelrye.example"],
        "labels": ["untrusted"],
        "at": "",
    }


def test_what_is_asked_again_after_changes_follows_the_first_card(ready):
    run, pay = ready("pay"), Counted()
    first, other = call("pay", party="Ada", amount=50), call("pay", party="Ben", amount=7)
    wired = ports(scripted([first, other], [call("pay", party="Ada", amount=40)], "Paid."), pay)
    engine.advance(run.id, wired)
    cards = db.session.scalars(select(Approval).where(Approval.run_id == run.id).order_by(Approval.id)).all()
    for card in cards:
        decide(card, Decision.CHANGES, by=a_reviewer(run), version=1, key="k", note="Without the fee.")
    db.session.commit()

    engine.advance(run.id, wired)

    again = the_card(run)
    assert (again.args, again.follows_id) == ({"party": "Ada", "amount": 40}, cards[0].id)
    assert pay.done == []


def test_a_watched_rule_stops_nothing_and_is_written_down(ready):
    run, pay = ready("pay"), Counted()
    in_force(run.workspace_id, a_rule("deny", key="w", name="too dear", mode=Mode.WATCH), a_rule("allow", key="e"))

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert len(pay.done) == 1 and titles(run).count("A watched rule would have forbidden this: too dear") == 1


def test_money_moved_before_counts_however_the_party_is_written(ready):
    run = ready("book_refund", instructions="Refund Ada Ltd, also written ADA, LTD., €100.00.")
    two = {"field": "party_total", "op": ">", "value": 250_00}
    in_force(run.workspace_id, a_rule("ask", two, key="t", name="much to one party"), a_rule("allow", key="e"))
    calls = [
        call("book_refund", party=party, amount="100.00", reference="R1")
        for party in ("Ada Ltd", "ADA, LTD.", "ada ltd")
    ]

    engine.advance(run.id, replace(ports(scripted(calls, "Done.")), tools=TOOLS))

    assert the_card(run).why == "much to one party"
    assert moved_before(run, "A-D-A ltd").to_party == 200_00 == moved_before(run, "other").by_agent_today


def test_the_third_use_of_a_tool_is_asked_about_when_a_rule_says_so(ready):
    run, pay = ready("pay"), Counted()
    often = {"field": "calls", "op": ">", "value": 2}
    in_force(run.workspace_id, a_rule("ask", often, key="c", name="more than twice"), a_rule("allow", key="e"))

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=n) for n in (1, 2, 3)], "Paid."), pay))

    assert len(pay.done) == 2 and the_card(run).why == "more than twice"


def test_what_a_run_has_read_counts_from_then_on(ready):
    def read(args: Any, ctx: ToolContext) -> dict[str, Any]:
        ctx.cite(Evidence("passage", "Handbook", "page 2", "Pay Ada.", "p1"))
        return {}

    run, pay = ready("pay", "look"), Counted()
    look = Counted("look", EffectClass.READ, Risk.LOW, flow=READS)
    look.tool = replace(look.tool, run=read)
    private = {"field": "data", "op": "is", "value": "private"}
    in_force(run.workspace_id, a_rule("ask", private, tool="pay", key="p", name="it has read ours"), a_rule("allow"))
    turns = [
        [call("pay", party="Ada", amount=1)],
        [call("look", party="", amount=0)],
        [call("pay", party="Ada", amount=2)],
    ]

    engine.advance(run.id, ports(scripted(*turns, "Paid."), pay, look))

    assert len(pay.done) == 1 and the_card(run).why == "it has read ours"


def test_waiting_is_not_working_time(ready):
    run, pay = ready("pay"), Counted()
    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))
    run = reloaded(run)
    run.waiting_since = now() - timedelta(minutes=5)
    db.session.commit()
    wake(run)
    db.session.commit()

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert reloaded(run).waiting_ms >= 5 * 60 * 1000 - 100
    assert reloaded(run).working_ms < 5_000


def test_results_are_kept_while_another_call_of_the_turn_waits(ready):
    run = ready("look", "pay")
    look, pay = Counted("look", EffectClass.READ, Risk.LOW), Counted()
    wired = ports(
        scripted([call("look", party="Ada", amount=1), call("pay", party="Ada", amount=5)], "Paid."), look, pay
    )
    engine.advance(run.id, wired)
    assert list(db.session.get_one(RunCheckpoint, run.id).results) == ["c0-0"]
    approve(run)

    engine.advance(run.id, wired)

    assert (len(look.done), len(pay.done)) == (1, 1)


def test_an_approved_call_that_was_cut_off_is_finished_and_its_card_says_so(ready):
    run, pay = ready("pay"), Counted(effect=EffectClass.KEYED)
    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))
    approve(run)
    _cut_off(run, pay, EffectClass.KEYED)

    engine.advance(run.id, ports(scripted([call("pay", party="Ada", amount=5)], "Paid."), pay))

    assert pay.done == [f"{run.public_id}:1:0"]
    assert the_card(run).state == "done"
    assert reloaded(run).state == "succeeded"


def test_a_read_that_a_person_allowed_is_read_again_after_a_crash(ready):
    run, look = ready("look"), Counted("look", EffectClass.READ)
    wired = ports(scripted([call("look", party="Ada", amount=5)], "Seen."), look)
    engine.advance(run.id, wired)
    approve(run)
    look.before = _killed
    with pytest.raises(_Killed):
        engine.advance(run.id, wired)
    db.session.rollback()
    reloaded(run).lease_expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    look.before = lambda: None

    engine.advance(run.id, wired)

    assert (len(look.done), the_card(run).state, reloaded(run).state) == (1, "done", "succeeded")


class _Killed(BaseException):
    pass


def _killed() -> None:
    raise _Killed


def test_what_is_decided_while_the_worker_still_reads_is_not_missed(app, ready):
    run, pay = ready("pay", "look"), Counted()
    look = Counted("look", EffectClass.READ, Risk.LOW)
    look.before = lambda: _elsewhere(app, lambda: approve(db.session.get_one(Run, run.id)))
    wired = ports(
        scripted([call("pay", party="Ada", amount=5), call("look", party="Ada", amount=1)], "Paid."), pay, look
    )

    engine.advance(run.id, wired)
    engine.advance(run.id, wired)  # as the reconciler does with what is due

    assert (reloaded(run).state, len(pay.done), len(look.done)) == ("succeeded", 1, 1)


def test_a_card_shows_the_sources_that_speak_of_its_action(ready):
    run, pay = ready("pay"), Counted()
    sources = ["Warm delivery: touch every box.", "Charged twice goes back to Ada in full.", "Gifts up to 20 a year."]
    checkpoint = db.session.get_one(RunCheckpoint, run.id)
    checkpoint.read = [{"ref": str(n), "quote": quote} for n, quote in enumerate(sources * 3)]
    db.session.commit()
    asked = [TextPart("Ada was charged twice, it goes back in full."), call("pay", party="Ada", amount=5)]

    engine.advance(run.id, ports(FunctionModel(lambda messages, info: ModelResponse(parts=asked)), pay))

    assert the_card(run).evidence[0]["quote"] == sources[1]


def _elsewhere(app: Flask, act: Callable[[], None]) -> None:
    """Do it as another process would: in its own session."""

    def work() -> None:
        with app.app_context():
            act()

    other = threading.Thread(target=work)
    other.start()
    other.join()
