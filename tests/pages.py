"""A test client that reads every page for you, and fails the test when a page breaks a rule of the house.

It works like a person: it opens an address, reads the page, fills in a form that is on it and sends it; the
CSRF token comes out of the form, never from the side. `tests/page_rules.py` has what every page is held to.
"""

import contextvars
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask, has_app_context, session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from app.accounts.sessions import open_session
from app.db import db
from tests.page_rules import problems
from tests.reading import Node, read


class Page:
    """An answer: its status, and its HTML to look at."""

    def __init__(self, response: TestResponse, path: str) -> None:
        self.response, self.path = response, path
        self.status, self.headers = response.status_code, response.headers
        self.is_html = response.mimetype == "text/html"
        self.html = response.get_data(as_text=True) if self.is_html else ""
        self.root = read(self.html)

    @property
    def body(self) -> bytes:
        return self.response.get_data()

    @property
    def json(self) -> Any:
        return self.response.get_json()

    @property
    def text(self) -> str:
        return self.root.text

    @property
    def title(self) -> str:
        return self.root.find("title").text

    @property
    def h1(self) -> str:
        return self.root.find("h1").text

    @property
    def location(self) -> str:
        """Where a redirect leads, or htmx is sent."""
        return self.headers.get("Location") or self.headers.get("HX-Redirect", "")

    def find(self, tag: str = "", **attrs: str) -> Node:
        return self.root.find(tag, **attrs)

    def all(self, tag: str = "", **attrs: str) -> list[Node]:
        return self.root.all(tag, **attrs)

    def __contains__(self, sentence: str) -> bool:
        return sentence in self.text

    def __repr__(self) -> str:
        return f"<{self.status} {self.path}: {self.text[:600]}>"

    def form(self, name: str = "", *, having: Iterable[str] = ()) -> Node:
        """The form with this id, whose action ends so, or with this button; the only one when nothing is said.

        Of several, the one that has all the fields `having`.
        """
        forms = self.all("form")
        if not name:
            forms = [f for f in forms if f.get("method", "get").lower() == "post" and not _in_chrome(f)] or forms
        found = [f for f in forms if not name or _is_form(f, name)]
        if len(found) > 1:
            found = [f for f in found if set(having) <= {node.get("name") for node in f.walk()}]
        assert len(found) == 1, f"{len(found)} forms match “{name}”; there are {[f.get('action') for f in forms]}"
        return found[0]

    def link(self, words: str) -> str:
        """Where the link with these words leads."""
        found = [node for node in self.all("a") if node.text == words or node.get("aria-label") == words]
        assert found, f"no link “{words}”; there are {[n.text for n in self.all('a')]}"
        return found[0]["href"]


def _in_chrome(form: Node) -> bool:
    return any(up.tag in ("header", "nav", "footer") for up in form.above())


def _is_form(form: Node, name: str) -> bool:
    if form.id == name or urlsplit(form.get("action")).path.endswith(name):
        return True
    return any(name in (b.text, b.get("value")) for b in form.walk() if b.tag in ("button", "input"))


def values(form: Node) -> dict[str, Any]:
    """What a browser would send when nothing is changed, without the button."""
    sent: dict[str, Any] = {}
    for node in form.walk():
        name, kind = node.get("name"), node.get("type")
        if not name or "disabled" in node.attrs:
            continue
        if node.tag == "textarea":
            sent[name] = "".join(c for c in node.children if isinstance(c, str)).removeprefix("\n")
        elif node.tag == "select":
            sent[name] = _chosen(node)
        elif node.tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in node.attrs:
                sent[name] = [*sent.get(name, []), node.get("value", "on")]
        elif node.tag == "input" and kind not in ("submit", "button", "image", "file", "reset"):
            sent[name] = node.get("value")
    return sent


def _chosen(select: Node) -> Any:
    options = [o for o in select.all("option") if "disabled" not in o.attrs]
    picked = [o.attrs.get("value", o.text) for o in options if "selected" in o.attrs]
    if "multiple" in select.attrs:
        return picked
    return (picked or [o.attrs.get("value", o.text) for o in options[:1]] or [""])[0]


class Browser:
    """One person's browser. Each has its own cookies; open two to have two people."""

    def __init__(self, app: Flask) -> None:
        self.app, self.client = app, app.test_client()
        self.page: Page | None = None

    def get(self, path: str, *, htmx: bool = False, follow: bool = True, **kwargs: Any) -> Page:
        """Open an address; redirects are followed unless it is a fragment."""
        return self.open("GET", path, htmx=htmx, follow=follow and not htmx, **kwargs)

    def post(self, path: str, data: Any = None, *, htmx: bool = False, follow: bool = False, **kwargs: Any) -> Page:
        """Send exactly this, token or not. To send a form of the page, use `submit`."""
        return self.open("POST", path, htmx=htmx, follow=follow, data=data, **kwargs)

    def submit(
        self, form: str = "", *, follow: bool = True, htmx: bool = False, button: str = "", **fields: Any
    ) -> Page:
        """Fill in a form of the page in front of you and send it.

        `form` is its id, the end of its action or the words on its button. Fields that the form does not have
        fail the test; use `post` to send what no page offers. `button` is the words on the button pressed.
        """
        assert self.page is not None, "open a page first"
        node = self.page.form(form, having=fields)
        data = values(node) | _pressed(node, button or form) | fields
        unknown = set(fields) - {n.get("name") for n in node.walk()}
        assert not unknown, f"the form to {node.get('action')} has no {sorted(unknown)}"
        action = urljoin(self.page.path, node["action"])
        if node.get("method", "get").lower() != "post":
            return self.open("GET", action, htmx=htmx, follow=follow, query_string=data)
        return self.open("POST", action, htmx=htmx, follow=follow and not htmx, data=data)

    def click(self, words: str, **kwargs: Any) -> Page:
        """Follow the link with these words."""
        assert self.page is not None, "open a page first"
        return self.get(urljoin(self.page.path, self.page.link(words)), **kwargs)

    def token(self) -> str:
        """A CSRF token of this session, for posting what no form offers."""
        if self.page and (shown := self.page.all("input", name="csrf_token")):
            return shown[0]["value"]
        return contextvars.Context().run(self._token)

    def _token(self) -> str:
        with self.client.session_transaction() as kept, self.app.test_request_context():
            session.update(kept)
            token = generate_csrf()
            kept.update(session)
            return token

    def open(self, method: str, path: str, *, htmx: bool = False, follow: bool = False, **kwargs: Any) -> Page:
        """Any request, its answer checked. Commits the test's own session first, so that both see the same."""
        _let_go()
        headers = dict(kwargs.pop("headers", {})) | ({"HX-Request": "true"} if htmx else {})
        while True:
            # a context of its own: the request must not find the test's application context and share its `g`
            response = contextvars.Context().run(
                self.client.open, path, method=method, headers=headers, buffered=True, **kwargs
            )
            if not follow or response.status_code not in (301, 302, 303, 307, 308):
                break
            path, method, kwargs = urljoin(path, response.headers["Location"]), "GET", {}
        page = Page(response, path)
        self.check(page)
        if page.is_html and page.status < 500 and page.html:
            self.page = page
        return page

    def check(self, page: Page) -> None:
        """Hold an HTML answer to the rules of the house."""
        if not page.is_html or not page.html or page.status >= 500 or 300 <= page.status < 400:
            return
        found = problems(page.root, whole=bool(page.all("html")))
        assert not found, f"{page.path} ({page.status}): " + "; ".join(found)

    def enter(self, user: Any) -> None:
        """Be signed in without the sign-in page, which tests of other pages need not read each time."""
        _, token = open_session(user, address="127.0.0.1", user_agent="")
        self.keep(sid=token)

    def keep(self, **values: str) -> None:
        """Put these into the cookie, as a sign-in does."""
        _let_go()
        with self.client.session_transaction() as kept:
            kept.update(values)
            kept.permanent = True

    def sign_in(self, user: Any, password: str | None = None) -> Page:
        """Sign in for real, on the sign-in page, and land where that leads."""
        from tests.factories import PASSWORD

        email = user if isinstance(user, str) else user.email
        self.get("/login")
        page = self.submit("/login", email=email, password=password or PASSWORD)
        assert page.status == 200 and urlsplit(page.path).path != "/login", f"{email} could not sign in: {page!r}"
        return page


def _pressed(form: Node, words: str) -> dict[str, str]:
    """The name and value of the button pressed: the one with these words, else the first, as Enter does."""
    buttons = [b for b in form.walk() if b.tag == "button" and b.get("type", "submit") == "submit"]
    named = [b for b in buttons if words and words in (b.text, b.get("value"))] or buttons[:1]
    return {b["name"]: b.get("value") for b in named if b.get("name")}


def _let_go() -> None:
    if has_app_context():
        db.session.commit()
