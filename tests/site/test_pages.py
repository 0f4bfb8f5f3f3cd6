"""The public site: whole without an account or a script, and nothing of a workspace on any of it."""

import re
import socket
import time
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from app import create_app
from app.cli import routes
from app.db import db, now
from app.mail import send
from app.workspaces.models import Role
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval

SHOWS_MAIL = "/dev/mail"
"""Development only: it is there to read what would have been sent."""


def test_the_home_page_says_what_it_is(client):
    page = client.get("/")

    assert page.h1 == "Agents that ask before they act."
    assert page.find("link", rel="canonical")["href"] == "http://localhost/"
    assert not page.all("script")


def test_every_link_on_the_home_page_leads_to_something(client):
    page = client.get("/")
    ids = {node.id for node in page.root.walk() if node.id}

    for href in {link["href"] for link in page.all("a")}:
        target = urlsplit(href)
        assert not target.netloc
        if target.path in ("", "/"):
            assert not target.fragment or target.fragment in ids
        else:
            assert client.get(target.path).status == 200, href


def test_the_home_page_promises_only_what_there_is(client):
    text = client.get("/").text.lower()

    for promise in (
        "per day",
        "ceiling",
        "tried on",
        "integration",
        "slack",
        "help desk",
        "delete it yourself",
        "pricing",
    ):
        assert promise not in text


def test_no_public_page_sets_a_cookie_for_who_only_reads(client):
    for path in ("/", "/legal/", "/legal/terms", "/healthz", "/robots.txt"):
        assert "Set-Cookie" not in client.get(path).headers


def test_robots_and_the_map_lead_to_what_is_public(client):
    robots, site_map = client.get("/robots.txt").body.decode(), client.get("/sitemap.xml").body.decode()

    assert "Sitemap: http://localhost/sitemap.xml" in robots and "Disallow: /w/" in robots
    found = re.findall(r"<loc>http://localhost([^<]+)</loc>", site_map)
    assert {"/", "/legal/", "/legal/terms"} <= set(found)
    assert all(client.get(path).status == 200 for path in found)


def test_security_txt_says_whom_to_tell_and_until_when(client):
    fields = dict(line.split(": ", 1) for line in client.get("/.well-known/security.txt").body.decode().splitlines())

    assert fields["Contact"] == "mailto:hello@leenops.com"
    assert fields["Canonical"] == "http://localhost/.well-known/security.txt"
    assert datetime.fromisoformat(fields["Expires"]) > now()


def test_the_process_is_up(client):
    page = client.get("/healthz")

    assert (page.status, page.json) == (200, {"status": "ok"})


def test_it_is_ready_when_the_database_and_redis_answer(client):
    page = client.get("/readyz")

    assert (page.status, page.json) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


@pytest.fixture
def hung_port():
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ready_of(settings, **changes):
    """What /readyz of an application with these settings answers, and after how many seconds."""
    app = create_app(replace(settings, **changes))
    started = time.monotonic()
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.get_json(), time.monotonic() - started


def test_it_is_not_ready_without_redis(settings, tmp_path):
    status, said, _ = ready_of(settings, redis_url=f"unix://{tmp_path}/gone.sock")

    assert status == 503
    assert said == {"status": "not ready", "database": "ok", "redis": "not answering"}


def test_it_is_not_ready_without_a_database(settings, tmp_path):
    status, said, _ = ready_of(settings, database_url=f"sqlite:///{tmp_path}/no/such/folder.db")

    assert (status, said["database"], said["redis"]) == (503, "not answering", "ok")


def test_a_redis_that_hangs_is_told_within_two_seconds(settings, hung_port):
    status, said, seconds = ready_of(settings, redis_url=f"redis://127.0.0.1:{hung_port}")

    assert (status, said["redis"]) == (503, "not answering")
    assert seconds < 2.5


def test_a_database_that_hangs_is_told_within_two_seconds(settings, hung_port):
    status, said, seconds = ready_of(
        settings, database_url=f"postgresql+psycopg://u@127.0.0.1:{hung_port}/x?connect_timeout=4"
    )

    assert (status, said["database"]) == (503, "not answering")
    assert seconds < 2.5


@pytest.fixture
def secrets_of_a_workspace(app) -> list[str]:
    """A workspace full of words that stand nowhere else."""
    workspace = a_workspace("Zanzibar Holdings", slug="zanzibar-hq", domains=["zanzibar.example"])
    owner = a_member(workspace, Role.OWNER, name="Quillon Vashti")
    agent = an_agent(workspace, name="Agent Xylophone", owner_id=owner.user_id, purpose="Counts marmalade")
    run = a_run(agent, input={"request": "Pay Wibblethorpe"}, output="Paid Wibblethorpe", summary="Wibblethorpe done")
    card = an_approval(run, title="Refund to Wibblethorpe", purpose="Marmalade was bad")
    send(to=["quillon@zanzibar.example"], subject="Marmalade", text="Wibblethorpe", workspace_id=workspace.id, key="m1")
    db.session.commit()
    ids = [row.public_id for row in (workspace, agent, run, card, owner, owner.user)]
    return ["zanzibar", "vashti", "xylophone", "marmalade", "wibblethorpe", *ids]


def fillers(secrets: list[str]) -> list[str]:
    return ["zanzibar-hq", secrets[5], secrets[-1], "terms", "1.0"]


def test_no_public_address_shows_anything_of_a_workspace(app, client, secrets_of_a_workspace):
    public = [r for r in routes() if r["access"] == "public" and r["method"] == "GET" and r["endpoint"] != "static"]
    assert len(public) > 12
    for route in public:
        if route["rule"].startswith(SHOWS_MAIL):
            continue
        for filler in fillers(secrets_of_a_workspace) if "<" in route["rule"] else [""]:
            path = re.sub(r"<[^>]+>", filler, route["rule"])
            page = client.get(path, follow=False)
            shown = (page.body.decode() + str(page.headers)).lower().replace(path.lower(), "")

            assert page.status < 500, path
            leaked = [word for word in secrets_of_a_workspace if word in shown and word != filler]
            assert not leaked, f"{path} shows {leaked}"


def test_an_address_of_a_workspace_tells_a_stranger_nothing(client, secrets_of_a_workspace):
    real, invented = [client.get(f"/w/{slug}/runs", follow=False) for slug in ("zanzibar-hq", "nowhere")]

    assert real.status == invented.status == 303
    assert real.location.replace("zanzibar-hq", "nowhere") == invented.location


@pytest.mark.parametrize("path", ["/nothing", "/%00", "/w", "/.well-known/", "/legal/terms/", "/..%2f..%2fetc/passwd"])
def test_what_is_not_there_is_answered_with_a_page(client, path):
    page = client.get(path, follow=False)

    assert page.status in (303, 308, 404)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/robots.txt", "/legal/", "/legal/terms"])
def test_public_pages_take_nothing(client, path):
    assert client.post(path, {"csrf_token": client.token()}).status == 405
