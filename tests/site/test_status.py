"""The status page: what staff say, in words and shapes; never a false green; nothing of any workspace."""

import socket
import time
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import feedparser
import pytest
import time_machine
from sqlalchemy.exc import OperationalError

from app import create_app
from app.db import db
from app.incidents import services
from app.incidents.models import Kind
from tests.incidents.conftest import NOON, a_form, told
from tests.pages import Browser
from tests.support.conftest import a_staff_member

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(app):
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def lotte(at_noon):
    return a_staff_member("support", "Lotte Maas")


def parts(page):
    return {row.find("b").text: row.all("span", class_="chip")[0] for row in page.find("ul", class_="parts").all("li")}


def add(incident, by, **fields):
    services.add_update(incident, a_form(Kind(incident.kind), **fields), seen=incident.last_number, by=by, at=NOON)
    db.session.commit()


def test_with_nothing_told_it_does_not_claim_that_all_is_well(client):
    page = client.get("/status")

    assert page.h1 == "Status" and "Nobody has written here yet." in page
    assert {chip.text for chip in parts(page).values()} == {"No known problem"}
    assert "All systems" not in page and not page.all("script")


def test_an_open_incident_comes_first_with_everything_that_was_said(client, lotte):
    incident = told(lotte, at=NOON - HOUR)
    add(incident, lotte, state="identified", text="One of two workers hangs.", impacts={"runs": "partly_down"})

    page = client.get("/status")

    assert page.all("h2")[0].text == "Open now" and "Part of LeenOps is partly down" in page
    article = page.find("article", id=f"incident-{incident.public_id}")
    assert article["data-state"] == "identified"
    assert article.text.index("One of two workers hangs.") < article.text.index("Runs wait.")
    assert "Last update by our staff: 20 Nov 2026, 12:00 UTC." in page


@pytest.mark.parametrize(
    ("seconds", "words"), [(42, "took less than a minute"), (95, "took 2 min"), (9_010, "took 2 h 30 min")]
)
def test_an_incident_that_is_over_says_how_long_it_took_in_minutes(client, lotte, seconds, words):
    incident = told(lotte, at=NOON - timedelta(seconds=seconds))
    add(incident, lotte, state="resolved", text="Over.", impacts={})

    assert words in client.get(f"/status/{incident.public_id}")


def test_each_state_of_a_part_has_its_own_word_and_its_own_shape(client, lotte):
    told(lotte, impacts={"runs": "degraded", "mail": "partly_down", "console": "down"})
    told(
        lotte,
        Kind.MAINTENANCE,
        starts="2026-11-20T11:00",
        ends="2026-11-20T13:00",
        impacts={"knowledge": "maintenance"},
    )

    shown = parts(client.get("/status"))

    words = {name: chip.text for name, chip in shown.items()}
    assert words == {
        "Website": "No known problem",
        "Console and approvals": "Down",
        "Agent runs": "Degraded",
        "Knowledge": "Maintenance",
        "Mail": "Partly down",
    }
    assert len({chip.find("use")["href"].partition("#")[2] for chip in shown.values()}) == 5


def test_mended_but_watched_is_not_called_well(client, lotte):
    add(told(lotte), lotte, state="monitoring", text="Mended.", impacts={})

    page = client.get("/status")

    assert "We are still watching; nothing is known to be wrong" in page and page.all("h2")[0].text == "Open now"


def test_planned_maintenance_has_its_hours(client, lotte):
    work = told(lotte, Kind.MAINTENANCE)

    page = client.get("/status")
    assert "25 Nov 2026, 09:00 to 25 Nov 2026, 11:00 UTC; Agent runs" in page
    assert page.find("article", id=f"incident-{work.public_id}").find(class_="chip").text == "Planned"
    for hour, word in ((9, "Under way"), (11, "End not confirmed yet")):
        with time_machine.travel(work.starts_at.replace(hour=hour), tick=False):
            page = client.get("/status")
        assert page.find("article", id=f"incident-{work.public_id}").find(class_="chip").text == word
        assert parts(page)["Agent runs"].text == "Maintenance"


def test_the_last_90_days_are_told_by_day(client, lotte):
    for title, days in (("Mail is late", 3), ("Search is slow", 3), ("Long ago", 200)):
        add(told(lotte, title=title, at=NOON - timedelta(days=days)), lotte, title=title, state="resolved", impacts={})

    page = client.get("/status")

    days = page.find("ol", class_="days").all("li")
    assert [day.find(class_="when").text for day in days] == [
        "18 Nov 2026 to 20 Nov 2026",
        "17 Nov 2026",
        "23 Aug 2026 to 16 Nov 2026",
    ]
    assert "Mail is late" in days[1].text and "Search is slow" in days[1].text and "Minor impact" in days[1].text
    assert "Long ago" not in page and "Long ago" in client.get("/status/history")


def test_history_is_paged_and_every_incident_keeps_its_address(client, lotte):
    made = [told(lotte, title=f"Number {n}") for n in range(27)]

    first = client.get("/status/history")
    second = client.click("Older")

    assert ("Number 26" in first, "Number 1 " in first) == (True, False)
    assert [h.text for h in second.all("h2") if h.text.startswith("Number")] == ["Number 1", "Number 0"]
    page = client.get(f"/status/{made[0].public_id}")
    assert page.h1 == "Number 0" and page.find("link", rel="canonical")["href"].endswith(made[0].public_id)


@pytest.mark.parametrize("path", ["/status/nothing", "/status/%00", "/status/" + "9" * 300, "/status/1", "/status/"])
def test_an_address_that_was_never_given_is_not_found(client, lotte, path):
    told(lotte)

    assert client.get(path).status == 404


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=999999999999999999999999", "before=1"])
def test_strange_pages_of_the_history_are_answered(client, lotte, query):
    told(lotte)

    assert client.get(f"/status/history?{query}").status == 200


def test_words_are_words_and_never_markup(client, lotte):
    incident = told(lotte, title="<b>Fish</b>", text="<script>alert(1)</script>\n\n& more")

    for path in ("/status", "/status/history", f"/status/{incident.public_id}"):
        page = client.get(path)
        assert "<b>Fish</b>" in page and not page.all("script")
    entry = feedparser.parse(client.get("/status.atom").body).entries[0]
    assert "&lt;script&gt;" in client.get("/status.atom").body.decode().replace("&amp;", "&")
    assert "<script" not in entry.content[0].value


def test_nobody_of_ours_is_named(client, lotte):
    incident = told(lotte)

    for path in ("/status", "/status/history", f"/status/{incident.public_id}", "/status.atom"):
        assert "Lotte" not in client.get(path).body.decode()


def test_a_reader_gets_one_entry_per_incident_which_moves_up_with_each_update(client, lotte):
    first = told(lotte, title="First", at=NOON - 2 * HOUR)
    told(lotte, title="Second", at=NOON - HOUR)
    before = feedparser.parse(client.get("/status.atom").body)

    add(first, lotte, state="resolved", text="Over & done.", impacts={})
    page = client.get("/status.atom")
    read = feedparser.parse(page.body)

    assert page.headers["Content-Type"].startswith("application/atom+xml")
    assert not read.bozo and read.feed.id == "tag:leenops.com,2026:status"
    assert read.feed.links[0].href == "http://localhost/status.atom"
    assert [entry.title for entry in read.entries] == ["Second", "First"]
    entry = read.entries[1]
    assert (entry.id, entry.link) == (
        f"tag:leenops.com,2026:status/{first.public_id}",
        f"http://localhost/status/{first.public_id}",
    )
    assert entry.id == before.entries[1].id and entry.updated > before.entries[1].updated
    assert entry.summary == "Over & done." and "Runs wait." in entry.content[0].value
    assert read.feed.updated == entry.updated


def test_a_feed_with_nothing_in_it_is_valid_too(client):
    page = client.get("/status.atom")

    assert ET.fromstring(page.body).findtext("{http://www.w3.org/2005/Atom}updated") == "2026-06-13T00:00:00Z"


def test_a_reader_that_has_it_already_is_told_so(client, lotte):
    tag = client.get("/status.atom").headers["ETag"]
    assert client.get("/status.atom", headers={"If-None-Match": tag}).status == 304

    told(lotte)

    assert client.get("/status.atom", headers={"If-None-Match": tag}).status == 200


def test_the_page_leads_readers_to_the_feed(client):
    link = client.get("/status").find("link", rel="alternate")

    assert (link["href"], link["type"]) == ("/status.atom", "application/atom+xml")


@pytest.mark.parametrize("path", ["/status", "/status/history", "/status.atom"])
def test_it_answers_while_redis_is_away(settings, app, path, tmp_path, lotte):
    told(lotte)

    alone = create_app(replace(settings, redis_url=f"unix://{tmp_path}/gone.sock"))

    page = Browser(alone).get(path)
    assert page.status == 200 and b"Runs start late" in page.body


@pytest.mark.parametrize("path", ["/status", "/status/history", "/status/anything", "/status.atom"])
def test_without_the_database_it_says_so_and_shows_no_green(settings, tmp_path, path):
    alone = create_app(replace(settings, database_url=f"sqlite:///{tmp_path}/no/such/folder.db"))

    answer = alone.test_client().get(path)

    words = answer.get_data(as_text=True)
    assert answer.status_code == 503 and "database does not answer" in words
    assert "No known problem" not in words


def test_reading_it_sets_no_cookie_and_it_takes_nothing(client):
    for path in ("/status", "/status/history", "/status.atom"):
        assert "Set-Cookie" not in client.get(path).headers
        assert client.post(path, {"csrf_token": client.token()}).status == 405


def test_a_database_that_hangs_is_told_within_two_seconds(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"postgresql+psycopg://u@127.0.0.1:{server.getsockname()[1]}/x?connect_timeout=4"
        alone = create_app(replace(settings, database_url=url))
        with time_machine.travel(NOON, tick=True):
            started = time.perf_counter()
            status = alone.test_client().get("/status").status_code

            assert (status, time.perf_counter() - started < 2.5) == (503, True)


def test_a_database_that_goes_away_while_it_is_still_believed_shows_no_green(app, client, monkeypatch):
    def gone():
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    assert client.get("/status").status == 200
    monkeypatch.setattr("app.incidents.queries.open_incidents", gone)

    page = client.get("/status")
    assert page.status == 503 and b"No known problem" not in page.body
