"""A request can name any host. No answer repeats it: redirects are paths, and whole addresses come from BASE_URL."""

import pytest

from app.workspaces.models import Role
from tests.factories import a_member, a_user
from tests.pages import Browser
from tests.support.conftest import a_staff_member

EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}


def take_along(browser: Browser) -> None:
    """Have the browser send its cookie to the other host as well; otherwise it is nobody there."""
    cookie = browser.client.get_cookie("leenops")
    assert cookie is not None
    browser.client.set_cookie("leenops", cookie.value, domain="evil.example")


@pytest.mark.parametrize(
    ("path", "straight"),
    [
        ("/w", "/w/"),
        ("/legal?a=1&b=%2F", "/legal/?a=1&b=%2F"),
        ("/support", "/support/"),
        ("/w/fennel-rye", "/w/fennel-rye/"),
        ("/legal//terms", "/legal/terms"),
        ("/w/%2F%2Fevil.example", "/w/evil.example/"),
        ("//legal", "/legal/"),
    ],
)
def test_a_missing_or_doubled_slash_is_put_right_on_this_site(client, path, straight):
    asked, _, words = path.partition("?")
    exactly = {"PATH_INFO": asked.replace("%2F", "/"), "QUERY_STRING": words}

    page = client.get("/", environ_overrides=exactly, headers=EVIL, follow=False)

    assert not page.location.startswith(("http", "//"))
    assert b"http://evil" not in page.body
    assert (page.status, page.location) == (308, straight)


@pytest.mark.parametrize("host", ["evil.example:99999", "[", "a b", "evil.example/x", "\\evil", "", "evil@x", "é"])
def test_a_host_that_is_none_breaks_nothing(client, host):
    for path in ("/w", "/login", "/sitemap.xml"):
        page = client.get(path, environ_overrides={"HTTP_HOST": host}, follow=False)
        assert page.status < 500 and "evil" not in page.location


def test_no_answer_repeats_the_host_that_a_request_named(app, browser_of):
    member = a_member(role=Role.OWNER)
    browser = browser_of(member.user)
    known = {"workspace": member.workspace.slug, "slug": "terms", "person": member.public_id, "version": "1.0"}
    take_along(browser)
    found, seen = [], []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith(("<path:filename>", "/events")):
            continue
        values = {name: known.get(name, 1) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        page = browser.get(path, follow=False, headers=EVIL)
        seen += [path] if page.status == 200 else []
        if b"evil.example" in page.body or any("evil.example" in value for value in page.headers.values()):
            found.append(path)

    assert found == [] and f"/w/{member.workspace.slug}/approvals" in seen and len(seen) > 20


def test_no_redirect_after_a_form_names_the_host(client):
    user, staff = a_user(), a_staff_member()
    token = client.token()
    take_along(client)
    answers = []
    for path, fields in [
        ("/login", {"email": user.email, "password": "wrong"}),
        ("/forgot-password", {"email": user.email}),
        ("/support/login", {"email": staff.email, "password": "x", "code": "1"}),
        ("/logout", {}),
    ]:
        page = client.post(path, {"csrf_token": token} | fields, headers=EVIL)
        answers.append(page.status)
        assert "evil" not in page.location and b"http://evil" not in page.body

    assert answers == [422, 303, 422, 303]
