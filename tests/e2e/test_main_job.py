"""The main job, in two browsers: start, watch, decide in one, see it in the other, read it back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

MAIL = """From: Petra Jansen <petra.jansen@hartwell.example>
Subject: Charged twice for order 20418

Hello, the bank shows order 20418 charged twice on 18 November, EUR 1.840,00 each time.
Please return the second charge of EUR 1.840,00.

Kind regards,
Petra Jansen
Hartwell Ltd"""


STREAM_LATER = """
const soon = window.fetch;
window.fetch = (where, ...how) => String(where.url ?? where).includes('/events')
  ? new Promise(done => setTimeout(() => done(soon(where, ...how)), 3000)) : soon(where, ...how);
"""
"""Each stream connects three seconds later: a run is long at its card by then."""


def start_refund(page: Page, site: Any, mail: str = MAIL) -> str:
    """Give the refund agent a mail as a person would; returns the run's public id."""
    page.goto(f"{site.url}/w/fennel-rye/agents")
    page.get_by_role("link", name="Refund triage").first.click()
    form = page.locator("#start-run")
    form.locator("textarea").last.fill(mail)
    form.get_by_role("button").last.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f]{20}"))
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def card_of(page: Page, site: Any, run: str) -> str:
    """Wait for the run's card to appear on its live timeline and return the card's public id."""
    pane = page.locator(f"#run-{run}")
    expect(pane).to_have_attribute("data-state", "awaiting_approval", timeout=20_000)
    link = pane.locator(".now-box a").first
    return link.get_attribute("href").rsplit("/", 1)[-1]


def test_a_refund_is_asked_changed_approved_by_two_and_booked_once(site, people):
    owner = people.sign_in("owner@fennelrye.example")
    run = start_refund(owner, site)
    card = card_of(owner, site, run)
    first, second = people.sign_in("reviewer@fennelrye.example"), people.sign_in("reviewer2@fennelrye.example")
    first.goto(f"{site.url}/w/fennel-rye/approvals/{card}")
    second.goto(f"{site.url}/w/fennel-rye/approvals/{card}")
    here, there = first.locator(f"#approval-{card}"), second.locator(f"#approval-{card}")
    expect(here).to_contain_text("€1,840.00")

    here.get_by_text("Change first").click()
    here.get_by_label("Amount").fill("920.00")
    here.get_by_role("button", name="Approve with these changes").click()
    expect(there).to_contain_text("1 of 2 given", timeout=5_000)
    expect(there).to_contain_text("920.00")
    there.get_by_role("button", name=re.compile("^Approve")).first.click()

    expect(here).to_have_attribute("data-state", "done", timeout=20_000)
    owner.goto(f"{site.url}/w/fennel-rye/ledger")
    expect(owner.get_by_role("row").filter(has_text="€920.00")).to_have_count(1)
    owner.goto(f"{site.url}/w/fennel-rye/audit?subject=approval:{card}")
    for words in ("asked", "changed", "approved"):
        expect(owner.locator("main")).to_contain_text(words)


def test_a_page_whose_stream_connects_late_still_shows_the_card(site, people):
    owner = people.sign_in("owner@fennelrye.example")

    owner.add_init_script(STREAM_LATER)
    card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20333")))


def test_what_one_declines_the_other_sees_in_place(site, people):
    owner = people.sign_in("owner@fennelrye.example")
    card = card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20777")))
    first, second = people.sign_in("reviewer@fennelrye.example"), people.sign_in("reviewer2@fennelrye.example")
    for page in (first, second):
        page.goto(f"{site.url}/w/fennel-rye/approvals/{card}")
    here, there = first.locator(f"#approval-{card}"), second.locator(f"#approval-{card}")

    here.locator("[data-decline] summary").click()
    here.get_by_label("Why?").select_option("duplicate")
    here.get_by_role("button", name="Decline").click()

    expect(here).to_contain_text("Declined by you")
    expect(there).to_have_attribute("data-state", "rejected", timeout=5_000)
    expect(there).to_contain_text("Declined by Amira Haddad")


def test_the_count_in_the_menu_follows_what_is_decided(site, people):
    owner, reviewer = people.sign_in("owner@fennelrye.example"), people.sign_in("reviewer@fennelrye.example")
    reviewer.goto(f"{site.url}/w/fennel-rye/agents")
    menu = reviewer.locator("#count-approvals-side .count")
    waiting = int(menu.text_content().split()[0])

    card = card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20888")))
    expect(menu).to_contain_text(f"{waiting + 1} waiting", timeout=10_000)
    decider = people.sign_in("reviewer@fennelrye.example")
    decider.goto(f"{site.url}/w/fennel-rye/approvals/{card}")
    decider.locator(f"#approval-{card} [data-decline] summary").click()
    decider.get_by_label("Why?").select_option("wrong")
    decider.locator(f"#approval-{card}").get_by_role("button", name="Decline").click()

    expect(menu).to_contain_text(f"{waiting} waiting", timeout=10_000)


def test_deciding_works_without_javascript(site, people):
    owner = people.sign_in("owner@fennelrye.example")
    card = card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20999")))
    plain = people.sign_in("reviewer@fennelrye.example", java_script_enabled=False)
    plain.goto(f"{site.url}/w/fennel-rye/approvals/{card}")

    plain.locator("[data-decline] summary").click()
    plain.get_by_label("Why?").select_option("wrong")
    plain.get_by_role("button", name="Decline").click()

    expect(plain.locator(f"#approval-{card}")).to_have_attribute("data-state", "rejected")
    assert plain.url.endswith(card)


def test_the_person_who_started_a_run_cannot_decide_on_it(site, people):
    owner = people.sign_in("owner@fennelrye.example")
    card = card_of(owner, site, start_refund(owner, site, MAIL.replace("20418", "20555")))

    owner.goto(f"{site.url}/w/fennel-rye/approvals/{card}")

    expect(owner.locator(f"#approval-{card}")).to_contain_text("someone else decides")
    expect(owner.locator(f"#approval-{card} button")).to_have_count(0)
