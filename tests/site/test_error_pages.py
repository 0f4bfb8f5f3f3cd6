"""What a visitor reads when something does not work: what happened, and a way back."""

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.db import db
from app.errors import Invalid, TooMany
from app.site import pages
from tests.factories import a_member


@pytest.fixture
def failing(monkeypatch):
    """`failing(error)`: from now on the security page raises it."""

    def arrange(error: Exception) -> None:
        def broken(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(pages, "render", broken)

    return arrange


def is_public_and_leads_back(page) -> bool:
    links = {link["href"] for link in page.find("main").all("a")}
    return bool(page.find("nav", aria_label="Main")) and not page.all("script") and bool(links & {"/", ""})


@pytest.mark.parametrize("path", ["/nothing", "/solutions/nothing", "/solutions/", "/legal/nothing"])
def test_an_address_that_leads_nowhere_says_so_and_leads_back(client, path):
    page = client.get(path)

    assert (page.status, page.h1) == (404, "Nothing here") and is_public_and_leads_back(page)
    assert page.find("meta", name="robots")["content"] == "noindex"


def test_a_request_of_the_wrong_kind_is_told_which_are_right(client):
    page = client.post("/product", {"csrf_token": client.token()})

    assert (page.status, page.h1) == (405, "This address does not take that") and is_public_and_leads_back(page)
    assert "GET" in page.headers["Allow"]


def test_too_much_at_once_is_refused_in_words(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10)

    page = client.post("/login", {"email": "a" * 100})

    assert (page.status, page.h1) == (413, "That is too large") and is_public_and_leads_back(page)


def test_what_a_framework_refuses_is_not_said_to_be_our_fault(client):
    page = client.get("/", headers={"Host": "a b"})

    assert page.status < 500 and page.h1 != "Something broke on our side"


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [(Invalid("Check what you typed."), 422, "Not saved"), (TooMany(), 429, "Too often")],
)
def test_a_rule_that_was_met_is_said_on_the_site(client, failing, error, status, heading):
    failing(error)

    page = client.get("/security")

    assert (page.status, page.h1) == (status, heading) and is_public_and_leads_back(page)
    assert (status == 429) == ("Retry-After" in page.headers)


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (RuntimeError("boom"), 500, "Something broke on our side"),
        (OperationalError("SELECT 1", {}, Exception("gone")), 503, "Part of LeenOps is not answering"),
    ],
)
def test_when_we_broke_the_page_asks_the_database_nothing(app, browser_of, failing, error, status, heading):
    browser = browser_of(a_member().user)
    failing(error)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    page = browser.get("/security")

    assert (page.status, page.h1) == (status, heading) and is_public_and_leads_back(page)
    assert asked == []
    assert "boom" not in page.html and "SELECT" not in page.html


def test_try_again_leads_to_this_page_whatever_its_address(client, failing):
    failing(RuntimeError("boom"))

    page = client.get("/security?next=//evil.example")

    assert page.link("Try again") == "" and "evil" not in page.find("main").text
