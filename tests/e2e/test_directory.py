"""A card says that nobody named the recipient; an admin adds it; the next run is asked about by the rules alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_main_job import card_of

pytestmark = pytest.mark.e2e

STOCK = (
    "SKU;Product;On hand;On order;Reorder point;Target stock;Pack size;Supplier;Supplier email;Unit cost\n"
    "VIN-1;Vinegar 1 l;2;0;40;120;4;Acetaia Bruna;ordini@acetaiabruna.example;6,50\n"
)
UNNAMED = "ordini@acetaiabruna.example"


def start_reorder(page, site):
    """Give the stock agent a list as a person would; the card of its mail to the supplier."""
    page.goto("/w/fennel-rye/agents")
    page.get_by_role("link", name="Stock reorder").first.click()
    form = page.locator("#start-run")
    expect(form).to_contain_text("With its headings. May hold somebody else’s words.")
    form.locator("textarea").last.fill(STOCK)
    form.get_by_role("button").last.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f]{20}"))
    return card_of(page, site, page.url.rstrip("/").rsplit("/", 1)[-1])


def test_a_supplier_is_named_once_and_asked_about_no_more(site, people):
    owner, admin = people.sign_in("owner"), people.sign_in("admin")
    first = start_reorder(owner, site)
    admin.goto(f"/w/fennel-rye/approvals/{first}")
    here = admin.locator(f"#approval-{first}")
    expect(here).to_contain_text(re.compile(f"the address {re.escape(UNNAMED)} .*nobody here named it"))

    here.get_by_role("link", name="Add to the directory").first.click()
    expect(admin.get_by_label("Who or what")).to_have_value(UNNAMED)
    expect(admin.get_by_role("radio", name=re.compile("^Mail address"))).to_be_checked()
    admin.get_by_label(re.compile("^Why")).fill("Supplies our vinegar")
    admin.get_by_role("button", name="Add to the directory").click()
    expect(admin.get_by_role("row").filter(has_text=UNNAMED)).to_contain_text("Supplies our vinegar")

    second = start_reorder(owner, site)
    admin.goto(f"/w/fennel-rye/approvals/{second}")
    here = admin.locator(f"#approval-{second}")
    expect(here).to_contain_text("mail to someone outside needs a person")
    expect(here).not_to_contain_text("nobody here named it")
    here.get_by_text("Where it came from").click()
    expect(here).to_contain_text("The workspace’s directory")
    admin.goto("/w/fennel-rye/directory?q=acetaia")
    admin.get_by_role("button", name="Take out").click()
    expect(admin.locator("main")).to_contain_text("From now on the guard asks again.")


def test_who_may_not_write_rules_is_offered_no_link(site, people):
    owner, reviewer = people.sign_in("owner"), people.sign_in("reviewer")
    card = start_reorder(owner, site)

    reviewer.goto(f"/w/fennel-rye/approvals/{card}")

    expect(reviewer.locator(f"#approval-{card}")).to_contain_text("nobody here named it")
    expect(reviewer.get_by_role("link", name="Add to the directory")).to_have_count(0)
