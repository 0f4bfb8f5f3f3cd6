"""Claiming, asking and leaving a card in the browser."""

import pytest

from app.approvals.models import Approval
from app.db import db
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_workspace, an_approval


@pytest.fixture
def card(app) -> Approval:
    return an_approval()


@pytest.fixture
def reviewer(card):
    return a_member(db.session.get_one(Workspace, card.workspace_id), Role.REVIEWER)


@pytest.fixture
def colleague(card):
    return a_member(db.session.get_one(Workspace, card.workspace_id), Role.REVIEWER, name="Grace Hopper")


def url(card: Approval, rest: str = "") -> str:
    return f"/w/{db.session.get_one(Workspace, card.workspace_id).slug}/approvals/{card.public_id}{rest}"


def send(browser, card, rest, **fields):
    return browser.post(url(card, rest), {"csrf_token": browser.token(), **fields}, follow=False)


def test_a_claim_shows_to_the_others_and_keeps_them_from_deciding(card, reviewer, colleague, browser_of):
    assert send(browser_of(reviewer.user), card, "/claim").status == 303

    other = browser_of(colleague.user)
    shown = other.get(url(card))
    assert f"{reviewer.user.name} is deciding this" in shown and not shown.all("button", name="decision")
    page = send(other, card, "/decisions", decision="approve", version=1, idempotency_key="k")
    assert page.status == 409
    assert "Not saved." in page


def test_a_claim_is_given_back(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)
    send(browser, card, "/claim")
    assert "Let others decide" in browser.get(url(card))

    send(browser, card, "/give-back")

    assert "Claim for 5 minutes" in browser.get(url(card))


def test_a_colleague_is_asked_and_answers_on_the_card(card, reviewer, browser_of):
    clerk = a_member(db.session.get_one(Workspace, card.workspace_id), Role.AUDITOR)
    browser = browser_of(reviewer.user)
    browser.get(url(card, "/ask"))
    page = browser.submit("colleague-form", colleague=clerk.user.email, text="Did they pay twice?", follow=False)
    assert page.status == 303

    other = browser_of(clerk.user)
    assert "Did they pay twice?" in other.get(url(card).rsplit("/", 1)[0] + "?tab=asked")
    send(other, card, f"/questions/{card.questions[0].public_id}", text="Yes, on 3 and 4 May.")

    assert "Yes, on 3 and 4 May." in browser.get(url(card))


@pytest.mark.parametrize("rest", ["/ask", "/delegate"])
def test_what_does_not_fit_is_said_and_what_was_typed_stays(card, reviewer, browser_of, rest):
    page = send(browser_of(reviewer.user), card, rest, colleague="nobody@x.example", text="Please look.")

    assert page.status == 422
    assert "Please look." in page.html and "nobody@x.example" in page.html


def test_a_card_is_left_to_somebody_who_may_decide_it(card, reviewer, colleague, browser_of):
    send(browser_of(reviewer.user), card, "/delegate", colleague=colleague.user.email, text="I am away.")

    base = url(card).rsplit("/", 1)[0]
    assert card.title in browser_of(colleague.user).get(base)
    assert card.public_id not in browser_of(reviewer.user).get(base).html
    assert "left this to Grace Hopper" in browser_of(reviewer.user).get(url(card))


def test_nobody_of_another_workspace_is_asked(card, reviewer, browser_of):
    stranger = a_member(a_workspace(), Role.OWNER)

    page = send(browser_of(reviewer.user), card, "/ask", colleague=stranger.user.email, text="Psst")

    assert page.status == 422


@pytest.mark.parametrize("rest", ["/claim", "/give-back", "/ask", "/delegate", "/questions/x"])
def test_a_card_of_another_workspace_is_not_there(card, browser_of, rest):
    stranger = a_member(a_workspace(), Role.OWNER)

    assert send(browser_of(stranger.user), card, rest, text="x", colleague=stranger.user.email).status == 404


@pytest.mark.parametrize("rest", ["/claim", "/ask", "/delegate"])
def test_an_auditor_may_not(card, browser_of, rest):
    auditor = a_member(db.session.get_one(Workspace, card.workspace_id), Role.AUDITOR)

    assert send(browser_of(auditor.user), card, rest).status == 403


def test_only_who_was_asked_answers(card, reviewer, colleague, browser_of):
    send(browser_of(reviewer.user), card, "/ask", colleague=colleague.user.email, text="Right?")

    page = send(browser_of(reviewer.user), card, f"/questions/{card.questions[0].public_id}", text="Yes")

    assert page.status == 403
    assert card.questions[0].answered_at is None
