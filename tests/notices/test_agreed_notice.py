"""Where an agreement gives more notice, everything a customer reads names their day, and nothing asks sooner."""

import pytest
from sqlalchemy import select

from app.agreements.models import Effect
from app.db import db
from app.formats import day as in_words
from app.formats import short_day
from app.mail import MailMessage
from app.workspaces.models import Membership, Role
from tests.factories import a_workspace
from tests.factories.agreements import an_agreement, an_override
from tests.notices.conftest import day, member_since_long, send

LATER = 42
"""60 days after publication, for a change that others have 12 days from now."""


@pytest.fixture
def henrik(app):
    """An owner whose company agreed on 60 days of notice."""
    workspace = a_workspace("Northwind Supplies", slug="northwind")
    agreement = an_agreement(workspace)
    an_override(agreement, "changes-notice", effect=Effect.REPLACES, text="60 days.", parameters={"notice_days": 60})
    return member_since_long(Role.OWNER, name="Henrik Dahl", workspace=workspace)


def mail_to(member) -> MailMessage:
    return next(m for m in db.session.scalars(select(MailMessage)) if m.recipients == [member.user.email])


def test_the_mail_names_the_day_of_who_agreed_on_another(change, henrik, ada):
    send(change(counts=12))

    mine, others = mail_to(henrik), mail_to(ada)
    assert in_words(day(LATER)) in mine.subject and f"on LeenOps from {in_words(day(12))}" not in mine.text
    assert f"using LeenOps from {in_words(day(LATER))} on" in mine.text and "your agreement with us" in mine.text
    assert in_words(day(12)) in others.subject and "agreement" not in others.text


def test_who_works_for_two_companies_reads_both_days(change, henrik, ada):
    db.session.add(Membership(workspace_id=ada.workspace_id, user_id=henrik.user_id, role=Role.BUILDER))
    db.session.commit()
    send(change(counts=12))

    text = mail_to(henrik).text
    assert f"changes on {in_words(day(12))}" in text
    assert f"later for Northwind Supplies on {in_words(day(LATER))}" in text


def test_banner_page_and_terms_name_the_same_day(change, henrik, browser_of):
    send(change(counts=12))
    browser = browser_of(henrik.user)

    assert f"House rules changes on {in_words(day(LATER))}" in browser.get("/w/northwind/runs")
    page = browser.submit("seen")
    assert page.h1 == f"House rules changes on {in_words(day(LATER))}"
    assert f"Changes for Northwind Supplies on {in_words(day(LATER))}" in browser.get("/w/northwind/terms")


def test_the_terms_show_the_version_that_counts_for_the_customer(change, henrik, browser_of):
    change(counts=-1)
    browser = browser_of(henrik.user)

    shown = browser.get("/w/northwind/terms")
    assert f"1.1 from {short_day(day(29))}, as you agreed" in shown
    assert shown.find("a", aria_label="House rules 1.0 as published")
    later = browser.get(f"/w/northwind/terms?at={day(29)}")
    assert later.find("a", aria_label="House rules 1.1 as published") and "as you agreed" not in later


def test_what_was_told_can_be_found_again_and_answered(change, henrik, browser_of):
    send(change(counts=12))
    browser = browser_of(henrik.user)
    browser.get("/w/northwind/runs")
    browser.submit("seen")

    told = browser.get("/w/northwind/terms").find("section", aria_labelledby="told-h")
    assert "Not answered" in told.text
    browser.get(told.find("a")["href"])
    browser.submit("answers", button="Accept version 1.1")
    assert "You accepted" in browser.get("/w/northwind/terms").find("section", aria_labelledby="told-h").text
    page = browser.click("House rules 1.1")
    assert "You accepted this change on" in page
    assert "You declined this change on" in browser.submit("answers", button="Decline after all")
