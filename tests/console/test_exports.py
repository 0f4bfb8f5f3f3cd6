"""What each role can take along: the table, the page that shows it, the links and the addresses say the same."""

import pytest

from app.access import Permission
from app.integrations.models import LedgerEntry
from app.workspaces.models import Role
from app.workspaces.permissions import WORDS, permits
from tests.factories import a_member, a_run, a_workspace, an_agent

EXPORTS = {"ledger": Permission.RECORDS_EXPORT, "audit": Permission.AUDIT_READ}


@pytest.fixture
def home(db):
    workspace = a_workspace(slug="fennel-rye")
    entry = LedgerEntry(
        workspace_id=workspace.id, kind="refund", party="Hartwell Ltd", amount=1840, currency="EUR", reference="4711",
        reason="Broken", run_ref="run", run_id=a_run(an_agent(workspace)).id, effect_key="1", due_on=None,
    )  # fmt: skip
    db.session.add(entry)
    db.session.commit()
    return workspace


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("name", "permission"), EXPORTS.items())
def test_a_role_is_offered_exactly_the_exports_that_it_may_take(home, browser_of, role, name, permission):
    browser = browser_of(a_member(home, role).user)
    page = browser.get(f"/w/fennel-rye/{name}")
    offered = [link["href"] for link in page.all("a") if ".csv" in link.get("href")]

    assert bool(offered) is permits(role, permission)
    for address in offered or [f"/w/fennel-rye/{name}.csv"]:
        assert browser.get(address).status == (200 if permits(role, permission) else 403)


@pytest.mark.parametrize("role", list(Role))
def test_the_table_on_the_page_says_who_may_take_what(home, browser_of, role):
    page = browser_of(a_member(home, role).user).get("/w/fennel-rye/members/permissions")
    columns = [cell.text.lower() for cell in page.find("thead").all("th")][1:]
    rows = {row.find("th").text: [cell.text for cell in row.all("td")] for row in page.find("tbody").all("tr")}

    for permission in EXPORTS.values():
        assert "xport" in WORDS[permission]
        assert (rows[WORDS[permission]][columns.index(role)] == "Yes") is permits(role, permission)
