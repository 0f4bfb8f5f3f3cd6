"""What visitors come for: a policy and what changed in it, and a way to write in. Without a line of script."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

KEY = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT" * 3


@pytest.fixture(params=["with scripts", "without scripts"])
def visitor(people, request) -> Page:
    return people.guest(java_script_enabled=request.param == "with scripts")


def test_a_visitor_finds_a_policy_and_sees_what_changed_since_a_day(visitor):
    visitor.goto("/")
    visitor.get_by_role("navigation", name="Main").get_by_role("link", name="Policies").click()
    visitor.get_by_role("link", name="Acceptable use policy", exact=True).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Acceptable use policy")

    visitor.get_by_label("Or since the day").fill("2026-07-01")
    visitor.get_by_role("button", name="Show").click()

    expect(visitor).to_have_url(re.compile(r"/legal/acceptable-use/compare/1\.0\.\.\.1\.1$"))
    expect(visitor.locator("ins").first).to_contain_text("[added]")
    expect(visitor.locator(".legal-nav .changed").first).to_be_visible()


def test_a_link_to_a_clause_of_an_old_version_leads_to_the_same_clause_today(visitor):
    visitor.goto("/legal/acceptable-use/v1.0#spam")
    expect(visitor.get_by_text("You are reading an old version.")).to_be_visible()

    visitor.locator("#spam .then a").click()

    expect(visitor).to_have_url(re.compile(r"/legal/acceptable-use#spam$"))
    expect(visitor.locator("#spam")).to_be_in_viewport()


def test_a_clause_that_is_gone_is_still_found_from_its_old_address(visitor):
    visitor.goto("/legal/acceptable-use#platform-load")
    expect(visitor.locator("#platform-load")).to_be_in_viewport()

    visitor.locator("#platform-load a").click()

    expect(visitor).to_have_url(re.compile(r"/legal/acceptable-use/v1\.0#platform-load$"))


def test_what_is_coming_is_announced_with_its_day(visitor):
    visitor.goto("/legal/")
    visitor.get_by_role("link", name="Enforcement and appeals policy 1.1").click()

    expect(visitor.get_by_text("Takes effect on").last).to_be_visible()
    visitor.get_by_role("link", name="what changes").click()
    expect(visitor.locator("ins").first).to_be_visible()


def test_a_message_with_a_key_in_it_is_refused_and_the_rest_of_it_is_kept(visitor):
    visitor.goto("/contact")
    visitor.get_by_label("Your name").fill("Mina Harker")
    visitor.locator("input[name=email]").fill("mina@whitby.example")
    visitor.locator("input[name=topic][value=support]").check()
    visitor.locator("textarea[name=message]").fill(f"My agent stopped. The key is {KEY} and it worked before.")
    visitor.locator("main form button[type=submit]").click()

    expect(visitor.get_by_role("alert")).to_contain_text("We removed what looks like an OpenAI key.")
    kept = visitor.locator("textarea[name=message]")
    assert KEY not in visitor.content() and "it worked before." in kept.input_value()

    kept.fill("My agent stopped. It worked before.")
    visitor.locator("main form button[type=submit]").click()
    expect(visitor.locator("main")).to_contain_text(re.compile(r"LO-[A-Z0-9]{4}-[A-Z0-9]{4}"))


def test_abuse_is_reported_without_an_account(visitor, people):
    visitor.goto("/report-abuse")
    visitor.locator("[name=category][value=phishing]").check()
    visitor.locator("input[name=url]").fill("https://bad.example/pay")
    visitor.locator("textarea[name=message]").fill("An agent asks people for their bank details.")
    visitor.locator("main form button[type=submit]").click()
    expect(visitor.locator("main")).to_contain_text(re.compile(r"LO-[A-Z0-9]{4}-[A-Z0-9]{4}"))
    reference = re.search(r"LO-[A-Z0-9]{4}-[A-Z0-9]{4}", visitor.locator("main").inner_text())

    staff = people.staff("support")
    staff.goto("/support/inbox")

    expect(staff.get_by_role("link", name=reference[0])).to_be_visible()
