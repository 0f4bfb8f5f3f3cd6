"""Who is away, who stands in, and what becomes of it when people leave or change roles."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, event, update

from app.audit.models import AuditEntry
from app.db import db as database
from app.db import now
from app.errors import Conflict, Invalid, NotAllowed
from app.workspaces import absences, members, queries
from app.workspaces.cover import Cover
from app.workspaces.models import Absence, Membership, Role
from tests.factories import a_member, a_workspace, an_absence
from tests.workspaces.test_at_once import together

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
TODAY = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def a_tuesday():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def owner(db):
    return a_member(role=Role.OWNER, name="Ilse Bakker")


@pytest.fixture
def amira(owner):
    return a_member(owner.workspace, Role.REVIEWER, name="Amira Haddad")


@pytest.fixture
def joan(owner):
    return a_member(owner.workspace, Role.REVIEWER, name="Joan Pereira")


def add(member, first=0, last=6, *, stand_in=None, by=None, note=""):
    """An absence from so many days after today to so many."""
    days = {"first_day": TODAY + timedelta(days=first), "last_day": TODAY + timedelta(days=last)}
    return absences.add(member.workspace, member, **days, stand_in=stand_in, note=note, by=by or member)


def stand_in(member, at=NOON):
    return queries.stand_in_for(member, at)


def test_an_absence_is_kept_and_recorded_without_its_note(amira, joan, db):
    made = add(amira, stand_in=joan, note=" Walking  in the\nhills ")

    assert made.note == "Walking in the hills"
    assert queries.away_until(amira.workspace_id, NOON) == {amira.id: date(2026, 12, 7)}
    assert stand_in(amira) == joan
    entry = db.session.query(AuditEntry).filter_by(kind="member:absence:added").one()
    assert entry.after == {"first_day": "2026-12-01", "last_day": "2026-12-07", "stand_in": "Joan Pereira"}
    assert "hills" not in entry.summary


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        ("Europe/Amsterdam", datetime(2026, 12, 2, 23, tzinfo=UTC), datetime(2026, 12, 4, 23, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 12, 2, 10, tzinfo=UTC), datetime(2026, 12, 4, 10, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 12, 3, 11, tzinfo=UTC), datetime(2026, 12, 5, 11, tzinfo=UTC)),
    ],
)
def test_days_begin_and_end_at_the_workspaces_midnight(db, zone, begins, ends):
    who = a_member(a_workspace(timezone=zone), Role.REVIEWER)
    an_absence(who, first_day=date(2026, 12, 3), last_day=date(2026, 12, 4))
    moments = (begins - timedelta(seconds=1), begins, ends - timedelta(seconds=1), ends)

    away = [who.id in queries.absent_now(who.workspace_id, at) for at in moments]

    assert away == [False, True, True, False]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (6, 9), (-3, 30), (3, 4)])
def test_absences_of_one_person_never_overlap(owner, amira, first, last):
    an_absence(amira, first_day=TODAY, last_day=TODAY + timedelta(days=6))

    with pytest.raises(Invalid) as refused:
        add(amira, first, last)

    assert refused.value.field == "first_day"


def test_the_day_after_is_free_and_so_is_what_ended_early(amira, joan):
    first = add(amira)
    add(amira, 7, 8)
    absences.end(first, by=amira)

    add(amira, 0, 6, stand_in=joan)

    assert stand_in(amira) == joan


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(-1, 3, "first_day"), (3, 2, "last_day"), (400, 401, "first_day"), (0, 400, "last_day")],
)
def test_days_that_make_no_sense_are_refused(amira, first, last, field):
    with pytest.raises(Invalid) as refused:
        add(amira, first, last)

    assert refused.value.field == field


def test_today_is_the_day_at_the_workspace(db):
    who = a_member(a_workspace(timezone="Pacific/Kiritimati"), Role.REVIEWER)

    with pytest.raises(Invalid):
        add(who, 0, 0)  # it is the second of December there
    assert add(who, 1, 1).state_on(queries.today(who.workspace)) == "away"


@pytest.mark.parametrize("role", [Role.BUILDER, Role.AUDITOR, Role.BILLING])
def test_who_may_not_decide_does_not_stand_in(owner, amira, role):
    with pytest.raises(Invalid) as refused:
        add(amira, stand_in=a_member(owner.workspace, role))

    assert refused.value.field == "stand_in"


def test_neither_oneself_nor_somebody_who_left_stands_in(owner, amira):
    gone = a_member(owner.workspace, Role.REVIEWER, ended_at=now())

    for person in (amira, gone):
        with pytest.raises(Invalid):
            add(amira, stand_in=person)


def test_a_stand_in_is_not_away_the_whole_time(amira, joan):
    add(joan, 0, 3)
    add(joan, 4, 6)

    with pytest.raises(Invalid):
        add(amira, 1, 6, stand_in=joan)
    assert add(amira, 1, 7, stand_in=joan).stand_in == joan


def test_a_gap_between_two_absences_is_time_to_stand_in(amira, joan):
    add(joan, 0, 2)
    add(joan, 4, 6)

    assert add(amira, 1, 6, stand_in=joan).stand_in == joan


def test_who_stands_in_for_a_stand_in_who_is_away_stands_in_for_both(owner, amira, joan):
    add(amira, 0, 9, stand_in=joan)
    add(joan, 0, 3, stand_in=owner)

    assert stand_in(amira) == owner and stand_in(joan) == owner
    assert stand_in(amira, NOON + timedelta(days=5)) == joan
    assert stand_in(owner) is None


def test_a_circle_ends_with_nobody(amira, joan):
    add(amira, 0, 9, stand_in=joan)
    add(joan, 5, 12, stand_in=amira)
    later = NOON + timedelta(days=6)

    assert stand_in(amira) == joan
    assert stand_in(amira, later) is None and stand_in(joan, later) is None


def test_a_whole_workspace_is_answered_in_one_query(app, owner, amira, joan, db):
    add(amira, 0, 9, stand_in=joan)
    add(joan, 0, 3, stand_in=owner)
    a_member(a_workspace())
    db.session.commit()
    workspace_id, asked = owner.workspace_id, []

    def note(*about):
        asked.append(about[2])

    event.listen(db.engine, "before_cursor_execute", note)
    cover = queries.cover_of(workspace_id, NOON)
    event.remove(db.engine, "before_cursor_execute", note)

    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1
    assert cover == Cover({amira.id: joan.id, joan.id: owner.id}, frozenset({joan.id, owner.id}))


def test_absences_of_another_workspace_are_not_asked(owner, amira):
    stranger = a_member(a_workspace(), Role.REVIEWER)
    an_absence(stranger, first_day=TODAY, last_day=TODAY)

    assert queries.absent_now(amira.workspace_id, NOON) == set()
    assert queries.absences(owner.workspace, viewer=owner) == []


def test_ending_early_holds_from_that_moment_on(amira, joan, db):
    made = add(amira, stand_in=joan)
    absences.end(made, by=amira)

    assert stand_in(amira) is None
    assert stand_in(amira, NOON - timedelta(hours=1)) == joan
    with pytest.raises(Conflict):
        absences.end(made, by=amira)
    assert db.session.query(AuditEntry).filter_by(kind="member:absence:ended").count() == 1


def test_what_is_over_cannot_be_ended(amira):
    past = an_absence(amira, first_day=TODAY - timedelta(days=3), last_day=TODAY - timedelta(days=1))

    with pytest.raises(Conflict):
        absences.end(past, by=amira)


def test_only_who_manages_members_speaks_for_others(owner, amira, joan):
    with pytest.raises(NotAllowed):
        add(amira, by=joan)
    made = add(amira, by=owner)
    with pytest.raises(NotAllowed):
        absences.end(made, by=joan)

    absences.end(made, by=owner)


def test_losing_the_role_ends_standing_in_for_good(owner, amira, joan, db):
    add(amira, 0, 9, stand_in=joan)

    members.change_role(owner.workspace, joan, Role.AUDITOR, [], by=owner)
    members.change_role(owner.workspace, joan, Role.REVIEWER, [], by=owner)

    assert stand_in(amira) is None
    entry = db.session.query(AuditEntry).filter_by(kind="member:absence:uncovered").one()
    assert (entry.before["stand_in"], entry.after["stand_in"]) == ("Joan Pereira", None)


def test_a_role_that_decides_too_goes_on_standing_in(owner, amira, joan):
    add(amira, 0, 9, stand_in=joan)

    members.change_role(owner.workspace, joan, Role.ADMIN, [], by=owner)

    assert stand_in(amira) == joan


@pytest.mark.parametrize("lost", [{"role": Role.BILLING}, {"ended_at": NOON}])
def test_a_role_lost_by_any_other_way_stands_in_for_nobody(amira, joan, db, lost):
    add(amira, 0, 9, stand_in=joan)

    db.session.execute(update(Membership).where(Membership.id == joan.id).values(lost))

    assert stand_in(amira) is None and queries.absent_now(amira.workspace_id, NOON) == {amira.id}


def test_who_leaves_is_neither_away_nor_stands_in(owner, amira, joan):
    add(amira, 0, 9, stand_in=joan)
    add(joan, 3, 6)

    members.remove(owner.workspace, joan, by=joan)
    assert stand_in(amira) is None
    members.remove(owner.workspace, amira, by=owner)

    assert queries.absent_now(owner.workspace_id, NOON) == set()
    assert all(row.ended_at for row in queries.absences(owner.workspace, viewer=owner))


def test_of_two_absences_at_the_same_moment_one_is_kept(app, amira, db):
    def adding(membership_id):
        def one():
            member = db.session.get_one(type(amira), membership_id)
            add(member)

        return one

    results = together(app, adding(amira.id), adding(amira.id))

    assert sorted(results) == [False, True]
    assert db.session.query(Absence).count() == 1


def test_naming_somebody_while_they_lose_the_role_leaves_nobody_who_may_not(app, owner, amira, joan, db):
    workspace_type, member_type = type(owner.workspace), type(owner)
    ids = [owner.workspace_id, owner.id, amira.id, joan.id]

    def people():
        workspace = db.session.get_one(workspace_type, ids[0])
        return workspace, *(db.session.get_one(member_type, one) for one in ids[1:])

    def name():
        _, _, away, stands_in = people()
        add(away, stand_in=stands_in)

    def demote():
        workspace, by, _, stands_in = people()
        members.change_role(workspace, stands_in, Role.AUDITOR, [], by=by)

    results = together(app, name, demote)

    db.session.expire_all()
    assert results[1] and all(row.stand_in_id is None for row in db.session.query(Absence))


chains = st.dictionaries(st.integers(0, 5), st.none() | st.integers(0, 7), max_size=6)


@given(chains, st.frozensets(st.integers(0, 7)), st.integers(0, 7))
def test_a_stand_in_is_always_somebody_else_who_is_here_and_may_decide(named, able, who):
    cover = Cover(named, able)

    found = cover.of(who)

    if found is None:
        return
    assert found != who and found in able and not cover.is_away(found) and cover.is_away(who)
    path = [who]
    while path[-1] != found:
        path.append(named[path[-1]])
    assert set(path[1:]) <= able and len(path) == len(set(path))


@given(st.permutations(range(6)))
def test_a_chain_of_any_length_comes_to_whoever_is_here(order):
    cover = Cover(dict(zip(order, order[1:], strict=False)), frozenset(order))

    assert {cover.of(who) for who in order[:-1]} == {order[-1]}


people = st.integers(0, 2)


class Coming(NamedTuple):
    """An absence that has not ended, as the model of the machine below knows it."""

    row: Absence
    who: int
    days: frozenset[int]
    stands_in: int | None


class AwayAndBack(RuleBasedStateMachine):
    """People go away, come back early, change roles and leave, in any order."""

    owner: Membership

    def __init__(self) -> None:
        super().__init__()
        database.session.execute(delete(Absence))
        self.people = [a_member(self.owner.workspace, Role.REVIEWER) for _ in range(3)]
        self.roles: list[Role | None] = [Role.REVIEWER] * 3
        self.coming: list[Coming] = []

    @rule(who=people, first=st.integers(0, 8), length=st.integers(1, 5), stands_in=st.none() | people)
    def go_away(self, who: int, first: int, length: int, stands_in: int | None) -> None:
        days = frozenset(range(first, first + length))
        fits = self.roles[who] is not None and not days & self._days_of(who)
        if stands_in is not None:
            fits &= self.roles[stands_in] is Role.REVIEWER and stands_in != who and not days <= self._days_of(stands_in)
        named = None if stands_in is None else self.people[stands_in]
        try:
            row = add(self.people[who], first, first + length - 1, stand_in=named, by=self.owner)
        except Invalid:
            assert not fits
            return
        assert fits
        self.coming.append(Coming(row, who, days, stands_in))

    @rule(which=st.integers(0, 20))
    @precondition(lambda self: self.coming)
    def come_back(self, which: int) -> None:
        absences.end(self.coming.pop(which % len(self.coming)).row, by=self.owner)

    @rule(who=people, role=st.sampled_from([Role.REVIEWER, Role.AUDITOR]))
    def change_role(self, who: int, role: Role) -> None:
        if self.roles[who] is not None:
            members.change_role(self.owner.workspace, self.people[who], role, [], by=self.owner)
            self._now_is(who, role)

    @rule(who=people)
    def leave(self, who: int) -> None:
        if self.roles[who] is not None:
            members.remove(self.owner.workspace, self.people[who], by=self.owner)
            self.coming = [one for one in self.coming if one.who != who]
            self._now_is(who, None)

    def _now_is(self, who: int, role: Role | None) -> None:
        self.roles[who] = role
        if role is not Role.REVIEWER:
            self.coming = [one._replace(stands_in=None) if one.stands_in == who else one for one in self.coming]

    def _days_of(self, who: int) -> frozenset[int]:
        return frozenset().union(*(one.days for one in self.coming if one.who == who))

    @invariant()
    def everybody_is_covered_as_they_said(self) -> None:
        for day in range(0, 13, 2):
            named = {one.who: one.stands_in for one in self.coming if day in one.days}
            cover = queries.cover_of(self.owner.workspace_id, NOON + timedelta(days=day))
            ids = {who: None if of is None else self.people[of].id for who, of in named.items()}
            assert cover.named == {self.people[who].id: of for who, of in ids.items()}
            assert cover.able == frozenset(of for of in ids.values() if of is not None)


def test_no_order_of_going_and_coming_leaves_anybody_wrongly_covered(owner):
    AwayAndBack.owner = owner
    AwayAndBack.TestCase.settings = settings(max_examples=15, stateful_step_count=15)
    state = AwayAndBack.TestCase()
    state.runTest()
