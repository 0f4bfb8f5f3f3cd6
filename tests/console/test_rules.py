"""The pages on which people read and write the approval rules."""

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.approvals.models import Approval
from app.db import db
from app.restrictions.models import Restriction
from app.rules import queries, services
from app.rules.queries import rules_in_force
from app.workspaces.models import Role
from tests.approvals.deciding import clean
from tests.factories import a_member, a_workspace, an_agent
from tests.factories.rules import a_rule, in_force

GOOD = {"tool": "book_refund", "what-0": "amount", "op-0": ">", "value-0": "500", "effect": "ask", "count-0": "2"}
SAID = "When an agent wants to book a refund and the amount is more than €500.00, 2 people decide."


@pytest.fixture
def ada(app):
    member = a_member(a_workspace(), Role.ADMIN)
    services.default_rules(member.workspace)
    db.session.commit()
    return member


@pytest.fixture
def desk(ada, browser_of):
    return browser_of(ada.user)


@pytest.fixture
def base(ada):
    return f"/w/{ada.workspace.slug}/rules"


def write(desk, base, **fields):
    """Add a rule through the form."""
    desk.get(f"{base}/draft/new")
    return desk.submit("/rules/draft/rules", button="Save in the draft", **GOOD | fields)


def keys(ada):
    db.session.rollback()
    return [line.key for line in rules_in_force(ada.workspace_id)]


def test_everybody_reads_what_is_in_force(ada, base, browser_of):
    page = browser_of(a_member(ada.workspace, Role.AUDITOR).user).get(base)

    assert "When an agent wants to book a refund and the amount is more than €250.00, 2 people decide." in page
    assert "Version 1, in force since" in page and "Change the rules" not in page


def test_a_rule_is_written_read_back_and_put_in_force(ada, desk, base):
    page = write(desk, base)
    assert page.h1 == "Draft of the rules" and SAID in page and "Not in force yet" in page
    assert len(keys(ada)) == 8

    page = desk.submit("/draft/publication", note="Dearer oil")

    assert page.h1 == "Rules" and SAID in page and "Version 2" in page
    assert len(keys(ada)) == 9
    assert "Dearer oil" in desk.get(f"{base}/versions")
    assert SAID in desk.get(f"{base}/versions/2").find("ul", class_="changes").text
    assert "Take it into the draft" in desk.get(f"{base}/versions/1")


def test_the_form_comes_back_with_what_to_correct_and_what_was_typed(desk, base):
    page = write(desk, base, **{"value-0": "much", "count-0": "none"})

    assert page.status == 422 and page.title.startswith("Error: Add a rule")
    summary = page.find(class_="error-summary")
    assert "Write an amount, for example 250.00." in summary.text and "Write how many people" in summary.text
    assert {link["href"][1:] for link in summary.all("a")} <= {node.id for node in page.root.walk()}
    assert page.find("input", name="value-0")["value"] == "much"


def test_more_lines_for_conditions_come_without_scripts(desk, base):
    desk.get(f"{base}/draft/new")
    lines = len(desk.page.all("select", class_="select", name="what-1"))
    page = desk.submit("/rules/draft/rules", button="One more", **GOOD)

    assert lines == 1 and page.find("select", name="what-2") and page.find("input", name="value-0")["value"] == "500"


def test_the_sentence_follows_what_is_typed(desk, base):
    token = {"csrf_token": desk.token()}

    part = desk.post(f"{base}/draft/preview", MultiDict(GOOD | token), htmx=True)
    assert part.status == 200 and SAID in part and part.find(id="rule-sentence")
    assert "reads the rule back" in desk.post(
        f"{base}/draft/preview", MultiDict(GOOD | token | {"tool": "?"}), htmx=True
    )


def test_a_rule_is_changed_moved_switched_and_deleted_in_the_draft(ada, desk, base):
    desk.get(f"{base}/draft/refunds-two")
    assert desk.page.find("input", name="value-0")["value"] == "250.00"
    desk.submit("/rules/draft/rules", button="Save in the draft", **{"value-0": "300", "mode": "watch"})
    assert "the amount is more than €300.00" in desk.page and "Only watched" in desk.page

    form = [f for f in desk.page.all("form") if f["action"].endswith("/refunds-two/move")][0]
    seen = form.find("input", name="seen")["value"]
    page = desk.post(
        f"{base}/draft/rules/refunds-two/move", {"csrf_token": desk.token(), "seen": seen, "to": "down"}, follow=True
    )
    assert "Line 2" in page.find("ul", class_="changes").text

    desk.get(f"{base}/draft/payments")
    page = desk.submit("/draft/rules/payments/delete")
    assert "Removed" in page.find("ul", class_="changes").text
    assert keys(ada)[0] == "refunds-two" and "payments" in keys(ada)

    page = desk.submit("/draft/discard")
    assert page.h1 == "Rules" and queries.draft_of(ada.workspace_id) is None


def test_our_own_words_follow_what_the_rule_comes_to_say(ada, desk, base):
    """A rule of many conditions is longer in our words than a person may write."""
    places = ", ".join(f"supplier{n}.example" for n in range(8))
    write(desk, base, **{"what-1": "any_recipient", "op-1": "is", "value-1": places})
    rule = queries.draft_of(ada.workspace_id).rules[-1]
    assert "€500.00" in rule["name"] and len(rule["name"]) > 120

    desk.get(f"{base}/draft/{rule['key']}")
    page = desk.submit("/rules/draft/rules", button="Save in the draft", **{"value-0": "900"})

    assert page.status == 200
    db.session.expire_all()
    assert "€900.00" in queries.draft_of(ada.workspace_id).rules[-1]["name"]


def test_one_rule_too_many_keeps_what_was_typed(desk, base, monkeypatch):
    monkeypatch.setattr(services, "MOST", 8)

    page = write(desk, base)

    assert page.status == 422 and "at most 8 rules" in page.find(class_="error-summary").text
    assert page.find("input", name="value-0")["value"] == "500"


def test_who_changes_what_somebody_else_changed_is_told(ada, desk, base, browser_of):
    other = browser_of(a_member(ada.workspace, Role.OWNER).user)
    other.get(f"{base}/draft/new")
    write(desk, base)

    page = other.submit("/rules/draft/rules", button="Save in the draft", **GOOD)

    assert page.status == 409 and "Somebody else changed the draft" in page
    assert other.submit("/rules/draft/rules", button="Save in the draft").h1 == "Draft of the rules"
    assert len(queries.draft_of(ada.workspace_id).rules) == 10


def test_without_a_reason_nothing_is_put_in_force(ada, desk, base):
    write(desk, base)

    page = desk.submit("/draft/publication", note="  ")

    assert page.status == 422 and "Say why the rules change." in page.find(class_="error-summary").text
    assert len(keys(ada)) == 8


def test_an_old_version_comes_back_through_the_draft(ada, desk, base):
    write(desk, base)
    desk.submit("/draft/publication", note="More")

    desk.get(f"{base}/versions/1")
    page = desk.submit("/versions/1/restore")

    assert "The draft says what version 1 said" in page
    desk.submit("/draft/publication", note="Less")
    assert len(keys(ada)) == 8


@pytest.mark.parametrize("role", [Role.BUILDER, Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_others_write_no_rules(ada, base, role, browser_of):
    browser = browser_of(a_member(ada.workspace, role).user)

    for path in ("draft", "draft/new", "draft/payments"):
        assert browser.get(f"{base}/{path}").status == 403
    for path in ("draft/rules", "draft/preview", "draft/publication", "draft/discard", "draft/rules/payments/delete"):
        assert browser.post(f"{base}/{path}", GOOD | {"csrf_token": browser.token()}).status == 403
    assert queries.draft_of(ada.workspace_id) is None


def test_rules_of_another_workspace_do_not_exist_here(ada, desk, base):
    elsewhere = a_workspace()
    in_force(elsewhere.id, a_rule("deny", key="theirs"))
    agent = an_agent(elsewhere)

    assert desk.get(f"/w/{elsewhere.slug}/rules").status == 404
    assert desk.get(f"{base}/draft/theirs").status == 404
    assert desk.get(f"{base}/versions/2").status == desk.get(f"{base}/versions/{10**20}").status == 404
    page = write(desk, base, who="*")
    form = GOOD | {"who": f"agent:{agent.public_id}", "csrf_token": desk.token(), "seen": "1"}
    page = desk.post(f"{base}/draft/rules", form)
    assert page.status == 422 and "Choose whose actions it is about." in page


@pytest.mark.parametrize(
    "path", ["draft/rules/payments/move", "draft/rules/payments/mode", "draft/rules/nothing/delete"]
)
def test_odd_requests_change_nothing(ada, desk, base, path):
    sent = {"csrf_token": desk.token(), "seen": "x" * 40, "to": "sideways", "mode": "maybe"}

    assert desk.post(f"{base}/{path}", sent).status in (303, 404)
    db.session.rollback()
    draft = queries.draft_of(ada.workspace_id)
    assert draft is None or [line["key"] for line in draft.rules] == keys(ada)


def test_a_suspended_workspace_keeps_its_rules(ada, desk, base):
    write(desk, base)
    measure = {"level": "suspended", "ground": "security", "capabilities": [], "reason": "Test", "clause": "2"}
    db.session.add(Restriction(workspace_id=ada.workspace_id, imposed_by=1, **measure))
    db.session.commit()

    assert desk.get(base).status == 200
    sent = {"csrf_token": desk.token(), "seen": "1", "note": "Now"}
    assert desk.post(f"{base}/draft/publication", sent).status == 423
    assert len(keys(ada)) == 8


def test_where_two_are_needed_publishing_asks_a_second_person(ada, desk, base, browser_of):
    ada.workspace.rules_need_two = True
    db.session.commit()
    write(desk, base)

    page = desk.submit("/draft/publication", note="Dearer oil")

    assert "A second person is asked." in page and "Dearer oil" in page
    assert len(keys(ada)) == 8
    other = browser_of(a_member(ada.workspace, Role.OWNER).user)
    other.get(f"/w/{ada.workspace.slug}/approvals")
    assert "is in force" in other.submit(
        f"approval-{db.session.scalars(select(Approval)).one().public_id}-decide", button="approve"
    )
    assert len(keys(ada)) == 9


def test_what_an_agent_has_earned_is_offered_and_added_to_the_draft(ada, desk, base):
    agent = an_agent(ada.workspace)
    clean(agent, ada)
    page = desk.get(base)
    assert "20 approvals in a row without a change" in page
    assert f"When {agent.name} wants to book a refund and the amount is at most €40.00" in page

    page = desk.submit("/draft/earned")

    assert "Added to the draft." in page and "10 in 100 are asked all the same" in page
    assert len(keys(ada)) == 8


def test_what_is_not_earned_is_not_added(ada, desk, base):
    sent = {"agent": an_agent(ada.workspace).public_id, "tool": "book_refund", "seen": 0, "csrf_token": desk.token()}

    assert desk.post(f"{base}/draft/earned", sent).status == 409
    assert queries.draft_of(ada.workspace_id) is None


@pytest.mark.parametrize(
    ("sample", "until", "field"), [("100", "", "sample"), ("x", "", "sample"), ("", "soon", "until")]
)
def test_a_share_and_an_end_that_are_none_are_said(desk, base, sample, until, field):
    page = write(desk, base, effect="allow", sample=sample, until=until)

    assert page.status == 422
    assert page.find("input", name=field).get("aria-invalid") == "true"


def test_a_rule_that_lets_go_alone_can_end_and_leave_a_share(ada, desk, base):
    page = write(desk, base, effect="allow", sample="5", until="2027-03-01")

    assert "it goes on alone until 1 Mar 2027, and 5 in 100 are asked all the same" in page
