"""What members of a suspended workspace meet: everything to read, nothing to change, and why."""

import pytest

from app.accounts.models import StaffMember
from app.cli import routes
from app.db import db
from app.restrictions.models import Ground
from app.restrictions.services import suspend
from tests.factories import a_member, a_run, a_workspace, an_agent, an_approval

FREE = {
    "members/leave",
    "members/<person>/remove",
    "members/invitations/<invitation>/withdraw",
    "absences/<absence>/end",
    "directory/<entry>/end",
    "keys/<key>/disable",
    "runs/<run>/stop",
    "agents/<slug>/pause",
    "policies/<slug>/<version>/answers",
    "policies/<slug>/<version>/seen",
}
"""Ways to do less, not more: they stay open while suspended where the product leaves them open."""


@pytest.fixture
def suspended(app):
    workspace = a_workspace("Northwind", slug="northwind")
    staff = StaffMember(
        email="trust@staff.example", name="Kofi Osei", password_hash="-", totp_sealed="-", roles=["trust"]
    )
    db.session.add(staff)
    db.session.flush()
    suspend(workspace, ground=Ground.SECURITY, reason="A key leaked on 19 November.", clause="2.2", by=staff)
    db.session.commit()
    return workspace


@pytest.fixture
def owner(suspended, browser_of):
    return browser_of(a_member(suspended).user)


@pytest.mark.parametrize(
    "page", ["approvals", "runs", "agents", "knowledge", "ledger", "tasks", "rules", "members", "audit"]
)
def test_every_page_can_be_read_and_says_why_it_is_suspended(owner, page):
    answer = owner.get(f"/w/northwind/{page}")

    assert answer.status == 200
    assert "This workspace is suspended." in answer
    assert "A key leaked on 19 November." in answer


def test_what_starts_or_changes_something_is_refused_with_423(app, suspended, owner):
    agent = an_agent(suspended)
    run = a_run(agent)
    card = an_approval(run)
    ids = {"<slug>": agent.slug, "<run>": run.public_id, "<approval>": card.public_id, "<int:number>": "1"}
    token = owner.token()
    answers = {}
    for route in routes():
        if route["method"] == "POST" and route["access"].startswith("member:") and " needs " in route["access"]:
            path = route["rule"].replace("<workspace>", "northwind")
            for name, value in ids.items():
                path = path.replace(name, value)
            answers[route["rule"]] = owner.post(path.replace("<", "").replace(">", ""), {"csrf_token": token}).status

    assert answers and set(answers.values()) == {423}, {r: s for r, s in answers.items() if s != 423}


def test_a_route_that_writes_needs_a_standing_unless_it_only_takes_away(app):
    unguarded = {
        route["rule"].removeprefix("/w/<workspace>/")
        for route in routes()
        if route["method"] != "GET" and route["access"].startswith("member:") and " needs " not in route["access"]
    }

    assert unguarded <= FREE, "Say what it needs with @member(..., needs=Capability.X)"


def test_the_refusal_is_a_page_that_says_what_still_works(suspended, owner):
    agent = an_agent(suspended)

    page = owner.post(f"/w/northwind/agents/{agent.slug}/runs", {"csrf_token": owner.token()})

    assert page.status == 423
    assert "You can still sign in, read and export." in page


def test_members_sign_in_and_take_their_records_along(owner):
    assert owner.get("/w/northwind/ledger.csv").status == 200
    assert owner.get("/w/northwind/audit.csv").status == 200


def test_the_stream_is_closed(owner):
    assert owner.get("/w/northwind/events", follow=False).status == 423


def test_strangers_still_find_nothing(suspended, browser_of):
    stranger = browser_of(a_member().user)

    assert stranger.get("/w/northwind/runs").status == 404
