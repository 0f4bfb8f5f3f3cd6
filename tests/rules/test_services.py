"""The draft and the versions: nothing is lost, nothing is overwritten, one set is in force."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, select

from app.audit.models import AuditEntry
from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.rules import queries, services
from app.rules.models import RuleDraft, RuleSet
from app.rules.policy import Mode
from tests.factories import a_member
from tests.factories.rules import a_rule, in_force


@pytest.fixture
def ada(app: Any) -> Any:
    return a_member()


def lines(workspace_id: int) -> list[str]:
    return [line.key for line in queries.rules_in_force(workspace_id)]


def test_a_change_is_not_in_force_until_it_is_published(ada):
    here = ada.workspace_id
    in_force(here, a_rule("ask", key="a"))

    draft = services.save_rule(here, a_rule("deny", key="b"), seen=0, by=ada.user)
    assert lines(here) == ["a"]
    made = services.publish(here, seen=draft.version, note="No more of that", by=ada.user)

    assert lines(here) == ["a", "b"] and made.number == 2 and queries.draft_of(here) is None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member:rules:published")).one()
    assert [line["key"] for line in entry.before["rules"]] == ["a"] and entry.after["note"] == "No more of that"


def test_an_earlier_version_stays_as_it_was_and_can_come_back(ada):
    here = ada.workspace_id
    in_force(here, a_rule("ask", key="a"), a_rule("deny", key="b"))
    draft = services.delete_rule(here, "a", seen=0, by=ada.user)
    services.publish(here, seen=draft.version, note="Without a", by=ada.user)

    first = queries.get_set(here, 1)
    assert [line["key"] for line in first.rules] == ["a", "b"] and first.retired_at is not None
    draft = services.restore(here, first, seen=0, by=ada.user)
    services.publish(here, seen=draft.version, note="Back to the first", by=ada.user)

    assert lines(here) == ["a", "b"] and queries.live_set(here).number == 3


def test_rules_move_no_further_than_the_ends(ada):
    here = ada.workspace_id
    in_force(here, *(a_rule("ask", key=key) for key in "abc"))

    draft = services.move_rule(here, "c", places=-1, seen=0, by=ada.user)
    assert [line["key"] for line in draft.rules] == ["a", "c", "b"]
    draft = services.move_rule(here, "a", places=-1, seen=draft.version, by=ada.user)
    draft = services.move_rule(here, "b", places=1, seen=draft.version, by=ada.user)
    assert [line["key"] for line in draft.rules] == ["a", "c", "b"]


def test_two_people_never_write_over_each_other(ada):
    here = ada.workspace_id
    in_force(here, a_rule("ask", key="a"))
    services.save_rule(here, a_rule("deny", key="b"), seen=0, by=ada.user)

    for late in (
        lambda: services.save_rule(here, a_rule("deny", key="c"), seen=0, by=ada.user),
        lambda: services.move_rule(here, "a", places=1, seen=5, by=ada.user),
        lambda: services.switch_rule(here, "a", Mode.OFF, seen=0, by=ada.user),
        lambda: services.discard(here, seen=9),
        lambda: services.publish(here, seen=9, note="x", by=ada.user),
    ):
        with pytest.raises(Conflict):
            late()


def test_a_draft_begun_before_another_was_published_cannot_be(ada):
    here = ada.workspace_id
    in_force(here, a_rule("ask", key="a"))
    draft = services.save_rule(here, a_rule("deny", key="b"), seen=0, by=ada.user)
    draft.base = 0
    db.session.flush()

    with pytest.raises(Conflict, match="since this draft was begun"):
        services.publish(here, seen=draft.version, note="x", by=ada.user)


def test_what_says_nothing_new_is_not_published(ada):
    here = ada.workspace_id
    in_force(here, a_rule("ask", key="a"))
    draft = services.switch_rule(here, "a", Mode.ENFORCE, seen=0, by=ada.user)

    with pytest.raises(Invalid, match="says the same"):
        services.publish(here, seen=draft.version, note="x", by=ada.user)
    with pytest.raises(Invalid, match="Say why"):
        services.publish(here, seen=draft.version, note=" ", by=ada.user)


def test_an_unknown_rule_is_not_there(ada):
    in_force(ada.workspace_id, a_rule("ask", key="a"))

    for act in (services.delete_rule, lambda *a, **k: services.move_rule(*a, places=1, **k)):
        with pytest.raises(NotFound):
            act(ada.workspace_id, "nothing", seen=0, by=ada.user)


def test_there_is_an_end_to_how_many_rules_there_are(ada, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    in_force(ada.workspace_id, a_rule("ask", key="a"))

    services.save_rule(ada.workspace_id, a_rule("deny", key="a"), seen=0, by=ada.user)
    with pytest.raises(Invalid, match="at most 1 rules"):
        services.save_rule(ada.workspace_id, a_rule("ask", key="b"), seen=1, by=ada.user)


class Drafting(RuleBasedStateMachine):
    """People change, publish and discard, now and then on what they saw long ago."""

    here: int
    by: Any

    def __init__(self) -> None:
        super().__init__()
        db.session.execute(delete(RuleDraft))
        db.session.execute(delete(RuleSet))
        in_force(self.here, a_rule("ask", key="a"), a_rule("deny", key="b"))
        self.live, self.draft, self.version, self.base = ["a", "b"], None, 0, 1
        self.published = {1: ["a", "b"]}
        self.made = 0

    @rule(stale=st.booleans(), where=st.sampled_from(["new", "a", "b"]))
    def save(self, stale: bool, where: str) -> None:
        self.made += 1
        key = f"n{self.made}" if where == "new" else where
        effect = "deny" if self.made % 2 else "ask"
        self._try(stale, lambda seen: services.save_rule(self.here, a_rule(effect, key=key), seen=seen, by=self.by),
                  lambda keys: keys if key in keys else [*keys, key])  # fmt: skip

    @rule(stale=st.booleans(), key=st.sampled_from(["a", "b", "n1"]))
    def leave_out(self, stale: bool, key: str) -> None:
        if key in (self.live if self.draft is None else self.draft):
            self._try(stale, lambda seen: services.delete_rule(self.here, key, seen=seen, by=self.by),
                      lambda keys: [k for k in keys if k != key])  # fmt: skip

    @rule(stale=st.booleans())
    @precondition(lambda self: self.draft is not None)
    def discard(self, stale: bool) -> None:
        if stale:
            with pytest.raises(Conflict):
                services.discard(self.here, seen=self.version + 7)
            return
        services.discard(self.here, seen=self.version)
        self.draft, self.version = None, 0

    @rule(stale=st.booleans())
    @precondition(lambda self: self.draft is not None)
    def publish(self, stale: bool) -> None:
        seen = self.version + (7 if stale else 0)
        try:
            made = services.publish(self.here, seen=seen, note="Because", by=self.by)
        except (Conflict, Invalid):
            assert stale or queries.live_set(self.here).rules == queries.draft_of(self.here).rules
            return
        assert not stale
        self.live, self.draft, self.version = self.draft, None, 0
        self.published[made.number] = self.live

    def _try(self, stale: bool, act: Any, change: Any) -> None:
        if stale:
            with pytest.raises(Conflict):
                act(self.version + 7)
            return
        draft = act(self.version)
        self.draft = change(self.live if self.draft is None else self.draft)
        assert draft.version == self.version + 1
        self.version = draft.version

    @invariant()
    def all_is_as_people_left_it(self) -> None:
        assert lines(self.here) == self.live
        draft = queries.draft_of(self.here)
        assert ([line["key"] for line in draft.rules] if draft else None) == self.draft
        kept = {found.number: [line["key"] for line in found.rules] for found in queries.sets(self.here)[0]}
        assert kept == dict(sorted(self.published.items(), reverse=True)[: queries.PAGE])


def test_no_order_of_changes_loses_or_mixes_anything(ada):
    Drafting.here, Drafting.by = ada.workspace_id, ada.user
    Drafting.TestCase.settings = settings(max_examples=25, stateful_step_count=20)
    state = Drafting.TestCase()
    state.runTest()
