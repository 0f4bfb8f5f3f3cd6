"""Suspending a workspace while its run works: it halts before its next effect, and lifting lets it end."""

from app.accounts.models import StaffMember
from app.db import db
from app.restrictions.models import Ground, Restriction
from app.restrictions.services import lift, suspend
from app.workspaces.models import Workspace
from tests.faults.crew import Crew, acting, until
from tests.faults.provider import Fault, Provider, call
from tests.faults.world import World, ended, refunds, state_of

REFUND = call("book_refund", party="Ada", amount="20.00", reference="4711")


def _suspend(world: World) -> int:
    staff = StaffMember(email="trust@staff.example", name="Kofi Osei", password_hash="-", totp_sealed="-")
    staff.roles = ["trust"]
    with acting():
        db.session.add(staff)
        db.session.flush()
        workspace = db.session.get_one(Workspace, world.workspace_id)
        return suspend(workspace, ground=Ground.SECURITY, reason="A key leaked.", clause="2", by=staff).id


def _lift(measure: int) -> None:
    with acting():
        staff = db.session.query(StaffMember).one()
        lift(db.session.get_one(Restriction, measure), reason="The key is replaced.", by=staff)


def test_a_run_halts_before_its_next_effect_and_goes_on_when_the_suspension_is_lifted(
    crew: Crew, world: World, provider: Provider
) -> None:
    provider.turns = [[REFUND], "Refunded."]
    provider.always = Fault(seconds=1.2)
    runs = [world.start() for _ in range(4)]  # two workers: two are in their model call, two are queued
    assert provider.called.wait(10)

    measure = _suspend(world)
    until(lambda: {state_of(run) for run in runs} == {"halted"}, seconds=10, what="all runs to halt")
    assert sum(map(refunds, runs)) == 0

    provider.always = Fault()
    _lift(measure)
    assert ended(*runs) == ["succeeded"] * 4
    assert [refunds(run) for run in runs] == [1] * 4
