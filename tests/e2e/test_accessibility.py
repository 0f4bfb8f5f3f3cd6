"""axe finds nothing, in light and dark, wide and narrow; and nothing scrolls sideways."""

import re

import pytest

pytestmark = pytest.mark.e2e

UNLISTED = (
    "/nothing", "/login", "/register", "/support/login", "/legal/nothing", "/legal/changes", "/status/history",
    "/pricing?period=year", "/legal/acceptable-use/v1.0", "/legal/acceptable-use/compare/1.0...1.1",
    "/legal/terms/as-of/2026-06-20", "/legal/enforcement-appeals/v1.1",
)  # fmt: skip
"""Public pages that no search engine is told of."""
CONSOLE = (
    "approvals", "runs", "agents", "agents/new", "agents/refund-triage", "agents/refund-triage/edit",
    "agents/refund-triage/versions", "knowledge", "ledger", "tasks", "keys", "rules", "rules/draft", "rules/draft/new",
    "rules/draft/refunds-two", "rules/versions", "rules/versions/1", "members", "audit", "settings",
    "terms", "directory", "directory/new", "policies/enforcement-appeals/1.1",
)  # fmt: skip
LOOKS = [("light", 1440), ("dark", 390)]


def looked_at(page, url, axe):
    page.goto(url)
    axe(page)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{url} scrolls sideways by {wider} px"


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_public_pages(site, people, axe, scheme, width):
    page = people.guest(width=width, color_scheme=scheme)
    listed = re.findall(r"<loc>([^<]+)</loc>", page.request.get(f"{site.url}/sitemap.xml").text())
    assert len(listed) > 25
    for url in (*listed, *(site.url + path for path in UNLISTED)):
        looked_at(page, url, axe)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_console_pages(site, people, axe, scheme, width):
    page = people.sign_in("owner@fennelrye.example", width=width, color_scheme=scheme)
    for name in CONSOLE:
        looked_at(page, f"{site.url}/w/fennel-rye/{name}", axe)
    page.goto(f"{site.url}/w/fennel-rye/runs")
    looked_at(page, site.url + page.locator("table a").first.get_attribute("href"), axe)


def test_staff_pages(site, people, axe):
    page = people.staff("trust@staff.example")
    for path in (
        "/support/",
        "/support/workspaces/northwind",
        "/support/audit",
        "/support/inbox",
        "/support/incidents",
    ):
        looked_at(page, site.url + path, axe)
    page = people.staff("admin@staff.example")
    for path in ("policies", "policies/new?slug=terms", "agreements", "agreements/new", "incidents/new"):
        looked_at(page, f"{site.url}/support/{path}", axe)
    page.goto(f"{site.url}/support/policies")
    looked_at(page, site.url + page.locator("table a").first.get_attribute("href"), axe)
