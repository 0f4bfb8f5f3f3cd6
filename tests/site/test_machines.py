"""What machines ask the site: robots, the map, whom to tell of a weakness, and whether it is up."""

import re
import socket
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app import create_app
from app.db import now
from app.legal import library
from app.site.machines import PAGES


def test_robots_keeps_to_what_is_public_and_names_the_map(client):
    lines = client.get("/robots.txt").body.decode().splitlines()

    assert "Sitemap: http://localhost/sitemap.xml" in lines
    assert {"Disallow: /w/", "Disallow: /support/", "Disallow: /invites/"} <= set(lines)


def test_the_map_has_every_page_and_every_policy_and_each_is_there(client):
    page = client.get("/sitemap.xml")
    found = re.findall(r"<loc>http://localhost([^<]+)</loc>", page.body.decode())

    assert page.headers["Content-Type"].startswith("application/xml")
    assert {"/", "/product", "/security", "/solutions/support", "/legal/", "/legal/terms"} <= set(found)
    assert set(found) <= {*PAGES, *(f"/legal/{policy.slug}" for policy in library.index())}
    assert len(found) == len(set(found))
    assert all(client.get(path, follow=False).status == 200 for path in found)


def test_the_map_says_when_a_policy_changed_last(client):
    body = client.get("/sitemap.xml").body.decode()

    assert "<loc>http://localhost/legal/terms</loc><lastmod>2026-06-13</lastmod>" in body


def test_security_txt_says_whom_to_tell_and_until_when(client):
    page = client.get("/.well-known/security.txt")
    lines = [line.split(": ", 1) for line in page.body.decode().splitlines()]
    fields = dict(lines)

    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert [value for name, value in lines if name == "Contact"] == [
        "http://localhost/contact?topic=security",
        "mailto:hello@leenops.com",
    ]
    assert fields["Canonical"] == "http://localhost/.well-known/security.txt"
    assert fields["Policy"] == "http://localhost/legal/vulnerability-disclosure"
    assert now() < datetime.fromisoformat(fields["Expires"]) < now() + timedelta(days=365)


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
