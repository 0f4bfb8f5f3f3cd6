"""The pages per team: made of the real templates, and of recordings that the engine still makes word for word."""

import json
import os

import pytest

from app.agents.templates import TEMPLATES
from app.config import ROOT
from app.integrations.tools.registry import TOOLS
from app.site import teams
from tests.site.recording import recorded, template_of

FOLDER = ROOT / "content" / "solutions"
TEAMS = ("engineering", "finance", "marketing", "operations", "support")
FIX = (
    "The product no longer does what this page shows. When that is meant, run\n"
    "    UPDATE_RECORDINGS=1 bin/test tests/site/test_solutions.py\n"
    "and read the difference as a visitor would, before you commit it."
)


@pytest.mark.skipif("TEST_POSTGRES" in os.environ, reason="PostgreSQL ranks what a search finds in its own way.")
@pytest.mark.parametrize("team", TEAMS)
def test_the_recording_is_what_the_engine_does_today(app, team):
    path = FOLDER / f"{team}.json"
    kept = json.loads(path.read_text())

    fresh = recorded(template_of(kept), kept["input"])
    if os.environ.get("UPDATE_RECORDINGS"):
        path.write_text(json.dumps(kept | {"recorded": fresh}, indent=1, ensure_ascii=False) + "\n")
        return

    assert fresh == kept["recorded"], FIX


def test_every_team_has_a_page_and_a_recording_of_one_of_its_jobs():
    assert set(teams.TEAMS) == {template.team for template in TEMPLATES.values()} == set(TEAMS)
    assert all(teams.recording(key).template.team == key for key in TEAMS)


@pytest.mark.parametrize("team", TEAMS)
def test_a_page_shows_the_jobs_and_tools_of_its_team_as_they_are(client, team):
    page = client.get(f"/solutions/{team}")

    for template in (t for t in TEMPLATES.values() if t.team == team):
        assert template.name in page and template.purpose in page and template.knowledge in page
        assert all(TOOLS[name].title in page for name in template.tools)


@pytest.mark.parametrize("team", TEAMS)
def test_a_page_shows_what_came_in_the_steps_the_evidence_and_the_card(client, team):
    page, run = client.get(f"/solutions/{team}"), teams.recording(team)

    assert all(step["title"] in page for step in run.steps + run.after)
    assert run.card["title"] in page and run.card["why"] in page and run.card["undo"] in page
    assert all(item["title"] in page and item["place"] in page for item in run.card["evidence"])
    assert "not a language model" in page


def test_a_run_of_every_team_stops_at_a_card_with_evidence():
    for team in TEAMS:
        run = teams.recording(team)
        assert run.steps[-1]["title"].startswith("Stopped: ") and run.card["evidence"]
        assert run.after[-1]["title"] == "Finished"


def test_a_team_that_has_no_page_is_told_where_the_others_are(client):
    page = client.get("/solutions/legal")

    assert page.status == 404 and "under Solutions" in page


def test_an_amount_in_a_rule_has_its_currency(client):
    page = client.get("/solutions/support")

    assert "Refunds above €250 need two people" in page and "Stopped: refunds above €250 need two people" in page
    assert "above 250" not in page and "here euros" in page


def test_what_a_job_is_given_reads_as_a_list(client):
    page = client.get("/solutions/finance")

    asked = [line.text for line in page.all("ul", **{"class": "asked"})[0].all("li")]
    assert asked == ["Purchase order number", "Invoices, or the invoice pasted as text"]
    assert page.find("dl", **{"class": "given"}).find("dt").text == "The invoice pasted as text"
    assert "Flag any line above" not in page
