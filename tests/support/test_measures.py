"""The staff pages: finding a workspace, looking at its figures, and measures from the form to the customer's log."""

import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.audit.services import record, verify
from app.db import db
from app.mail import MailMessage
from app.restrictions.models import Restriction
from app.workspaces.models import Role
from tests.factories import a_member, a_run, a_workspace, an_agent
from tests.factories.agreements import with_notice
from tests.support.conftest import a_staff_member

HERE = "/support/workspaces/northwind"
REASON = "On 19 November your agent sent 2,140 identical mails."


@pytest.fixture
def northwind(app):
    workspace = a_workspace("Northwind Supplies", slug="northwind")
    a_member(workspace, name="Henrik Dahl")
    return workspace


def fill(browser, **typed):
    browser.get(HERE)
    fields = {"level": "suspended", "ground": "security", "reason": REASON}
    return browser.submit("measure", **fields | typed)


def suspend(browser, **typed):
    fill(browser, **typed)
    return browser.submit("confirm", button="yes")


def log(workspace, kind):
    query = select(AuditEntry).where(AuditEntry.chain == (workspace.id if workspace else 0), AuditEntry.kind == kind)
    return db.session.scalars(query.order_by(AuditEntry.seq)).all()


def measures():
    return db.session.scalars(select(Restriction).order_by(Restriction.id)).all()


@pytest.mark.parametrize("words", ["north", "Supplies", "northwind", "NORTHWIND"])
def test_a_workspace_is_found_by_part_of_its_name_or_address(northwind, trust, words):
    a_workspace("Fennel & Rye", slug="fennel-rye")
    trust.get("/support/")

    page = trust.submit("find", q=words)

    assert [link["href"] for link in page.find("tbody").all("a")] == [HERE]


def test_a_workspace_is_found_by_the_mail_address_of_a_member_and_not_by_part_of_one(northwind, trust):
    member = a_member(northwind)

    assert "Northwind Supplies" in trust.get(f"/support/?q={member.user.email.upper()}")
    assert "No workspace matches" in trust.get(f"/support/?q={member.user.email[:-1]}")


@pytest.mark.parametrize("query", ["after=999999999999999999999999", "after=-1", "after=x", "q=%00", "q=%25", "q=_"])
def test_strange_addresses_are_answered(northwind, trust, query):
    assert trust.get(f"/support/?{query}").status == 200
    assert trust.get(f"/support/audit?{query.replace('after', 'before')}").status == 200


def test_workspaces_are_paged(app, trust):
    for n in range(27):
        a_workspace(f"Paged {n}")

    first = trust.get("/support/?q=Paged")
    second = trust.click("Older")

    assert (len(first.find("tbody").all("tr")), len(second.find("tbody").all("tr"))) == (25, 2)


def test_the_page_shows_figures_and_no_content(northwind, trust):
    agent = an_agent(northwind, name="Secret Project Agent")
    a_run(agent, input={"request": "The password is hunter2"}, summary="Paid Hartwell", output="Private result")

    page = trust.get(HERE)

    assert "1, 1 not finished" in page
    for content in ("Secret Project Agent", "hunter2", "Paid Hartwell", "Private result"):
        assert content not in page


def test_every_look_is_in_the_customers_own_log_and_in_ours(northwind, trust):
    trust.get(HERE)
    trust.get(HERE)

    theirs = log(northwind, "staff:workspace:viewed")
    assert [(entry.actor, entry.actor_ref[:6]) for entry in theirs] == [("LeenOps support", "staff:")] * 2
    assert [entry.actor for entry in log(None, "staff:workspace:viewed")] == ["Kofi Osei"] * 2


def test_the_owner_reads_about_the_look(northwind, trust, browser_of):
    trust.get(HERE)

    page = browser_of(a_member(northwind).user).get("/w/northwind/audit?kind=staff:")

    assert "LeenOps support" in page and "Looked at this workspace's figures" in page


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"level": ""}, "Choose what should happen."),
        ({"level": "terminated"}, "Choose what should happen."),
        ({"level": "restrict"}, "Choose what to switch off."),
        ({"level": "restrict", "capabilities": ["decide"]}, "Choose what to switch off."),
        ({"ground": ""}, "Choose the ground."),
        ({"ground": "dislike"}, "Choose the ground."),
        ({"reason": "  \r\n "}, "Say what the customer should read."),
        ({"reason": "x" * 2001}, "Use at most 2,000 characters."),
        ({"clause": "Terms of service 9.9, clause 1"}, "Choose the clause."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(northwind, trust, missing, sentence):
    page = fill(trust, **missing)

    assert page.status == 422
    assert page.title.startswith("Error: Northwind Supplies")
    assert sentence in page.find(class_="error-summary").text
    assert missing.get("reason", REASON).strip() in page.find("textarea", name="reason").text
    assert not measures()


def test_nothing_happens_before_it_is_confirmed(northwind, trust):
    page = fill(trust)

    assert page.h1 == "Suspend Northwind Supplies?"
    assert not measures()


def test_the_review_shows_what_the_customer_will_read(northwind, trust):
    page = fill(trust)

    banner, letter = [node.text for node in page.all(class_="preview")]
    assert "This workspace is suspended." in banner and REASON in banner and "clause 2.2" in banner
    assert REASON in letter and "You" not in banner.split(".")[0]


def test_going_back_from_the_review_keeps_what_was_typed(northwind, trust):
    fill(trust, level="restrict", capabilities=["send_outside"], ground="legal")

    page = trust.submit("confirm", button="no")

    assert page.h1 == "Northwind Supplies" and page.status == 200
    assert page.find("textarea", name="reason").text == REASON
    assert "checked" in page.find("input", value="send_outside").attrs
    assert not measures()


def test_a_suspension_stands_in_both_logs_and_goes_to_the_owners(northwind, trust):
    page = suspend(trust, ground="platform_abuse")

    assert page.path == HERE and "In force. The owners have mail." in page
    measure = measures()[0]
    for where in (northwind, None):
        entry = log(where, "staff:restriction:imposed")[0]
        assert entry.subject == f"restriction:{measure.public_id}"
        assert (entry.after["level"], entry.after["ground"]) == ("suspended", "platform_abuse")
        assert entry.after["reason"] == REASON and entry.after["clause"].endswith("clause 2.2")
    letter = db.session.scalars(select(MailMessage).where(MailMessage.workspace_id == northwind.id)).one()
    assert REASON in letter.text and "henrik" in letter.recipients[0]


def test_confirming_twice_is_one_suspension(northwind, trust):
    fill(trust)
    review = trust.page
    trust.submit("confirm", button="yes")
    trust.page = review

    page = trust.submit("confirm", button="yes")

    assert page.status == 409
    assert len(measures()) == 1


def test_lifting_needs_a_reason_and_says_it(northwind, trust):
    suspend(trust)
    page = trust.submit("Lift it", lift_reason=" ")
    assert page.status == 422 and "Say why it ends." in page

    page = trust.submit("Lift it", lift_reason="The key was replaced.")

    assert "In good standing" in page and "Lifted: The key was replaced." in page
    entry = log(northwind, "staff:restriction:lifted")[0]
    assert entry.after == {"lifted": "The key was replaced."}
    letters = db.session.scalars(select(MailMessage.text).where(MailMessage.workspace_id == northwind.id)).all()
    assert "The key was replaced." in letters[-1] and "Everything works again." in letters[-1]


def test_lifting_twice_is_a_conflict(northwind, trust):
    suspend(trust)
    page = trust.page
    trust.submit("Lift it", lift_reason="Replaced.")
    trust.page = page

    assert trust.submit("Lift it", lift_reason="Again.").status == 409
    assert measures()[0].lift_reason == "Replaced."


def test_a_measure_is_lifted_only_at_its_own_workspace(northwind, trust):
    suspend(trust)
    other = a_workspace("Fennel & Rye", slug="fennel-rye")
    token = trust.token()
    path = f"/support/workspaces/{other.slug}/restrictions/{measures()[0].public_id}/lift"

    assert trust.post(path, {"csrf_token": token, "lift_reason": "Mine now."}).status == 404
    assert measures()[0].is_active


def test_history_says_who_did_what(northwind, trust):
    suspend(trust)
    trust.submit("Lift it", lift_reason="Replaced.")

    history = trust.get(HERE).find(class_="history").text

    assert "Suspended" in history and history.count("by Kofi Osei") == 2


def test_chosen_abilities_are_switched_off_in_the_customers_words(northwind, trust):
    fill(trust, level="restrict", capabilities=["send_outside", "upload"])
    hidden = [node["value"] for node in trust.page.all("input", name="capabilities")]

    page = trust.submit("confirm", button="yes", capabilities=hidden)

    assert "Switched off: sending mail and calling other systems, adding knowledge" in page
    assert measures()[0].capabilities == ["send_outside", "upload"]


def test_a_workspace_without_an_owner_can_be_stopped_too(app, trust):
    a_workspace("Nobody's", slug="northwind")

    assert "In force." in suspend(trust)


def test_markup_and_control_characters_are_words(northwind, trust):
    page = fill(trust, reason="<b>No</b>\x00 \x1b[2J\r\nSecond line")

    assert "<b>No</b> [2J" in page
    assert page.find("form", id="confirm").find("input", name="reason")["value"] == "<b>No</b> [2J\nSecond line"


ADDRESSES = [
    ("GET", "/support/"),
    ("GET", HERE),
    ("GET", "/support/audit"),
    ("POST", f"{HERE}/restrictions"),
    ("POST", f"{HERE}/restrictions/0/lift"),
    ("POST", "/support/logout"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_who_is_no_staff_is_sent_to_the_staff_door(northwind, browser_of, client, method, path):
    member = browser_of(a_member(northwind).user)
    for browser in (client, member):
        token = browser.token() if browser is client else browser.token()
        data = {"csrf_token": token} if method == "POST" else None

        page = browser.open(method, path, data=data)

        assert page.status == 303
        assert page.location.startswith("/support/login")
        fragment = browser.open(method, path, data=data, htmx=True)
        assert (fragment.status, fragment.location[:14]) == (401, "/support/login")


@pytest.mark.parametrize("role", ["support", "legal"])
def test_staff_without_the_right_look_and_do_not_touch(northwind, at_work, role):
    browser = at_work(role)
    page = browser.get(HERE)
    assert not page.all("form", id="measure")

    data = {
        "csrf_token": browser.token(),
        "level": "suspended",
        "ground": "legal",
        "reason": "x",
        "confirmed": "yes",
    }

    assert browser.post(f"{HERE}/restrictions", data).status == 403
    assert browser.post(f"{HERE}/restrictions/0/lift", data).status == 403
    assert not measures()


@pytest.mark.parametrize("role", ["trust", "admin"])
def test_trust_and_admins_take_measures(northwind, at_work, role):
    assert "In force." in suspend(at_work(role))


def test_a_workspace_that_is_not_there_is_not_found_and_leaves_no_trace(northwind, trust):
    before = db.session.scalar(select(func.count(AuditEntry.id)))

    assert trust.get("/support/workspaces/nobody").status == 404
    assert db.session.scalar(select(func.count(AuditEntry.id))) == before


def test_a_measure_without_its_token_is_refused(northwind, trust):
    data = {"level": "suspended", "ground": "legal", "reason": "x", "confirmed": "yes"}

    assert trust.post(f"{HERE}/restrictions", data).status == 422
    assert not measures()


def test_a_measure_is_never_taken_by_opening_an_address(northwind, trust):
    assert trust.get(f"{HERE}/restrictions?level=suspended&confirmed=yes").status == 405


def test_the_staff_log_is_our_own_chain_paged(northwind, trust):
    for n in range(60):
        record("staff:test:noted", f"Entry {n}", workspace_id=None)
    record("member:rule:changed", "Not for staff", workspace_id=northwind.id)
    db.session.commit()

    first = trust.get("/support/audit")
    assert "Entry 59" in first and "Entry 0" not in first and "Not for staff" not in first
    second = trust.click("Older")
    assert "Entry 0" in second and "Entry 59" not in second


def test_both_chains_stay_whole(northwind, trust):
    suspend(trust)
    trust.submit("Lift it", lift_reason="Replaced.")

    assert verify(0)[1] is None and verify(northwind.id)[1] is None


def test_the_demo_code_opens_the_door(app, client):
    from app.support.cli import staff_code
    from tests.factories import PASSWORD

    a_staff_member()
    client.get("/support/login")

    page = client.submit(
        "/support/login", email="trust@staff.example", password=PASSWORD, code=staff_code("TRUST@staff.example")
    )

    assert page.path == "/support/"


def test_an_operator_adds_staff_who_can_sign_in(app, client):
    import pyotp

    args = ["staff", "create", "Mei@staff.example", "Mei Tan", "--role", "support"]
    typed = "long-and-unlike-anything\n" * 2

    done = app.test_cli_runner().invoke(args=args, input=typed)

    assert done.exit_code == 0, done.output
    factor = pyotp.parse_uri(done.output.strip().splitlines()[-1])
    client.get("/support/login")
    fields = {"email": "mei@staff.example", "password": "long-and-unlike-anything", "code": factor.now()}
    assert client.submit("/support/login", **fields).path == "/support/"


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("trust@staff.example", "long-and-unlike-anything", "There is a staff member with this address already."),
        ("nobody", "long-and-unlike-anything", "Enter mail addresses like"),
        ("mei@staff.example", "password", "Use at least 10 characters."),
    ],
)
def test_what_the_operator_typed_wrong_is_said(app, email, password, sentence):
    a_staff_member()

    args = ["staff", "create", email, "Mei Tan", "--role", "support", "--password", password]
    done = app.test_cli_runner().invoke(args=args)

    assert done.exit_code == 1
    assert sentence in done.output


def test_a_suspended_workspace_is_read_but_not_changed(northwind, trust, browser_of):
    owner = browser_of(a_member(northwind, Role.OWNER).user)
    suspend(trust)

    page = owner.get("/w/northwind/runs")

    assert page.status == 200
    assert "This workspace is suspended." in page and REASON in page
    assert owner.get("/w/northwind/audit.csv").status == 200


def test_a_measure_that_an_agreement_announces_first_is_refused_with_its_name_and_the_time(northwind, trust):
    with_notice(northwind)

    page = fill(trust, ground="non_payment")

    assert page.status == 422 and not measures()
    summary = page.find(class_="error-summary").text
    assert "Order form OF-2026-014, signed 3 Mar 2026: 24 hours of notice" in summary and "UTC" in summary
    assert page.find("textarea", name="reason").text == REASON


def test_a_measure_sent_past_the_form_is_refused_too(northwind, trust):
    fill(trust, ground="non_payment")
    with_notice(northwind)

    assert trust.submit("confirm", button="yes").status == 422
    assert not measures()


def test_the_notice_is_reviewed_sent_and_shown_to_members(northwind, trust, browser_of):
    with_notice(northwind)
    trust.get(HERE)
    typed = {"level": "suspended", "ground": "non_payment", "reason": REASON}

    review = trust.submit("measure", button="Announce it first", **typed)
    assert review.h1 == "Announce to Northwind Supplies?" and not measures()
    assert "We intend to suspend Northwind Supplies" in review
    page = trust.submit("confirm", button="Send the notice")

    assert "Sent. The owners have mail." in page and "Notice sent" in page
    assert [(m.level, m.announces) for m in measures()] == [("notice", "suspended")]
    owner = browser_of(a_member(northwind).user).get("/w/northwind/runs")
    assert "A measure is announced for this workspace." in owner and REASON in owner


def test_a_notice_can_be_withdrawn(northwind, trust):
    trust.get(HERE)
    trust.submit("measure", button="Announce it first", level="suspended", ground="operational", reason=REASON)
    trust.submit("confirm", button="Send the notice")

    page = trust.submit("Withdraw it", lift_reason="It was a mistake of ours.")

    assert "In good standing" in page and not measures()[0].is_active
