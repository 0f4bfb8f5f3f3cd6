"""No public address shows anything of a workspace: every one is opened, with a workspace full of canaries."""

import re

import pytest

from app.cli import routes
from app.db import db
from app.mail import send
from app.site.teams import TEAMS
from app.workspaces.models import Role
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval

SHOWS_MAIL = "/dev/mail"
"""Development only: it is there to read what would have been sent."""


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
    return ["zanzibar-hq", *secrets[5:], "terms", "1.0", "1", "2026-11-20", *TEAMS]


def test_no_public_address_shows_anything_of_a_workspace(app, client, secrets_of_a_workspace):
    public = [r for r in routes() if r["access"] == "public" and r["method"] == "GET" and r["endpoint"] != "static"]
    assert len(public) > 12
    for route in public:
        if route["rule"].startswith(SHOWS_MAIL):
            continue
        for filler in fillers(secrets_of_a_workspace) if "<" in route["rule"] else [""]:
            path = re.sub(r"<[^>]+>", filler, route["rule"])
            page = client.get(path, follow=False)
            shown = (page.body.decode(errors="replace") + str(page.headers)).lower().replace(path.lower(), "")

            assert page.status < 500, path
            leaked = [word for word in secrets_of_a_workspace if word in shown and word != filler]
            assert not leaked, f"{path} shows {leaked}"


def test_an_address_of_a_workspace_tells_a_stranger_nothing(client, secrets_of_a_workspace):
    real, invented = [client.get(f"/w/{slug}/runs", follow=False) for slug in ("zanzibar-hq", "nowhere")]

    assert real.status == invented.status == 303
    assert real.location.replace("zanzibar-hq", "nowhere") == invented.location
