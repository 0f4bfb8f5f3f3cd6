"""Everything that people, the clock and the engine can do to one card, in any order: no path leads to a wrong end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app.approvals.claims import claim, give_back
from app.approvals.colleagues import delegate
from app.approvals.deadlines import take_steps
from app.approvals.models import Approval, Vote
from app.approvals.services import Decision, decide, undo
from app.db import db, now
from app.errors import DomainError
from app.runs import engine
from app.runs.models import Run
from app.runs.services import cancel
from app.workspaces.models import Role
from tests.factories import a_member, a_version
from tests.factories.rules import a_rule, in_force
from tests.fakes import Counted, call, ports, scripted

PEOPLE = 4
FINAL = {"rejected", "changed", "expired", "voided", "done", "failed"}
who = st.integers(0, PEOPLE)
TWO = ({"role": None, "count": 1}, {"role": "admin", "count": 1})


class OneCard(RuleBasedStateMachine):
    """One run asks for one payment, by a rule that wants an admin and one more person."""

    ready: Callable[..., Run]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.ready("pay")
        self.pay = Counted()
        in_force(self.run.workspace_id, a_rule("ask", tool="pay", key="two", quorum=TWO))
        roles = (Role.REVIEWER, Role.REVIEWER, Role.ADMIN, Role.OWNER)
        self.people = [a_member(self.run.workspace, role) for role in roles]
        starter = a_member(self.run.workspace, Role.OWNER)
        self.people.append(starter)
        self.run.started_by = starter.user_id
        db.session.commit()
        self.ports = ports(scripted([call("pay", party="Ada", amount=5)], *["Over."] * 9), self.pay)
        self.ended: dict[int, str] = {}
        self.turn = 0
        self.work()

    @property
    def card(self) -> Approval:
        query = select(Approval).where(Approval.run_id == self.run.id).order_by(Approval.round.desc())
        return db.session.scalars(query, execution_options={"populate_existing": True}).first()

    def _try(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except DomainError as error:
            if not error.context.get("keep"):
                db.session.rollback()
            db.session.commit()
            return False
        db.session.commit()
        return True

    def _key(self) -> str:
        self.turn += 1
        return f"k{self.turn}"

    @rule(person=who, stale=st.booleans())
    def approve(self, person: int, stale: bool) -> None:
        card, by = self.card, self.people[person]
        version = card.version - stale
        if self._try(lambda: decide(card, Decision.APPROVE, by=by, version=version, key=self._key())):
            assert not stale and by is not self.people[-1]

    @rule(person=who, decision=st.sampled_from([Decision.REJECT, Decision.CHANGES, Decision.DONE, Decision.RETRY]))
    def say_no(self, person: int, decision: Decision) -> None:
        card, by = self.card, self.people[person]
        said = {"reason": "wrong", "note": "Not like this."}
        self._try(lambda: decide(card, decision, by=by, version=card.version, key=self._key(), **said))

    @rule(person=who)
    def take_back(self, person: int) -> None:
        self._try(lambda: undo(self.card, by=self.people[person]))

    @rule(person=who, back=st.booleans())
    def claim(self, person: int, back: bool) -> None:
        self._try(lambda: (give_back if back else claim)(self.card, by=self.people[person]))

    @rule(person=who, to=who)
    def leave_to(self, person: int, to: int) -> None:
        self._try(lambda: delegate(self.card, self.people[to], by=self.people[person]))

    @rule(person=who, role=st.sampled_from([Role.REVIEWER, Role.AUDITOR, Role.ADMIN]))
    def change_role(self, person: int, role: Role) -> None:
        self.people[person].role = role
        db.session.commit()

    @rule(hold=st.booleans())
    def hold_window(self, hold: bool) -> None:
        """The window after an approval is open still, or over."""
        if self.card.state == "approved" and self.card.consumed_at is None:
            self.card.hold_until = now() + timedelta(seconds=30 if hold else -1)
            self.run.wake_at = self.card.hold_until
            db.session.commit()

    @rule()
    def let_the_deadline_pass(self) -> None:
        self.card.deadline_at = now() - timedelta(seconds=1)
        db.session.commit()

    @rule()
    def tick(self) -> None:
        take_steps()
        db.session.commit()

    @rule(stricter=st.booleans())
    def change_the_rules(self, stricter: bool) -> None:
        quorum = (*TWO, {"role": None, "count": 1}) if stricter else TWO
        in_force(self.run.workspace_id, a_rule("ask", tool="pay", key="two", quorum=quorum))

    @rule()
    def make_another_version_live(self) -> None:
        agent = self.run.agent
        agent.live_version_id = a_version(agent, tools=["pay"]).id
        db.session.commit()

    @rule()
    def stop(self) -> None:
        self._try(lambda: cancel(db.session.get_one(Run, self.run.id), by=self.people[3].user))

    @rule()
    def work(self) -> None:
        db.session.get_one(Run, self.run.id).wake_at = now()
        db.session.commit()
        engine.advance(self.run.id, self.ports)

    @invariant()
    def it_happens_at_most_once_and_only_as_people_allowed(self) -> None:
        assert len(self.pay.done) <= 1
        cards = db.session.scalars(select(Approval).where(Approval.run_id == self.run.id)).unique().all()
        consumed = [card for card in cards if card.consumed_at]
        assert len(consumed) == len(self.pay.done)
        for card in consumed:
            votes = [vote for vote in card.votes if vote.decision == "approve" and not vote.undone_at]
            counted = {vote.user_id for vote in votes if (vote.digest, vote.version) == (card.digest, card.version)}
            assert len(counted) >= 2 and self.run.started_by not in counted

    @invariant()
    def what_ended_stays_ended(self) -> None:
        cards = db.session.scalars(select(Approval).where(Approval.run_id == self.run.id)).unique().all()
        for card in cards:
            assert self.ended.setdefault(card.id, card.state) == card.state if card.state in FINAL else True
        assert sum(card.state in ("pending", "approved") for card in cards) <= 1

    @invariant()
    def nobody_approves_one_version_twice(self) -> None:
        votes = select(Vote).join(Approval, Approval.id == Vote.approval_id).where(Approval.run_id == self.run.id)
        standing = [vote for vote in db.session.scalars(votes) if not vote.undone_at]
        seen = [(vote.approval_id, vote.user_id, vote.version) for vote in standing]
        assert len(seen) == len(set(seen))


@pytest.mark.usefixtures("app")
def test_no_path_leads_to_a_wrong_end(ready: Callable[..., Run]) -> None:
    class Machine(OneCard):
        pass

    Machine.ready = staticmethod(ready)

    run_state_machine_as_test(Machine, settings=settings(max_examples=15, stateful_step_count=30))
