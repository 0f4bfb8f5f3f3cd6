"""A reviewer says that they are away; everybody sees it, and an admin ends it when they are back early."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_an_absence_is_added_seen_by_others_and_ended(people, axe):
    reviewer, admin = people.sign_in("reviewer"), people.sign_in("admin", width=390)
    reviewer.goto("/w/fennel-rye/members")
    reviewer.locator("main").get_by_role("link", name="Absences").click()
    last_day = date.today() + timedelta(days=20)
    reviewer.get_by_label("First day").fill(str(date.today() + timedelta(days=2)))
    reviewer.get_by_label("Last day").fill(str(last_day))
    reviewer.get_by_label("Who stands in").select_option(label="Joan Pereira, reviewer")
    reviewer.get_by_role("button", name="Add the absence").click()
    expect(reviewer.get_by_role("row").nth(1)).to_contain_text("Joan Pereira")
    axe(reviewer)

    admin.goto("/w/fennel-rye/absences")
    row = admin.get_by_role("row").filter(has_text="Amira Haddad").filter(has_text=f"{last_day.day} ")
    expect(row).to_contain_text("Coming")
    axe(admin)
    row.get_by_role("button", name=re.compile("^Take back")).click()

    expect(admin.locator("main")).to_contain_text("Amira Haddad is not away any more.")
    reviewer.reload()
    expect(reviewer.get_by_role("row").nth(1)).to_contain_text("Ended early")


def test_hours_of_the_week_are_typed_and_read_back(people, axe):
    admin, auditor = people.sign_in("admin"), people.sign_in("auditor")
    admin.goto("/w/fennel-rye/settings")
    admin.get_by_label("By the week").check()
    admin.get_by_label("Monday").fill("9-17")
    admin.get_by_role("button", name="Save the hours").click()
    expect(admin.locator("#error-summary")).to_contain_text("Monday: write times as in")
    admin.get_by_label("Monday").fill("9:00-17:00")
    admin.get_by_role("button", name="Save the hours").click()
    expect(admin.get_by_label("Monday")).to_have_value("09:00-17:00")
    axe(admin)

    auditor.goto("/w/fennel-rye/settings")
    expect(auditor.locator("main")).to_contain_text("09:00-17:00")
    admin.get_by_role("radio", name=re.compile("^Always")).check()
    admin.get_by_role("button", name="Save the hours").click()
    auditor.reload()
    expect(auditor.locator("main")).to_contain_text("Always open.")
