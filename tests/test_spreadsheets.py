"""Nothing in an export is worked out by the spreadsheet that opens it."""

import csv
import io

import pytest

from app.audit.services import record
from app.db import db
from app.spreadsheets import safe
from app.workspaces.models import Role
from tests.factories import a_member

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\tx", "\rx", "＝1+1", "＋1", "－1", "＠SUM(1)", "﹦1",
    "﹢1", "﹣1", "﹫A1", "\u22121", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u202e=1", "\u2066\u3000＝1",
    "\x1c=1", " \t =cmd|calc",
]  # fmt: skip
WORDS = ["", "Ada", "a=1", "1+1", "ü", "€ 5", " Ada", "\ufeffAda", "2026-11-20", "'=1", "５", "🦊", "（1）", "\u200b"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_could_be_a_formula_gets_an_apostrophe(cell):
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", WORDS)
def test_words_stay_as_they_are(cell):
    assert safe(cell) == cell


def test_the_audit_log_is_exported_through_it(browser_of):
    auditor = a_member(role=Role.AUDITOR)
    for cell in FORMULAS:
        record("agent:run:acted", cell, workspace_id=auditor.workspace_id, actor=(cell, "agent:1"), subject=cell)
    db.session.commit()

    page = browser_of(auditor.user).get(f"/w/{auditor.workspace.slug}/audit.csv?kind=agent:")

    lines = list(csv.DictReader(io.StringIO(page.body.decode(), newline="")))
    assert len(lines) == len(FORMULAS)
    assert all(line[name].startswith("'") for line in lines for name in ("who", "what", "subject"))
