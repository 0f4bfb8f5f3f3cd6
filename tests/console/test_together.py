"""Deciding several cards at once: only what belongs together, each exactly as it was seen."""

import pytest

from app.approvals.models import Approval
from app.db import db
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval


@pytest.fixture
def cards(app) -> list[Approval]:
    """Three cards of medium risk, of one agent in three runs."""
    agent = an_agent(a_workspace())
    return [an_approval(a_run(agent, state="awaiting_approval", wake_at=None), risk="medium") for _ in range(3)]


@pytest.fixture
def reviewer(cards):
    return a_member(db.session.get_one(Workspace, cards[0].workspace_id), Role.REVIEWER)


def address(card: Approval) -> str:
    return f"/w/{db.session.get_one(Workspace, card.workspace_id).slug}/approvals/together"


def send(browser, cards, decision="approve", *, versions=None, **fields):
    picked = [f"{card.public_id}:{(versions or {}).get(card.id, card.version)}" for card in cards]
    data = {"decision": decision, "card": picked, "csrf_token": browser.token(), **fields}
    return browser.post(address(cards[0]), data, follow=False)


def states(cards) -> list[str]:
    db.session.expire_all()
    return [db.session.get_one(Approval, card.id).state for card in cards]


def test_the_page_offers_what_is_alike_and_decides_nothing(cards, reviewer, browser_of):
    other = an_approval(risk="medium")

    page = browser_of(reviewer.user).get(f"{address(cards[0])}?like={cards[0].public_id}")

    assert all(page.find("input", id=f"pick-{card.public_id}") for card in cards)
    assert other.public_id not in page.html
    assert states(cards) == ["pending"] * 3


def test_all_that_are_ticked_are_approved_and_the_rest_waits(cards, reviewer, browser_of):
    page = send(browser_of(reviewer.user), cards[:2])

    assert page.status == 303
    assert states(cards) == ["approved", "approved", "pending"]


def test_all_that_are_ticked_are_declined_with_one_reason(cards, reviewer, browser_of):
    send(browser_of(reviewer.user), cards, "reject", reason="duplicate", note="Paid last week.")

    assert states(cards) == ["rejected"] * 3
    assert {card.votes[0].note for card in cards} == {"Paid last week."}


def test_what_changed_meanwhile_is_not_decided_and_the_page_says_so(cards, reviewer, browser_of):
    page = send(browser_of(reviewer.user), cards, versions={cards[1].id: 7})

    assert page.status == 409
    assert "2 approved. 1 not." in page and "changed while you were reading" in page
    assert states(cards) == ["approved", "pending", "approved"]


def test_sent_twice_it_is_one_decision_each(cards, reviewer, browser_of):
    browser = browser_of(reviewer.user)
    send(browser, cards)

    assert send(browser, cards, versions={card.id: 1 for card in cards}).status == 303
    assert [len(card.votes) for card in cards] == [1, 1, 1]


def test_what_the_guard_stopped_is_approved_by_itself(cards, reviewer, browser_of):
    cards[0].reasons = ["the amount stands nowhere: it is the model's own"]
    cards[1].rule_key = "guard"
    db.session.commit()

    page = send(browser_of(reviewer.user), cards)

    assert page.status == 409 and "Approve this one by itself" in page
    assert states(cards) == ["pending", "pending", "approved"]


def test_high_risk_is_approved_together_within_one_run_only(cards, reviewer, browser_of):
    for card in cards:
        card.risk = "high"
    same = an_approval(cards[0].run)
    db.session.commit()
    browser = browser_of(reviewer.user)

    assert send(browser, cards).status == 409
    assert send(browser, [cards[0], same]).status == 303
    assert states([*cards, same]) == ["approved", "pending", "pending", "approved"]


def test_what_does_not_belong_together_is_refused(cards, reviewer, browser_of):
    other = an_approval(a_run(an_agent(cards[0].run.workspace), state="awaiting_approval", wake_at=None), risk="low")
    browser = browser_of(reviewer.user)

    assert send(browser, [cards[0], other]).status == 422
    assert send(browser, cards, "done").status == 422
    assert send(browser, cards, "reject").status == 422
    assert browser.post(address(cards[0]), {"decision": "approve", "csrf_token": browser.token()}).status == 422
    assert states([*cards, other]) == ["pending"] * 4


def test_a_card_of_another_workspace_is_not_there(cards, reviewer, browser_of):
    browser = browser_of(a_member(a_workspace(), Role.OWNER).user)
    slug = address(an_approval())

    assert browser.get(f"{slug}?like={cards[0].public_id}").status == 404
    assert send(browser_of(reviewer.user), [an_approval(), *cards]).status == 404
    assert states(cards) == ["pending"] * 3


def test_an_auditor_decides_nothing_together(cards, browser_of):
    auditor = a_member(db.session.get_one(Workspace, cards[0].workspace_id), Role.AUDITOR)

    assert send(browser_of(auditor.user), cards).status == 403
    assert states(cards) == ["pending"] * 3


def test_the_list_offers_it_only_where_there_is_more_than_one(cards, reviewer, browser_of):
    base = address(cards[0]).removesuffix("/together")
    browser = browser_of(reviewer.user)
    assert "Decide 3 like" in browser.get(base)

    for card in cards[1:]:
        card.state = "rejected"
    db.session.commit()

    assert "together" not in browser.get(base)
