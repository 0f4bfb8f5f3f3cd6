"""Policies at work in the staff console: who may take a version how far, and what stands afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import StaffMember
from app.audit.models import AuditEntry
from app.db import db
from app.legal import drafting, library
from app.legal.models import PolicyVersion, State
from app.legal.texts import sha256_of
from app.mail import MailMessage
from app.notices import queries as notices
from app.notices import services as announcing
from app.notices.models import PolicyNotice
from app.workspaces.models import Role
from tests.factories import a_member, a_workspace
from tests.legal.conftest import shelf  # noqa: F401  the fixture
from tests.pages import Browser
from tests.support.conftest import a_staff_member, enter

BODY = """
## Before you start {#preamble}

1. These rules are for everyone who comes. {#preamble-scope}

## What you may do {#may}

1. Automate **your own** work. {#may-own}
"""


@pytest.fixture
def rules(shelf) -> None:  # noqa: F811
    shelf.put()
    shelf.publish()


@pytest.fixture
def legal(at_work, rules) -> Browser:
    """Kofi Osei, who writes."""
    return at_work("legal")


@pytest.fixture
def other(app, legal) -> Browser:
    """Ruth Adeyemi, who did not."""
    browser = Browser(app)
    enter(browser, a_staff_member("admin", name="Ruth Adeyemi", email="ruth@staff.example"))
    return browser


def draft(browser: Browser, **typed: object) -> str:
    """The address of a draft of version 1.1."""
    browser.get("/support/policies/new?slug=rules")
    given = {"body": BODY, "summary": "Now for everyone who comes.", "change_type": "major", "material": "1"}
    page = browser.submit("/new", **(given | typed))
    assert page.status == 200 and "The draft is saved." in page, page
    return page.path


def row_of(path: str) -> PolicyVersion:
    db.session.expire_all()
    return db.session.scalars(select(PolicyVersion).where(PolicyVersion.public_id == path.rsplit("/", 1)[1])).one()


def test_a_draft_starts_from_what_is_in_force(legal):
    page = legal.get("/support/policies/new?slug=rules")

    assert page.find("input", name="version")["value"] == "1.1"
    assert "{#may-ask}" in page.find("textarea", name="body").text
    path = draft(legal)
    assert "who comes" in legal.get(path).find("ins").text and row_of(path).stage == "draft"
    assert "1.1" not in legal.get("/legal/rules").find(class_="legal-side").text


def test_a_version_goes_from_draft_to_the_site_through_two_people(legal, other):
    path = draft(legal)
    assert "In review." in legal.submit("submission")
    assert not legal.page.all("form", action=f"{path}/approval") and "somebody else approves it" in legal.page

    other.get(path)
    assert "Approved, to the letter." in other.submit("approval")
    page = legal.get(path) and legal.submit("publication")

    assert "The notices are on their way." in page
    row = row_of(path)
    assert library.state_of(row) is State.SCHEDULED and row.published_on == library.today()
    assert library.version("rules", "1.1").sha256 == row.text_sha256
    public = Browser(legal.app).get("/legal/rules")
    assert "Version 1.1 takes effect on" in public and "Now for everyone who comes." in public
    told = select(AuditEntry.kind).where(AuditEntry.subject == "policy:rules").order_by(AuditEntry.seq)
    kinds = db.session.scalars(told).all()
    assert [kind.rsplit(":", 1)[1] for kind in kinds if kind.startswith("staff")] == [
        "drafted",
        "submitted",
        "approved",
        "published",
    ]


def test_who_wrote_any_of_it_cannot_approve_it(legal, other):
    path = draft(legal)
    other.get(f"{path}/edit")
    other.submit("/edit", summary="Better words.")
    legal.get(path)
    legal.submit("submission")

    for browser in (legal, other):
        page = browser.post(f"{path}/approval", {"csrf_token": browser.token(), "sha256": row_of(path).text_sha256})
        assert page.status == 403 and "somebody else approves it" in page
    assert row_of(path).stage == "in_review"


def test_an_approval_is_of_the_text_that_was_seen(legal, other):
    path = draft(legal)
    legal.get(path)
    legal.submit("submission")

    page = other.post(f"{path}/approval", {"csrf_token": other.token(), "sha256": "0" * 64})

    assert page.status == 409 and row_of(path).stage == "in_review"


def test_only_who_may_write_is_offered_a_draft(legal, at_work):
    reader = at_work("support")

    assert "Write a draft" in legal.get("/support/policies")
    assert "Write a draft" not in reader.get("/support/policies") and reader.get("/support/policies").status == 200


def test_what_is_sent_back_loses_its_approval_and_says_why(legal, other):
    path = draft(legal)
    legal.get(path)
    legal.submit("submission")
    other.get(path)
    other.submit("approval")

    page = other.submit("return", why="The date is too early.")

    row = row_of(path)
    assert (row.stage, row.approved_sha256, row.remark) == ("draft", None, "The date is too early.")
    assert "The date is too early." in page
    assert other.post(f"{path}/publication", {"csrf_token": other.token()}).status == 409


def test_two_people_who_edit_at_once_do_not_overwrite_each_other(legal, other):
    path = draft(legal)
    legal.get(f"{path}/edit")
    other.get(f"{path}/edit")

    legal.submit("/edit", summary="By the first.")
    page = other.submit("/edit", summary="By the second.")

    assert page.status == 409 and "By the first." in row_of(path).source


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"version": "1.0"}, "There is a version 1.0 of this policy already."),
        ({"version": "one"}, "Write the version like 1.1."),
        ({"slug": "Rules!"}, "Name the policy with a-z, 0-9 and hyphens."),
        ({"summary": ""}, "A material change needs a summary in plain words."),
        ({"body": "## One {#one}\n\n1. Text.\n"}, "Line 3: a clause has no anchor"),
        ({"body": "Lost."}, "Line 1: text must stand in a section"),
        ({"moved": "a b"}, "Write each new name of an anchor as old-anchor -&gt; new-anchor."),
        ({"effective_on": "soon"}, "Enter the day it takes effect like 2026-06-13."),
        ({"notice_days": "1000"}, "Enter the days of notice as a number from 0 to 365."),
        ({"notice_days": "many"}, "Enter the days of notice as a number from 0 to 365."),
        ({"title": "x" * 201}, "Shorten the title to 200 characters."),
        ({"notes": "x" * 500_000}, "Shorten this box to 400,000 characters."),
    ],
)
def test_a_draft_that_cannot_stand_says_why_and_keeps_what_was_typed(legal, typed, sentence):
    legal.get("/support/policies/new?slug=rules")

    given = {"body": BODY, "summary": "New.", "change_type": "major", "material": "1", "title": "My rules"}
    page = legal.submit("/new", **(given | typed))

    assert page.status == 422 and sentence in page.text.replace(">", "&gt;")
    assert page.find("input", name="title")["value"] == typed.get("title", "My rules")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"notice_days": 10}, "Days of notice: a material change needs at least 30 days of notice."),
        (
            {"effective_on": str(library.now().date() + timedelta(days=29))},
            "Takes effect on: it cannot take effect before its 30 days",
        ),
        ({"effective_on": "2026-06-13", "notice_days": 0, "material": None}, "Takes effect on: its day is over."),
        ({"moved": "gone -> nowhere"}, "Anchors that have a new name: there is no nowhere in this version."),
    ],
)
def test_a_version_that_could_not_be_published_does_not_go_to_review(legal, typed, sentence):
    path = draft(legal, **typed)

    page = legal.submit("submission")

    assert page.status == 422 and sentence in page and row_of(path).stage == "draft"


def test_an_announced_version_can_be_withdrawn_and_says_so_at_its_address(legal, other):
    path = draft(legal)
    for browser, form in ((legal, "submission"), (other, "approval"), (other, "publication")):
        browser.get(path)
        browser.submit(form)

    other.get(path)
    assert "Say why." in other.submit("withdrawal")
    page = other.submit("withdrawal", why="It was wrong.")

    assert "Who was told of it is told of this too." in page
    public = Browser(legal.app)
    assert "announced and withdrawn" in public.get("/legal/rules/v1.1")
    assert "1.1" not in public.get("/legal/rules").find(class_="legal-side").text
    assert len(db.session.scalars(select(PolicyNotice)).all()) == 2


def test_what_is_in_force_cannot_be_withdrawn(legal):
    row = db.session.scalars(select(PolicyVersion).where(PolicyVersion.slug == "rules")).one()
    path = f"/support/policies/{row.public_id}"

    page = legal.post(f"{path}/withdrawal", {"csrf_token": legal.token(), "why": "No."})

    assert page.status == 409 and row_of(path).stage == "published"


@pytest.mark.parametrize("role", ["support", "trust"])
def test_other_staff_may_read_and_not_write(legal, at_work, role):
    path = draft(legal)
    reader = at_work(role, email=f"{role}2@staff.example")

    assert reader.get(path).status == 200 and not reader.page.all("form", action=f"{path}/submission")
    assert reader.get(f"{path}/edit").status == 403 and reader.get("/support/policies/new").status == 403
    assert reader.post(f"{path}/submission", {"csrf_token": reader.token()}).status == 403


def test_nobody_outside_the_staff_sees_a_draft(legal, client):
    path = draft(legal)

    assert "/support/login" in client.get(path, follow=False).location
    assert client.get("/legal/rules/v1.1").status == 404 and not db.session.scalars(select(MailMessage)).all()


def test_the_file_of_a_version_can_be_kept_with_the_source(legal, shelf):  # noqa: F811
    path = draft(legal)
    text = legal.get(f"{path}.md").body.decode()

    wording = drafting.wording_of(row_of(path))
    assert wording.text() == text and "Now for everyone who comes." in text
    assert db.session.get(StaffMember, row_of(path).authors[0]).name == "Kofi Osei"


def approved(legal: Browser, other: Browser, **typed: object) -> str:
    """The address of version 1.1, approved and not yet published."""
    path = draft(legal, **typed)
    for browser, form in ((legal, "submission"), (other, "approval")):
        browser.get(path)
        browser.submit(form)
    return path


def facts(page) -> dict[str, str]:
    return {term.text: words.text for term, words in zip(page.all("dt"), page.all("dd"), strict=True)}


def test_a_published_version_shows_what_was_approved_and_why_the_file_differs(legal, other):
    path = approved(legal, other)
    before = facts(legal.get(path))["SHA-256"]

    page = legal.submit("publication")

    row = row_of(path)
    assert facts(page)["Approved text, SHA-256"] == before == row.approved_sha256
    assert facts(page)["Published file, SHA-256"] == row.text_sha256 != before
    assert "publishing added the day of publication" in page


def test_a_published_file_that_is_not_what_was_approved_says_so(legal, other):
    path = approved(legal, other)
    legal.get(path)
    legal.submit("publication")
    row = row_of(path)
    row.approved_sha256 = "0" * 64
    db.session.commit()

    assert "is not the approved text" in legal.get(path)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Publish 1.1 and mail 3 people"),
        ({"acceptance": "none"}, "Publish 1.1 and mail 1 person"),
        ({"material": None, "change_type": "minor"}, "Publish 1.1"),
    ],
)
def test_who_publishes_reads_first_how_many_are_mailed(legal, other, typed, words):
    workspace = a_workspace()
    owner = a_member(workspace, Role.OWNER)
    a_member(a_workspace(), Role.REVIEWER, user=owner.user)
    a_member(workspace, Role.REVIEWER), a_member(workspace, Role.BUILDER)
    a_member(workspace, Role.OWNER).ended_at = library.now()
    db.session.commit()
    path = approved(legal, other, **typed)

    page = legal.get(path)

    assert page.form("publication").find("button").text == words
    legal.submit("publication")
    notice = notices.find_notice(row_of(path).id)
    told = 0
    if notice is not None:
        while announcing.gather(notice):
            db.session.flush()
        told = sum(notices.counts_of(notice).values())
    assert (f"mail {told} p" in words) == bool(told), "as many as are told then"


def test_what_a_material_change_lacks_is_said_at_its_box(legal):
    legal.get("/support/policies/new?slug=rules")

    page = legal.submit("/new", body=BODY, summary="", change_type="major", material="1")

    assert page.find(class_="error-summary").find("a").get("href") == "#summary"
    assert page.find("textarea", id="summary").get("aria-invalid") == "true"


def test_a_minor_change_is_never_material_and_the_kind_is_shown(legal):
    path = draft(legal)
    assert facts(legal.page)["Kind of change"] == "Major"

    legal.get(f"{path}/edit")
    page = legal.submit("/edit", change_type="minor")

    sentence = "A minor change alters no meaning, so it is never material. Make it major, or not material."
    assert page.status == 422 and page.find(class_="error-summary").find("a", href="#change_type").text == sentence
    assert "change_type: major" in row_of(path).source


def test_a_draft_from_before_that_is_of_two_kinds_does_not_go_to_review(legal):
    row = row_of(draft(legal))
    source = row.source.replace("change_type: major", "change_type: minor")
    row.source, row.text_sha256 = source, sha256_of(source)
    db.session.commit()
    legal.get(f"/support/policies/{row.public_id}")

    page = legal.submit("submission")

    assert page.status == 422 and "Kind of change: a minor change alters no meaning" in page


def test_a_version_that_nobody_was_told_of_says_so(legal):
    first = db.session.scalars(select(PolicyVersion).where(PolicyVersion.slug == "rules")).one()
    page = legal.get(f"/support/policies/{first.public_id}/recipients")

    assert page.status == 200 and "Nobody was told" in page


def test_what_is_no_draft_any_more_has_no_form(legal, other):
    path = draft(legal)
    legal.submit("/submission")

    assert legal.get(f"{path}/edit").status == 409


def test_a_save_that_came_too_late_keeps_what_was_typed(legal, other):
    path = draft(legal)
    legal.get(f"{path}/edit")
    other.get(f"{path}/edit")
    other.submit("/edit", summary="By the other.")

    page = legal.submit("/edit", summary="By the late one.")

    assert page.status == 409 and "has changed since you opened it" in page
    assert page.find("textarea", name="summary").text == "By the late one."
    assert "By the other." in row_of(path).source


def test_a_reason_is_bounded_and_clean(legal, other):
    path = draft(legal)
    legal.submit("/submission")
    other.get(path)

    sent = {"csrf_token": other.token(), "why": "x" * 2001}
    assert other.post(f"{path}/return", sent).status == 422
    other.post(f"{path}/return", sent | {"why": "Say it\u202e plainer\x07."})
    assert row_of(path).remark == "Say it plainer."
