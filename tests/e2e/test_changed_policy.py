"""A policy changes: staff publish it through two people, members hear of it, read the redline and answer."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_a_member_sees_the_notice_reads_the_redline_and_accepts(people):
    page = people.sign_in("builder")
    page.goto("/w/fennel-rye/agents")
    banner = page.get_by_role("region", name="Changed policy")
    expect(banner).to_contain_text("Enforcement and appeals policy changes on")

    banner.get_by_role("button", name="See what changes").click()
    expect(page.locator("del", has_text="30").first).to_be_visible()
    page.get_by_role("button", name="Accept version 1.1").click()

    expect(page.get_by_text("You accepted Enforcement and appeals policy 1.1.")).to_be_visible()
    page.goto("/w/fennel-rye/agents")
    expect(page.get_by_role("region", name="Changed policy")).to_have_count(0)
    page.goto("/account")
    expect(page.get_by_text("Enforcement and appeals policy, version 1.1")).to_have_count(2)  # seen, and accepted


def test_a_member_declines_is_told_what_stays_open_and_can_change_their_mind(people):
    page = people.sign_in("auditor")
    page.goto("/w/fennel-rye/policies/enforcement-appeals/1.1")

    page.get_by_role("button", name="Decline").click()

    expect(page.get_by_text("You declined this change on")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="the audit log", exact=True).click()
    assert download.value.suggested_filename.endswith(".csv")
    page.get_by_role("button", name="Accept after all").click()
    expect(page.get_by_text("You accepted Enforcement and appeals policy 1.1.")).to_be_visible()


def test_staff_publish_a_version_through_two_people_and_members_are_told(people):
    writer = people.staff("legal")
    writer.goto("/support/policies")
    writer.get_by_label("Start a version of").select_option("privacy")
    writer.get_by_role("button", name="Write a draft").click()
    text = writer.get_by_label("Text", exact=True)
    text.fill(text.input_value().replace("30 days", "20 days"))
    writer.get_by_label("Summary in plain words").fill("Server logs are kept 20 days instead of 30.")
    writer.get_by_label("Major").check()
    writer.locator("#material").check()
    writer.get_by_role("button", name="Save the draft").click()
    expect(writer.locator("ins").first).to_contain_text("20")
    writer.get_by_role("button", name="Ask for a review").click()
    expect(writer.get_by_text("somebody else approves it").first).to_be_visible()

    other = people.staff("admin")
    other.goto(writer.url)
    other.get_by_role("button", name="Approve this text").click()
    other.get_by_role("button", name="Publish 1.1").click()

    expect(other.get_by_text("The notices are on their way.")).to_be_visible()
    page = people.sign_in("owner")
    mailed = re.compile(r"Privacy policy: what changes on")
    for _ in range(50):
        page.goto("/dev/mail")
        if page.get_by_role("link", name=mailed).count():
            break
        page.wait_for_timeout(200)
    expect(page.get_by_role("link", name=mailed).first).to_be_visible()
    page.goto("/legal/privacy")
    expect(page.get_by_text("Version 1.1 takes effect on")).to_be_visible()
    other.reload()
    other.get_by_role("link", name="Who was told").click()
    expect(other.get_by_role("cell", name="owner@fennelrye.example", exact=True)).to_be_visible()
