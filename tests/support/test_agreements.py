"""The agreement register, as staff use it: draft, read by another, activated, ended; and who may not."""

from io import BytesIO

import pytest
from sqlalchemy import select

from app.agreements.models import Agreement, Override
from app.db import db, now
from app.mail import MailMessage
from tests.factories import a_member, a_workspace
from tests.factories.agreements import PDF, a_colleague, an_agreement, an_override

HERE = "/support/agreements"
PEOPLE = {
    "signatory_name": ["Henrik Dahl", "Dana Weiss", "", ""],
    "signatory_role": ["Director", "Chief executive", "", ""],
    "signatory_party": ["customer", "leenops", "customer", "leenops"],
    "signatory_on": ["2026-03-02", "2026-03-03", "", ""],
}
FACTS = {
    "kind": "order_form",
    "title": "Enterprise order",
    "reference": "OF-2026-014",
    "signed_on": "2026-03-03",
    "starts_on": "2026-03-03",
    "note": "Renewal talks in January.",
} | PEOPLE


@pytest.fixture
def northwind(app):
    workspace = a_workspace("Northwind Supplies", slug="northwind")
    a_member(workspace, name="Henrik Dahl")
    return workspace


@pytest.fixture
def legal(at_work):
    return at_work("legal", name="Arne Holm")


@pytest.fixture
def admin(at_work):
    return at_work("admin", name="Dana Weiss")


def the_only() -> Agreement:
    db.session.expire_all()
    return db.session.scalars(select(Agreement)).one()


def enter(browser, **typed):
    browser.get(f"{HERE}/new?workspace=northwind")
    return browser.submit("agreement", **FACTS | typed)


def add_clause(browser, **typed):
    browser.get(f"{HERE}/{the_only().public_id}/clauses?policy=terms&clause=liability-cap")
    fields = {"effect": "replaces", "text": "Twelve months.", "liability_cap_months": "12"}
    return browser.submit("clause-form", **fields | typed)


def upload(browser, content=PDF, name="signed.pdf"):
    page = browser.get(f"{HERE}/{the_only().public_id}")
    data = {"csrf_token": page.form("upload").find("input", name="csrf_token")["value"]}
    return browser.post(f"{page.path}/document", data | {"document": (BytesIO(content), name)}, follow=True)


def test_from_the_draft_to_what_the_customer_reads_and_to_its_end(northwind, legal, admin, browser_of):
    owner = browser_of(a_member(northwind).user)
    assert "counts for nothing" in enter(legal)
    assert "The clause is in the draft." in add_clause(legal)
    assert "The document is in the draft." in upload(legal)
    assert "Somebody else must read and activate it." in legal.get(f"{HERE}/{the_only().public_id}")
    assert "The standard policies apply" in owner.get("/w/northwind/terms")

    admin.get(HERE)
    admin.click("Order form OF-2026-014")
    page = admin.submit("activate")

    assert "Active. The owners have mail." in page and not page.all("a", href=f"{page.path}/edit")
    assert "Twelve months." in owner.get("/w/northwind/terms")
    assert (
        db.session.scalars(select(MailMessage.subject)).one()
        == "Northwind Supplies: Order form OF-2026-014 is on record"
    )

    page = admin.submit("end", last_day=str(now().date()), reason="They leave.")
    assert "It ends. The owners have mail." in page and "They leave." in page


def test_the_customer_is_chosen_first(northwind, legal):
    a_workspace("Fennel & Rye", slug="fennel-rye")
    legal.get(f"{HERE}/new")

    page = legal.submit("find", q="north")
    assert [link["href"] for link in page.find("tbody").all("a")] == [f"{HERE}/new?workspace=northwind"]
    assert legal.click("Northwind Supplies").h1 == "New agreement with Northwind Supplies"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "nda"}, "Choose what was signed."),
        ({"title": " "}, "Give it the title"),
        ({"reference": ""}, "Give its number"),
        ({"signed_on": "3 March"}, "Give the day it was signed."),
        ({"signed_on": "2999-01-01"}, "Give the day it was signed: today or before."),
        ({"starts_on": ""}, "Give the day from which it applies."),
        ({"ends_on": "2026-03-02"}, "Let it end on or after the day it starts."),
        ({"kind": "amendment"}, "Choose the active agreement that it amends."),
        ({"signatory_role": ["", "Chief executive", "", ""]}, "Give name, role and day of each who signed."),
        ({"signatory_on": ["2026-99-99", "2026-03-03", "", ""]}, "Give name, role and day of each who signed."),
        ({"note": "x" * 2001}, "Use at most 2,000 characters."),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_stays(northwind, legal, wrong, sentence):
    page = enter(legal, **wrong)

    assert page.status == 422 and page.title.startswith("Error: ")
    assert sentence in page.find(class_="error-summary").text
    assert "Renewal talks" in page.find("textarea", name="note").text or "note" in wrong
    assert [node["value"] for node in page.all("input", name="signatory_name")][:2] == ["Henrik Dahl", "Dana Weiss"]
    assert not db.session.scalars(select(Agreement)).all()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"effect": "improves"}, "Choose what happens to the clause."),
        ({"text": ""}, "Write down what was agreed"),
        ({"liability_cap_months": "twelve"}, "Liability cap: enter a whole number."),
        ({"liability_cap_months": "99"}, "Liability cap: enter months of fees from 1 to 60."),
        ({"liability_cap_months": ""}, "Say what it is now: Liability cap."),
        ({"overage_rate": "1,50"}, "Write the price like 0.02."),
        ({"effect": "disapplies"}, "Clear them."),
    ],
)
def test_a_clause_that_does_not_fit_is_said_and_what_was_typed_stays(northwind, legal, wrong, sentence):
    enter(legal)

    page = add_clause(legal, **wrong)

    assert page.status == 422 and sentence in page.find(class_="error-summary").text
    assert page.find("textarea", name="text").text == wrong.get("text", "Twelve months.")
    assert not db.session.scalars(select(Override)).all()


def test_every_figure_can_be_agreed_and_read_back(northwind, legal):
    enter(legal)
    figures = {"notice_days": "60", "overage_rate": "1.50", "overage_currency": "USD", "overage_unit": "1000_runs"}

    assert "What goes beyond the plan costs $1.50 per 1,000 runs." in add_clause(legal, **figures)
    page = legal.get(f"{HERE}/{the_only().public_id}/clauses?policy=terms&clause=liability-cap")

    assert page.find("input", name="overage_rate")["value"] == "1.50"
    assert page.find("input", name="liability_cap_months")["value"] == "12"
    rate = {"minor": 150, "currency": "USD", "unit": "1000_runs"}
    assert db.session.scalars(select(Override.parameters)).one()["overage_rate"] == rate


def test_a_clause_is_chosen_from_the_version_in_force_and_taken_out_again(northwind, legal):
    enter(legal)
    legal.click("Change a clause")
    page = legal.submit("choose", policy="terms")
    assert page.link("Change this clause 13.2").endswith("?policy=terms&clause=liability-cap")
    add_clause(legal)

    page = legal.submit("remove")

    assert "Taken out." in page and not db.session.scalars(select(Override)).all()


def test_the_preview_shows_what_the_customer_will_read_and_the_customer_does_not(northwind, legal, browser_of):
    enter(legal)
    add_clause(legal)

    page = legal.click("Preview for the customer")

    assert "With this draft as if it were active." in page and "Twelve months." in page
    assert legal.submit("switch", policy="terms").find("li", id="liability-cap").find(class_="agreed")
    assert legal.get(f"{page.path}?at=tomorrow").status == 404
    assert "Twelve months." not in browser_of(a_member(northwind).user).get("/w/northwind/terms")


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused(northwind, legal, admin):
    enter(legal)
    there = f"{HERE}/{the_only().public_id}/edit"
    legal.get(there)
    admin.get(there)
    assert "The draft is changed." in admin.submit("agreement", title="Better title")

    page = legal.submit("agreement", title="Other title")

    assert page.status == 409 and the_only().title == "Better title"


@pytest.mark.parametrize("version", ["9223372036854775807", "-9223372036854775809", "9" * 25, "one"])
def test_a_version_that_no_column_holds_is_an_old_one(northwind, legal, version):
    enter(legal)
    path = f"{HERE}/{the_only().public_id}"

    for address in ("/edit", "/activate"):
        page = legal.post(path + address, FACTS | {"csrf_token": legal.token(), "version": version})
        assert page.status == 409


def test_an_activation_of_what_changed_after_it_was_read_is_refused(northwind, legal, admin):
    enter(legal)
    upload(legal)
    read = admin.get(f"{HERE}/{the_only().public_id}")
    add_clause(legal, liability_cap_months="60")
    admin.page = read

    assert admin.submit("activate").status == 409
    assert the_only().state == "draft"


def test_an_author_cannot_activate_past_the_form(northwind, legal):
    enter(legal)
    upload(legal)
    data = {"csrf_token": legal.token(), "version": the_only().version}

    assert legal.post(f"{HERE}/{the_only().public_id}/activate", data).status == 409
    assert the_only().state == "draft"


@pytest.mark.parametrize(("content", "name"), [(b"MZ\x90", "signed.pdf"), (b"", "signed.pdf"), (PDF, "")])
def test_what_is_no_pdf_is_refused_at_its_field(northwind, legal, content, name):
    enter(legal)

    page = upload(legal, content, name)

    assert page.status == 422 and page.find("input", id="document")["aria-invalid"] == "true"
    assert the_only().document_sha256 is None


def test_staff_download_the_document(northwind, legal):
    enter(legal)
    upload(legal)

    answer = legal.get(f"{HERE}/{the_only().public_id}/document")

    assert answer.body == PDF and answer.headers["Content-Disposition"].startswith("attachment;")


def test_an_end_without_day_or_reason_is_said(northwind, legal):
    agreement = an_agreement(northwind)
    for typed, sentence in (({"last_day": "soon"}, "Give the last day"), ({"reason": " "}, "Say why it ends.")):
        legal.get(f"{HERE}/{agreement.public_id}")
        page = legal.submit("end", **{"last_day": str(now().date()), "reason": "Over."} | typed)
        assert page.status == 422 and sentence in page.find(class_="error-summary").text


def test_a_draft_is_discarded(northwind, legal):
    enter(legal)

    assert "The draft is discarded." in legal.submit("discard")
    assert not db.session.scalars(select(Agreement)).all()


def test_the_list_is_found_by_words_and_state_and_paged(northwind, legal):
    for n in range(27):
        an_agreement(northwind, reference=f"P-{n:02}")
    an_agreement(a_workspace("Fennel & Rye"), reference="FR-1", state="draft")

    assert [
        len(legal.get(f"{HERE}?q=north").find("tbody").all("tr")),
        len(legal.click("Older").find("tbody").all("tr")),
    ] == [25, 2]
    assert "FR-1" in legal.get(f"{HERE}?state=draft") and "P-01" not in legal.get(f"{HERE}?state=draft")
    assert "No agreement matches" in legal.get(f"{HERE}?q=%25")
    for odd in ("before=x", "before=999999999999999999999", "state=gone", "q=%00"):
        assert legal.get(f"{HERE}?{odd}").status == 200


def test_the_workspace_page_leads_to_its_agreements(northwind, legal, trust):
    an_agreement(northwind, reference="OF-1")

    assert legal.get("/support/workspaces/northwind").link("Order form OF-1").startswith(f"{HERE}/")
    page = trust.get("/support/workspaces/northwind")
    assert "Order form OF-1" in page and not page.all("a", href=HERE)


WRITES = ("edit", "clauses", "document", "activate", "end", "discard")


@pytest.mark.parametrize("role", ["support", "trust"])
def test_staff_without_the_right_neither_read_nor_write(northwind, at_work, role):
    agreement, browser = an_agreement(northwind), at_work(role)
    data = {"csrf_token": browser.token()}

    for path in (HERE, f"{HERE}/new", *(f"{HERE}/{agreement.public_id}{end}" for end in ("", "/document", "/preview"))):
        assert browser.get(path).status == 403
    for path in (HERE, *(f"{HERE}/{agreement.public_id}/{end}" for end in WRITES)):
        assert browser.post(path, data).status == 403


def test_members_and_strangers_are_sent_to_the_staff_door(northwind, client, browser_of):
    agreement, owner = an_agreement(northwind), browser_of(a_member(northwind).user)

    for browser in (client, owner):
        for path in (HERE, f"{HERE}/{agreement.public_id}", f"{HERE}/{agreement.public_id}/document"):
            assert browser.get(path, follow=False).location.startswith("/support/login")


def test_nothing_is_done_without_its_token_nor_by_opening_an_address(northwind, legal):
    agreement = an_agreement(northwind)

    for end in WRITES:
        assert legal.post(f"{HERE}/{agreement.public_id}/{end}", {"reason": "x"}).status == 422
    for end in ("activate", "end", "discard"):
        assert legal.get(f"{HERE}/{agreement.public_id}/{end}").status == 405


def test_an_active_agreement_is_not_edited_past_the_forms(northwind, legal):
    agreement = an_agreement(northwind)
    override = an_override(agreement)
    there, token = f"{HERE}/{agreement.public_id}", legal.token()

    for end in ("edit", "clauses", f"clauses/{override.public_id}/remove", "document", "discard", "activate"):
        assert legal.post(f"{there}/{end}", {"csrf_token": token} | FACTS).status == 409
    assert legal.get(f"{there}/edit").status == 409


def test_what_is_not_there_is_not_found(northwind, legal):
    a_colleague()
    other = an_override(an_agreement(northwind))
    mine = an_agreement(northwind, state="draft")
    token = legal.token()

    assert legal.get(f"{HERE}/nothing").status == 404
    assert legal.get(f"{HERE}/new?workspace=nobody").status == 404
    path = f"{HERE}/{mine.public_id}/clauses/{other.public_id}/remove"
    assert legal.post(path, {"csrf_token": token}).status == 404
