"""axe finds nothing, in light and dark, wide and narrow; and nothing scrolls sideways."""

import pytest

pytestmark = pytest.mark.e2e

PUBLIC = (
    "/",
    "/product",
    "/solutions/finance",
    "/solutions/marketing",
    "/security",
    "/nothing",
    "/legal/",
    "/legal/terms",
    "/login",
    "/register",
    "/support/login",
)
CONSOLE = (
    "approvals", "runs", "agents", "agents/new", "agents/refund-triage", "agents/refund-triage/edit",
    "agents/refund-triage/versions", "knowledge", "ledger", "tasks", "keys", "rules", "members", "audit", "settings",
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
    for path in PUBLIC:
        looked_at(page, site.url + path, axe)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_console_pages(site, people, axe, scheme, width):
    page = people.sign_in("owner@fennelrye.example", width=width, color_scheme=scheme)
    for name in CONSOLE:
        looked_at(page, f"{site.url}/w/fennel-rye/{name}", axe)
    page.goto(f"{site.url}/w/fennel-rye/runs")
    looked_at(page, site.url + page.locator("table a").first.get_attribute("href"), axe)


def test_staff_pages(site, people, axe):
    page = people.staff("trust@staff.example")
    for path in ("/support/", "/support/workspaces/northwind", "/support/audit"):
        looked_at(page, site.url + path, axe)
