"""Terms that apply to us: what members read, on any day, and who may take the document home."""

from datetime import date, timedelta

import pytest

from app.agreements import documents
from app.agreements.documents import path_of
from app.agreements.models import Effect, Kind, State
from app.config import ROOT
from app.db import db, now
from app.workspaces.models import Role
from tests.factories import a_member, a_workspace
from tests.factories.agreements import PDF, an_agreement, an_override
from tests.legal.conftest import shelf  # noqa: F401  the fixture

HERE = "/w/northwind/terms"


@pytest.fixture
def northwind(app):
    return a_workspace("Northwind", slug="northwind")


@pytest.fixture
def owner(northwind, browser_of):
    return browser_of(a_member(northwind).user)


@pytest.fixture
def order(northwind):
    agreement = an_agreement(northwind, reference="OF-2026-014", starts_on=date(2026, 7, 1))
    an_override(agreement, text="Limited to **twelve** months.", parameters={"liability_cap_months": 12})
    return agreement


def clause(page, anchor="liability-cap", policy="terms"):
    return page.find("article", id=f"{policy}--{anchor}")


def test_without_agreements_the_standard_policies_apply_with_their_versions(owner):
    page = owner.get(HERE)

    assert page.h1 == "Terms that apply to us"
    assert "The standard policies apply" in page
    assert page.link("Terms of service") == f"{HERE}?policy=terms&at={now().date()}"
    assert "Liability is capped at the fees of 3 months." in page and "clause 13.2" in page


def test_a_changed_clause_shows_both_texts_and_its_source(owner, order):
    page = owner.get(HERE)

    shown = clause(page)
    assert "Where liability cannot be excluded" in shown.text
    assert "Limited to twelve months." in shown.text and shown.find("strong").text == "twelve"
    assert "Order form OF-2026-014, signed 3 Mar 2026" in shown.text
    assert "Liability is capped at the fees of 12 months." in page and "The standard policies apply" not in page


def test_the_page_can_be_read_for_another_day(owner, order):
    assert "The standard policies apply" in owner.get(f"{HERE}?at=2026-06-20")
    assert clause(owner.get(f"{HERE}?at=2026-07-01"))
    assert "No policy was in force on this day" in owner.get(f"{HERE}?at=2019-01-01")


@pytest.mark.parametrize("at", ["2026-02-30", "yesterday", "20260620", "2026-W25-6", "٢٠٢٦-٠٦-٢٠", "0000-01-01", "%00"])
def test_what_is_no_day_is_not_found_and_says_so(owner, at):
    page = owner.get(f"{HERE}?at={at}")

    assert page.status == (200 if at == "%00" else 404)
    assert at == "%00" or "There is no such day. Write it as year, month and day" in page


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_are_answered(owner, order, at):
    assert owner.get(f"{HERE}?at={at}").status == 200


def test_one_policy_is_read_whole_with_the_changes_in_place(owner, order):
    owner.get(HERE)
    page = owner.submit("switch", policy="terms")

    assert page.h1 == "Terms of service as it applies to us"
    changed = [node.id for node in page.all("li", class_="is-changed")]
    assert changed == ["liability-cap"]
    item = page.find("li", id="liability-cap")
    assert item.find(class_="agreed").text.startswith("Agreed instead") and item.find("details")
    assert len(page.find(class_="whole").all("section")) > 10


def test_a_policy_that_is_not_there_is_not_found(owner):
    assert owner.get(f"{HERE}?policy=nothing").status == 404
    assert owner.get(f"{HERE}?policy=../../etc").status == 404


def test_what_was_set_aside_is_shown_below(owner, order, northwind):
    older = an_agreement(northwind, Kind.MSA, reference="MSA-1")
    an_override(older, text="Limited to six months.", parameters={"liability_cap_months": 6})

    page = owner.get(HERE)

    assert "Master agreement MSA-1" in clause(page).find("details").text
    assert "Set aside: Master agreement MSA-1, signed 3 Mar 2026. Liability is capped at the fees of 6 months." in page


def test_a_clause_that_is_gone_is_listed_and_still_applies(owner, order):
    an_override(order, "arbitration", effect=Effect.SUPPLEMENTS, text="The courts of Oslo decide.")

    page = owner.get(HERE)
    assert "Clause no longer in the document" in page and "The courts of Oslo decide." in page
    assert "The courts of Oslo decide." in owner.get(f"{HERE}?policy=terms")


def test_a_clause_that_does_not_apply_says_so(owner, order):
    an_override(order, "ai-high-impact", effect=Effect.DISAPPLIES, text="")

    assert "Does not apply to you" in clause(owner.get(HERE), "ai-high-impact").text


def test_drafts_and_the_agreements_of_others_are_not_shown(owner, northwind):
    an_override(an_agreement(northwind, state=State.DRAFT, reference="DRAFT-1"))
    an_override(an_agreement(a_workspace(), reference="THEIRS-1"))

    page = owner.get(HERE)
    assert "DRAFT-1" not in page and "THEIRS-1" not in page and "The standard policies apply" in page


def test_an_agreement_that_is_over_is_still_on_record(owner, northwind):
    an_agreement(northwind, reference="OLD-1", ends_on=now().date() - timedelta(days=1))

    page = owner.get(HERE)
    assert "Order form OLD-1" in page and "Over" in page and "The standard policies apply" in page


@pytest.mark.parametrize("role", list(Role))
def test_every_member_reads_and_only_owners_download(northwind, order, browser_of, role):
    path_of(order.document_sha256).parent.mkdir(parents=True, exist_ok=True)
    path_of(order.document_sha256).write_bytes(PDF)
    browser = browser_of(a_member(northwind, role).user)

    page = browser.get(HERE)
    answer = browser.get(f"{HERE}/documents/{order.public_id}")

    assert page.status == 200
    assert answer.status == (200 if role == Role.OWNER else 403)
    assert ("signed.pdf" in page) == (role == Role.OWNER)
    if role == Role.OWNER:
        assert answer.body == PDF
        assert answer.headers["Content-Disposition"] == "attachment; filename=signed.pdf"
        assert (answer.response.mimetype, answer.headers["X-Content-Type-Options"]) == (documents.MEDIA_TYPE, "nosniff")


def test_a_document_of_another_customer_or_of_a_draft_does_not_exist(owner, northwind):
    theirs = an_agreement(a_workspace())
    draft = an_agreement(northwind, state=State.DRAFT)
    bare = an_agreement(northwind, document_sha256=None, document_name=None)

    for one in (theirs, draft, bare):
        assert owner.get(f"{HERE}/documents/{one.public_id}").status == 404


def test_strangers_and_people_of_other_workspaces_find_nothing(client, order, browser_of):
    assert client.get(HERE, follow=False).status == 303
    stranger = browser_of(a_member().user)
    assert stranger.get(HERE).status == 404
    assert stranger.get(f"{HERE}/documents/{order.public_id}").status == 404


def test_settings_and_the_menu_lead_there(owner):
    page = owner.get("/w/northwind/settings")

    assert page.link("Terms that apply to us") == HERE and page.link("Terms that apply") == HERE


def test_agreed_words_cannot_leave_their_place(owner, order):
    said = '</div></article><script>alert(1)</script><a href="javascript:x">x</a> <b onclick=y>z</b>'
    an_override(order, "ip-ours", text=said)
    db.session.commit()

    page = owner.get(HERE)
    assert "alert(1)" not in page.html and "javascript:" not in page.html and "onclick" not in page.html


def test_a_figure_that_a_newer_clause_contradicts_is_not_repeated(owner, shelf):  # noqa: F811
    first = (ROOT / "content" / "legal" / "refunds-cancellation" / "1.0.md").read_text()
    second = first.replace('version: "1.0"', 'version: "1.1"').replace("within 14 days", "within 21 days")
    second = second.replace("published_on: 2026-06-13", "published_on: 2026-08-01")
    second = second.replace("effective_on: 2026-06-13", "effective_on: 2026-09-01")
    second = second.replace("notice_days: 0", "notice_days: 30")
    folder = shelf.folder / "refunds-cancellation"
    folder.mkdir()
    for name, text in (("1.0", first), ("1.1", second)):
        (folder / f"{name}.md").write_text(text)
    shelf.publish()

    assert "A refund can be asked for within 14 days." in owner.get(f"{HERE}?at=2026-08-20")
    page = owner.get(HERE)
    assert "A refund can be asked for within" not in page
    assert "Time to ask for a refund: as Refund and cancellation policy 1.1 says in clause" in page


def test_before_the_first_policies_no_figure_is_claimed(owner):
    assert "In figures" not in owner.get(f"{HERE}?at=2019-01-01")
