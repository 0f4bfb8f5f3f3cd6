"""The pages per team: made of the real templates, and of recordings that the engine still makes word for word."""

import json
import os

import pytest

from app.config import ROOT
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
