"""An admin writes a rule; the next run is held to it, and everybody can read who put it in force."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_main_job import MAIL, card_of, start_refund

pytestmark = pytest.mark.e2e


def test_a_rule_is_written_published_and_asks_for_whom_it_names(site, people):
    admin, owner = people.sign_in("admin@fennelrye.example"), people.sign_in("owner@fennelrye.example")
    admin.goto("/w/fennel-rye/rules")
    admin.get_by_role("link", name="Change the rules").click()
    admin.get_by_role("link", name="Add a rule").click()
    admin.get_by_label("When an agent wants to").select_option("book_refund")
    admin.get_by_label("What to look at, 1").select_option("amount")
    admin.get_by_label("With what, 1").fill("1,000")
    admin.get_by_label("How many, 1").fill("1")
    admin.get_by_label("In which role, 1").select_option("admin")
    expect(admin.locator("#rule-sentence")).to_have_text(
        "When an agent wants to book a refund and the amount is more than €1,000.00, 1 admin decides."
    )
    admin.get_by_label(re.compile("How cards say why")).fill("refunds above 1,000 need an admin")
    admin.get_by_role("button", name="Save in the draft").click()
    for _ in range(8):  # above the rules that stand there already
        admin.get_by_role("row").filter(has_text="need an admin").get_by_role("button", name=re.compile("^Up")).click()
    expect(admin.get_by_role("row").nth(1)).to_contain_text("€1,000.00, 1 admin decides")
    admin.get_by_label("Why do the rules change?").fill("Large refunds go past an admin")
    admin.get_by_role("button", name="Put these rules in force").click()
    expect(admin.locator("main")).to_contain_text("Version 2, in force since")

    card = card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20777")))

    admin.goto(f"/w/fennel-rye/approvals/{card}")
    here = admin.locator(f"#approval-{card}")
    expect(here).to_contain_text("refunds above 1,000 need an admin")
    here.get_by_role("button", name=re.compile("^Approve")).first.click()
    expect(here).to_have_attribute("data-state", "done", timeout=20_000)
    admin.goto("/w/fennel-rye/rules/versions")
    expect(admin.locator("main")).to_contain_text("Large refunds go past an admin")
    admin.goto("/w/fennel-rye/rules/versions/1")
    admin.get_by_role("button", name="Take it into the draft").click()
    admin.get_by_label("Why do the rules change?").fill("Back to how they were")
    admin.get_by_role("button", name="Put these rules in force").click()
    expect(admin.locator("main")).to_contain_text("Version 3, in force since")
