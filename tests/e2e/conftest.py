"""Journeys in real Chromium against the real processes: a site, a browser, and people who sign in.

Every page is watched: a script error or a refusal by the content security policy fails the test that met it.
A test that fails leaves a picture of each open page in tests/e2e/shots.
"""

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests import chromium
from tests.real import DEMO_PASSWORD, Site

HERE = Path(__file__).parent
SHOTS = HERE / "shots"
WIDTH, HEIGHT = 1280, 900
EXPECTED = re.compile(r"Failed to load resource: .*(40[13]|404|409|410|422|423|429)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


_failed = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The demo site with no hold windows, shared by all journeys of this process."""
    running = Site()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Closed after each module: Playwright keeps an event loop running that other tests would meet."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=chromium.OPTIONS)
        yield launched
        launched.close()


class People:
    """Opens browsers for people: each call is another person at another machine."""

    used: ClassVar[dict[str, str]] = {}
    """By staff address, the code used last."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []
        self.trouble: list[str] = []

    def guest(self, *, width: int = WIDTH, height: int = HEIGHT, **options: Any) -> Page:
        """Somebody who is not signed in, on a screen of this size; `options` are those of a browser context."""
        defaults: dict[str, Any] = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}
        context = self.browser.new_context(**{"base_url": self.site.url} | defaults | options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message))
        return page

    def sign_in(self, email: str, *, password: str = DEMO_PASSWORD, **options: Any) -> Page:
        """A person of the demo, signed in on the sign-in page. A name without a domain is of Fennel & Rye."""
        page = self.guest(**options)
        page.goto("/login")
        page.locator("input[name=email]").fill(email if "@" in email else f"{email}@fennelrye.example")
        page.locator("input[name=password]").fill(password)
        page.locator("form:has(input[name=password]) button[type=submit]").click()
        expect(page).not_to_have_url(re.compile(r"/login"))
        return page

    def staff(self, email: str) -> Page:
        """A member of support staff, signed in with the second factor."""
        address = email if "@" in email else f"{email}@staff.example"
        page = self.guest()
        page.goto("/support/login")
        page.locator("input[name=email]").fill(address)
        page.locator("input[name=password]").fill(DEMO_PASSWORD)
        page.locator("input[name=code]").fill(self._code(page, address))
        page.locator("form:has(input[name=code]) button[type=submit]").click()
        expect(page).not_to_have_url(re.compile(r"/support/login"))
        return page

    def _code(self, page: Page, address: str) -> str:
        """A code of this address that was not used before: a code works once, within its time step."""
        while (code := self.site.flask("demo", "totp", address)) == self.used.get(address):
            page.wait_for_timeout(1_000)
        self.used[address] = code
        return code

    def _heard(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.trouble.append(f"{page.url}: {message.text}")

    def pictures(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        safe = re.sub(r"[^\w-]+", "-", name)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            page.screenshot(path=SHOTS / f"{safe}-{number}.png", full_page=True)

    def leave(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[People]:
    """Who takes part in this journey."""
    them = People(browser, site)
    yield them
    failed = request.node.stash.get(_failed, True)
    if failed:
        them.pictures(request.node.name)
    them.leave()
    assert failed or not them.trouble, "the browser complained: " + "; ".join(them.trouble)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)`: fails when axe-core finds anything that keeps people out."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        said = [f"{v['id']} ({v['impact']}): {v['help']} at {[n['target'] for n in v['nodes']][:4]}" for v in found]
        assert not said, f"{page.url}: " + "; ".join(said)

    return check
