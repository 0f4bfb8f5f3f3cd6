"""Deciding in the browser: the status codes of the outside contract, and what the card then shows."""

from datetime import timedelta

import pytest

from app.approvals.models import Approval
from app.db import db, now
from app.restrictions.models import Restriction
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval

REFUND = {"party": "Hartwell Ltd", "amount": "1840.00", "reference": "20418", "reason": "charged twice"}


@pytest.fixture
def card(app) -> Approval:
    agent = an_agent(a_workspace(), version={"tools": ["book_refund"]})
    run = a_run(agent, state="awaiting_approval", wake_at=None)
    made = an_approval(run, tool="book_refund", args=REFUND, original_args=REFUND)
    db.session.commit()
    return made


@pytest.fixture
def reviewer(card):
    member = a_member(db.session.get_one(Workspace, card.workspace_id), Role.REVIEWER)
    db.session.commit()
    return member


def url(card: Approval) -> str:
    workspace = db.session.get_one(Workspace, card.workspace_id)
    return f"/w/{workspace.slug}/approvals/{card.public_id}"


def decide(browser, card, decision="approve", **fields):
    data = {"decision": decision, "version": 1, "idempotency_key": "k", "csrf_token": browser.token(), **fields}
    return browser.post(f"{url(card)}/decisions", data, htmx=fields.pop("htmx", False))


def state(card) -> str:
    db.session.expire_all()
    return db.session.get_one(Approval, card.id).state


def test_the_form_on_the_page_approves_and_leads_back_with_303(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)
    browser.get(url(card))

    page = browser.submit(f"approval-{card.public_id}-decide", button="approve", follow=False)

    assert page.status == 303
    assert state(card) == "approved"


def test_with_htmx_the_answer_is_the_card_itself(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)
    browser.get(url(card))

    page = browser.submit(f"approval-{card.public_id}-decide", button="approve", htmx=True)

    assert page.status == 200
    assert page.find("article", id=f"approval-{card.public_id}")["data-state"] == "approved"


def test_a_second_decision_gets_409_and_the_card_as_it_is(card, reviewer, browser_of):
    decide(browser_of(reviewer.user), card, "reject", reason="wrong")
    other = a_member(db.session.get_one(Workspace, card.workspace_id), Role.REVIEWER)

    page = decide(browser_of(other.user), card)

    assert page.status == 409
    assert page.find("article", id=f"approval-{card.public_id}")["data-state"] == "rejected"


def test_an_expired_card_gets_410_and_stays_expired(card, reviewer, browser_of):
    card.deadline_at = now() - timedelta(seconds=1)
    db.session.commit()

    assert decide(browser_of(reviewer.user), card).status == 410
    assert state(card) == "expired"


def test_a_member_without_the_right_gets_403_and_nothing_changes(card, browser_of):
    auditor = a_member(db.session.get_one(Workspace, card.workspace_id), Role.AUDITOR)

    assert decide(browser_of(auditor.user), card).status == 403
    assert state(card) == "pending"


def test_another_workspaces_member_gets_404(card, browser_of):
    stranger = a_member(a_workspace(), Role.OWNER)

    assert decide(browser_of(stranger.user), card).status == 404
    assert browser_of(stranger.user).get(url(card)).status == 404


def test_a_card_of_another_workspace_is_not_found_under_ones_own_address(card, browser_of):
    stranger = a_member(a_workspace(), Role.OWNER)
    slug = db.session.get_one(Workspace, stranger.workspace_id).slug

    assert browser_of(stranger.user).get(f"/w/{slug}/approvals/{card.public_id}").status == 404


def test_a_suspended_workspace_gets_423(card, reviewer, browser_of):
    measure = {"level": "suspended", "ground": "security", "capabilities": [], "reason": "Test", "clause": "2"}
    db.session.add(Restriction(workspace_id=card.workspace_id, imposed_by=1, **measure))
    db.session.commit()

    page = decide(browser_of(reviewer.user), card, "changes", note="Take the net amount.")

    assert page.status == 423 and "Not saved." in page
    assert "Take the net amount." in page
    assert state(card) == "pending"


@pytest.mark.parametrize(
    ("decision", "fields"),
    [("reject", {}), ("changes", {"note": " "}), ("edit", {"arg_amount": "lots"}), ("nonsense", {})],
)
def test_what_does_not_fit_gets_422_and_keeps_what_was_typed(card, reviewer, browser_of, decision, fields):
    page = decide(browser_of(reviewer.user), card, decision, **fields)

    assert page.status == 422
    assert state(card) == "pending"
    if "arg_amount" in fields:
        assert "lots" in page.html


def test_an_edit_changes_what_will_be_done(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)

    decide(browser, card, "edit", arg_amount="920.00")

    db.session.expire_all()
    changed = db.session.get_one(Approval, card.id)
    assert (changed.version, changed.args["amount"]) == (2, "920.00")
    assert "€920.00" in changed.title


def test_a_get_never_decides(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)

    assert browser.get(f"{url(card)}/decisions?decision=approve&version=1").status == 405
    assert state(card) == "pending"


def test_signed_out_goes_to_sign_in(card, client):
    assert client.get(url(card), follow=False).status == 303
    assert client.get(url(card), htmx=True).status == 401


def test_without_a_token_nothing_is_decided(card, reviewer, browser_of):
    browser = browser_of(reviewer.user)

    page = browser.post(f"{url(card)}/decisions", {"decision": "approve", "version": 1})

    assert page.status == 422
    assert state(card) == "pending"


def test_the_inbox_shows_the_card_and_its_run(card, reviewer, browser_of):
    page = browser_of(reviewer.user).get(url(card).rsplit("/", 1)[0])

    assert page.find("article", id=f"approval-{card.public_id}")
    assert page.find("section", id=f"run-{card.run.public_id}")


@pytest.mark.parametrize("typed", ["1,500.00", "1.500,00", "1500"])
def test_an_amount_is_changed_as_people_write_it(card, reviewer, browser_of, typed):
    page = decide(browser_of(reviewer.user), card, "edit", arg_amount=typed)

    assert page.status == 303
    db.session.expire_all()
    assert db.session.get_one(Approval, card.id).args["amount"] == "1500.00"


def test_what_is_no_amount_is_said_beside_what_was_typed(card, reviewer, browser_of):
    page = decide(browser_of(reviewer.user), card, "edit", arg_amount="a lot")

    assert page.status == 422 and "Not saved." in page
    assert page.find("input", name="arg_amount")["value"] == "a lot"


@pytest.fixture
def grave(card):
    """A card of high impact, with something that the agent read."""
    card.areas = ["medical"]
    card.evidence = [{"kind": "passage", "title": "guide.md", "place": "page 2", "quote": "Rest.", "ref": "p1"}]
    db.session.commit()
    return card


def test_a_high_impact_card_is_approved_with_a_reason_and_a_source(grave, reviewer, browser_of):
    page = decide(browser_of(reviewer.user), grave, note="It follows the guide.", sources=["p1"])

    assert page.status == 303
    db.session.expire_all()
    vote = db.session.get_one(Approval, grave.id).votes[0]
    assert vote.sources == [{"kind": "passage", "title": "guide.md, page 2", "ref": "p1"}]
    assert "guide.md, page 2" in browser_of(reviewer.user).get(url(grave))


@pytest.mark.parametrize("sources", [[], ["p9"]])
def test_without_a_source_it_is_not_and_the_reason_stays(grave, reviewer, browser_of, sources):
    page = decide(browser_of(reviewer.user), grave, note="It follows the guide.", sources=sources)

    assert page.status == 422 and "Name at least one source" in page
    assert "It follows the guide." in page.html
    assert state(grave) == "pending"
