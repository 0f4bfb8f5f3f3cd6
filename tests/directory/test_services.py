"""Adding and ending entries, and what the guard is told of them."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditEntry
from app.dataflow.origins import Kind
from app.db import db
from app.directory import queries, services
from app.directory.models import Entry, EntryKind
from app.directory.queries import named_by_directory
from app.directory.services import LinesUnfit
from app.errors import Conflict, Invalid, NotFound
from app.workspaces.models import Role
from tests.factories import a_member
from tests.factories.directory import an_entry


@pytest.fixture
def ada(app):
    return a_member(role=Role.ADMIN)


def named(member, kind=Kind.PARTY):
    return named_by_directory(member.workspace_id).names[kind]


def add(member, *lines, kind=EntryKind.PARTY):
    made = services.add(member.workspace, kind, lines, note="", by=member.user)
    db.session.commit()
    return made


def audited(member):
    kept = select(AuditEntry.kind, AuditEntry.summary).where(AuditEntry.chain == member.workspace_id)
    return [tuple(row) for row in db.session.execute(kept.order_by(AuditEntry.seq))]


def test_several_are_added_and_each_is_on_record(ada):
    add(ada, "Hartwell  Ltd", "", "Olivar del Sur")

    assert named(ada) == {"hartwell ltd", "olivar del sur"}
    assert audited(ada) == [
        ("member:directory:added", f"{ada.user.name} added Hartwell Ltd to the directory"),
        ("member:directory:added", f"{ada.user.name} added Olivar del Sur to the directory"),
    ]


def test_a_domain_is_told_apart_from_names(ada):
    add(ada, "Partner.example", kind=EntryKind.DOMAIN)

    source = named_by_directory(ada.workspace_id)
    assert set(source.domains) == {"partner.example"} and not any(source.names.values())


def test_when_one_line_does_not_fit_nothing_is_added(ada):
    an_entry(ada, "Hartwell Ltd")

    with pytest.raises(LinesUnfit) as unfit:
        services.add(ada.workspace, EntryKind.PARTY, ["Mill", "", "HARTWELL LTD", "&", "mill"], note="", by=ada.user)
    db.session.rollback()

    assert [line.split(":")[0] for line in unfit.value.lines] == ["Line 3", "Line 4", "Line 5"]
    assert "is in the directory already" in unfit.value.lines[0]
    assert named(ada) == {"hartwell ltd"}


def test_what_was_ended_names_nothing_and_can_be_added_again(ada):
    entry = an_entry(ada)
    services.end(entry, by=ada.user)
    db.session.commit()
    assert named(ada) == set()

    with pytest.raises(Conflict):
        services.end(entry, by=ada.user)
    db.session.rollback()
    again = an_entry(ada)

    assert named(ada) == {"hartwell ltd"} and again.id != entry.id
    assert [kind for kind, _ in audited(ada)] == [f"member:directory:{verb}" for verb in ("added", "ended", "added")]


def test_what_was_rolled_back_names_nothing(ada):
    services.add(ada.workspace, EntryKind.PARTY, ["Eve"], note="", by=ada.user)
    assert named(ada) == {"eve"}

    db.session.rollback()

    assert named(ada) == set()


def test_a_directory_is_its_own_workspaces(ada):
    other = a_member()
    entry = an_entry(other)

    assert named(ada) == set() and queries.entries(ada.workspace_id) == ([], None)
    with pytest.raises(NotFound):
        queries.get_entry(ada.workspace_id, entry.public_id)


def test_a_directory_has_an_end(ada, monkeypatch):
    monkeypatch.setattr(services, "MOST", 2)
    monkeypatch.setattr(services, "MOST_AT_ONCE", 3)
    an_entry(ada)

    for lines, why in (
        (["A1", "B1"], "at most 2 entries"),
        (["A1", "B1", "C1", "D1"], "at most 3 lines"),
        ([" "], "one"),
    ):
        with pytest.raises(Invalid, match=why):
            services.add(ada.workspace, EntryKind.PARTY, lines, note="", by=ada.user)
        db.session.rollback()


def test_the_database_keeps_one_live_row_of_each(ada):
    entry = an_entry(ada)
    copied = {name: getattr(entry, name) for name in ("workspace_id", "kind", "value", "folded", "note", "added_by")}
    db.session.add(Entry(**copied))

    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_pages_go_on_from_where_the_last_one_ended(ada, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    add(ada, "Ash", "Birch 100%", "Cedar")

    first, older = queries.entries(ada.workspace_id)
    second, end = queries.entries(ada.workspace_id, before=older)

    assert [row.value for row in (*first, *second)] == ["Cedar", "Birch 100%", "Ash"] and end is None
    assert [row.value for row in queries.entries(ada.workspace_id, words="0%")[0]] == ["Birch 100%"]
    assert queries.entries(ada.workspace_id, words="_")[0] == []


class Directory(RuleBasedStateMachine):
    """However it is changed, the guard is told exactly what is live."""

    names = st.sampled_from(["Ash", "ASH", "Birch", "Cedar", "&"])

    @initialize()
    def begin(self):
        self.ada = a_member(role=Role.ADMIN)
        self.live: dict[str, Entry] = {}

    @rule(lines=st.lists(names, min_size=1, max_size=3), stays=st.booleans())
    def add(self, lines, stays):
        folded = [line.casefold() for line in lines]
        fits = len(set(folded)) == len(folded) and not set(folded) & {*self.live, "&"}
        try:
            made = services.add(self.ada.workspace, EntryKind.PARTY, lines, note="", by=self.ada.user)
        except LinesUnfit:
            assert not fits
            db.session.rollback()
            return
        assert fits
        named(self.ada)  # read before it is certain
        if stays:
            db.session.commit()
            self.live |= {entry.folded: entry for entry in made}
        else:
            db.session.rollback()

    @rule(name=names)
    def end(self, name):
        if entry := self.live.pop(name.casefold(), None):
            services.end(entry, by=self.ada.user)
            db.session.commit()

    @invariant()
    def the_guard_is_told_what_is_live(self):
        if hasattr(self, "live"):
            assert named(self.ada) == set(self.live)
            kept = select(func.count()).where(Entry.workspace_id == self.ada.workspace_id, Entry.ended_at.is_(None))
            assert db.session.scalar(kept) == len(self.live)


def test_the_guard_is_always_told_what_is_live(app):
    run_state_machine_as_test(Directory, settings=settings(max_examples=15, stateful_step_count=12, deadline=None))
