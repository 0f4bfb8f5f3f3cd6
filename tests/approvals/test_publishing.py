"""Cards that people ask: rules and versions that need a second person."""

import pytest
from sqlalchemy import select

from app.agents.models import AgentVersion
from app.agents.services import change
from app.approvals.deadlines import take_steps
from app.approvals.errors import AlreadyDecided, NotYourCard, OwnRequest
from app.approvals.inbox import inbox
from app.approvals.models import Approval
from app.approvals.publishing import ask_for_rules, ask_for_version
from app.approvals.services import Decision
from app.audit.models import AuditEntry
from app.db import db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.rules.queries import live_set
from app.rules.services import default_rules, save_rule
from app.workspaces.models import Membership, Role
from app.workspaces.services import require_two
from tests.approvals.deciding import reviewer, say
from tests.factories import a_member, a_workspace, an_agent
from tests.factories.rules import a_rule


@pytest.fixture
def admin(app) -> Membership:
    member = a_member(a_workspace(), Role.ADMIN, name="Ada Lovelace")
    default_rules(member.workspace)
    db.session.commit()
    return member


@pytest.fixture
def rules_card(admin) -> Approval:
    draft = save_rule(admin.workspace_id, a_rule("deny", key="never"), seen=0, by=admin.user)
    card = ask_for_rules(admin.workspace, seen=draft.version, note="Nothing for now.", by=admin)
    db.session.commit()
    return card


@pytest.fixture
def version_card(admin) -> Approval:
    agent = an_agent(admin.workspace)
    version = change(agent, {"instructions": "Refund nothing."}, note="Stricter", by=admin.user)
    card = ask_for_version(version, admin.workspace, by=admin)
    db.session.commit()
    return card


def number(card: Approval) -> int:
    live = live_set(card.workspace_id)
    assert live
    return live.number


def test_a_second_person_puts_the_rules_in_force(rules_card):
    say(rules_card, Decision.APPROVE, reviewer(rules_card, Role.OWNER, name="Grace Hopper"))

    assert (rules_card.state, rules_card.outcome["words"]) == ("done", "Version 2 of the rules is in force")
    assert number(rules_card) == 2
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member:rules:published")).one()
    assert (entry.actor, entry.after["approved_by"]) == ("Ada Lovelace", "Grace Hopper")


def test_a_second_person_makes_a_version_live(version_card):
    say(version_card, Decision.APPROVE, reviewer(version_card))

    agent = version_card.agent
    live = db.session.get_one(AgentVersion, agent.live_version_id)
    assert (version_card.state, live.number) == ("done", 2)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "member:agent:live")).one()
    assert entry.after["version"] == 2


def test_who_asked_does_not_agree_with_themselves(rules_card, admin):
    with pytest.raises(OwnRequest):
        say(rules_card, Decision.APPROVE, admin)


def test_a_reviewer_does_not_put_rules_in_force(rules_card):
    with pytest.raises(NotYourCard):
        say(rules_card, Decision.APPROVE, reviewer(rules_card))


def test_declined_nothing_changes_and_it_can_be_asked_again(rules_card, admin):
    say(rules_card, Decision.REJECT, reviewer(rules_card, Role.OWNER), reason="policy")
    assert number(rules_card) == 1

    again = ask_for_rules(admin.workspace, seen=1, note="Please.", by=admin)

    assert (again.round, again.state) == (2, "pending")


def test_what_is_asked_already_is_not_asked_twice(rules_card, version_card, admin):
    with pytest.raises(Conflict, match="asked already"):
        ask_for_rules(admin.workspace, seen=1, note="Again.", by=admin)
    with pytest.raises(Conflict, match="asked already"):
        ask_for_version(change(version_card.agent, {"tools": []}, note="", by=admin.user), admin.workspace, by=admin)


def test_a_draft_that_changed_since_is_not_put_in_force(rules_card, admin):
    save_rule(admin.workspace_id, a_rule("allow", key="more"), seen=1, by=admin.user)
    db.session.commit()

    with pytest.raises(AlreadyDecided, match="changed since"):
        say(rules_card, Decision.APPROVE, reviewer(rules_card, Role.OWNER))
    db.session.commit()

    assert (rules_card.state, number(rules_card)) == ("voided", 1)


def test_a_version_that_was_overtaken_is_not_made_live(version_card):
    agent = version_card.agent
    agent.live_version_id = None
    db.session.commit()

    with pytest.raises(AlreadyDecided, match="changed since"):
        say(version_card, Decision.APPROVE, reviewer(version_card))


@pytest.mark.parametrize("change_", [{"ended_at": True}, {"role": "reviewer"}])
def test_what_somebody_asked_who_may_no_longer_do_it_does_not_count(rules_card, admin, change_):
    for field, value in change_.items():
        setattr(admin, field, now() if field == "ended_at" else value)
    db.session.commit()

    with pytest.raises(AlreadyDecided, match="no longer"):
        say(rules_card, Decision.APPROVE, reviewer(rules_card, Role.OWNER))


@pytest.mark.parametrize("decision", [Decision.EDIT, Decision.CHANGES, Decision.DONE, Decision.RETRY, Decision.SKIP])
def test_it_is_approved_or_declined_and_nothing_else(rules_card, decision):
    with pytest.raises(Invalid):
        say(rules_card, decision, reviewer(rules_card, Role.OWNER), note="x", args={"draft": 9})


def test_it_expires_like_any_card(rules_card):
    rules_card.deadline_at = now()
    db.session.commit()

    assert take_steps() == 1
    db.session.commit()
    assert (rules_card.state, number(rules_card)) == ("expired", 1)


def test_it_waits_in_the_inbox_of_who_can_agree(rules_card, version_card, admin):
    owner, clerk = reviewer(rules_card, Role.OWNER), reviewer(rules_card)

    assert {card.id for card in inbox(owner, "waiting").cards} == {rules_card.id, version_card.id}
    assert [card.id for card in inbox(clerk, "waiting").cards] == [version_card.id]
    assert {card.id for card in inbox(admin, "others").cards} == {rules_card.id, version_card.id}


def test_only_an_owner_lets_one_person_publish_alone_again(admin):
    owner = a_member(admin.workspace, Role.OWNER)
    require_two(admin.workspace, rules=True, versions=True, by=admin)

    with pytest.raises(NotAllowed):
        require_two(admin.workspace, rules=False, versions=True, by=admin)
    require_two(admin.workspace, rules=False, versions=False, by=owner)

    assert not admin.workspace.rules_need_two


def test_nobody_locks_themselves_out(admin):
    with pytest.raises(Invalid, match="nobody else"):
        require_two(admin.workspace, rules=True, versions=False, by=admin)
