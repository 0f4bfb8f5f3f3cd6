"""Services flush, entry points commit; domains know nothing of requests."""

import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
RULES = sorted(p for name in ("services", "queries", "forms", "models") for p in APP.glob(f"*/{name}.py"))
AUDIENCES = [path for audience in ("site", "console", "support") for path in (APP / audience).rglob("*.py")]
VIEWS = sorted(path for path in AUDIENCES if path.stem not in ("services", "queries", "forms", "cli"))


def _name(path: Path) -> str:
    return str(path.relative_to(APP))


@pytest.mark.parametrize("path", RULES, ids=_name)
def test_rules_never_commit(path: Path) -> None:
    assert ".commit(" not in path.read_text(), "Flush; the view, job or command commits, once."


@pytest.mark.parametrize("path", [p for p in RULES if p.stem in ("services", "queries")], ids=_name)
def test_rules_never_answer_requests(path: Path) -> None:
    found = re.findall(r"\b(?:abort|redirect|render_template|flash|url_for|jsonify|make_response)\(", path.read_text())

    assert not found, "A service raises a domain error; the view answers."


@pytest.mark.parametrize("path", VIEWS, ids=_name)
def test_views_hold_no_sql(path: Path) -> None:
    text = path.read_text().replace('db.session.execute(text("SELECT 1"))', "")  # "are you there?" asks for no rows
    found = re.findall(
        r"^from sqlalchemy import (?!text$).*|\bdb\.session\.(?:execute|scalars?|query|add)\(", text, re.M
    )

    assert not found, "A view asks a query or a service."
