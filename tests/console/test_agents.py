"""The pages of agents: making one, changing it, putting a version to work, giving it something to do."""

from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.agents.models import Agent, AgentState, AgentVersion
from app.agents.templates import TEMPLATES
from app.approvals.models import Approval
from app.db import db
from app.integrations.models import Attachment
from app.restrictions.models import Restriction
from app.runs.models import Run
from app.workspaces.models import Membership, Role, Workspace
from tests.factories import a_member, a_version, a_workspace, an_agent
from tests.pages import Browser, Page

MAY_CHANGE = (Role.OWNER, Role.ADMIN, Role.BUILDER)
MAY_START = (*MAY_CHANGE, Role.REVIEWER)
EVERY_KIND = [
    {"name": "customer", "label": "Customer", "kind": "text", "required": True, "hint": "", "choices": []},
    {"name": "amount", "label": "Amount", "kind": "money", "required": False, "hint": "", "choices": []},
    {"name": "count", "label": "How many", "kind": "number", "required": False, "hint": "", "choices": []},
    {"name": "until", "label": "Until", "kind": "date", "required": False, "hint": "", "choices": []},
    {"name": "answer_to", "label": "Answer to", "kind": "email", "required": False, "hint": "", "choices": []},
    {"name": "tone", "label": "Tone", "kind": "choice", "required": False, "hint": "", "choices": ["Warm", "Plain"]},
    {"name": "letter", "label": "Letter", "kind": "long", "required": False, "hint": "", "choices": []},
    {"name": "papers", "label": "Papers", "kind": "files", "required": False, "hint": "", "choices": []},
]
TYPED = {
    "customer": "Zsófia Kertész",
    "amount": "1.249,90",
    "count": "3",
    "until": "2027-02-28",
    "answer_to": "zsofia@kertesz.example",
    "tone": "Plain",
    "letter": "Good morning,\n\nthe crate arrived wet.",
}


@pytest.fixture
def builder(app) -> Membership:
    return a_member(a_workspace(), Role.BUILDER)


@pytest.fixture
def browser(builder, browser_of) -> Browser:
    opened: Browser = browser_of(builder.user)
    return opened


@pytest.fixture
def someone(builder, browser_of) -> Callable[[Role | str], Browser]:
    """`someone(Role.AUDITOR)`: another member of the same workspace, signed in."""
    return lambda role: browser_of(a_member(builder.workspace, role).user)


def url(of: Agent | Workspace, more: str = "") -> str:
    if isinstance(of, Workspace):
        return f"/w/{of.slug}/agents{more}"
    return f"{url(db.session.get_one(Workspace, of.workspace_id))}/{of.slug}{more}"


def now_of(agent: Agent) -> Agent:
    db.session.rollback()
    return db.session.get_one(Agent, agent.id, populate_existing=True)


def versions(agent: Agent) -> list[AgentVersion]:
    db.session.rollback()
    query = select(AgentVersion).where(AgentVersion.agent_id == agent.id).order_by(AgentVersion.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def runs_of(agent: Agent) -> list[Run]:
    db.session.rollback()
    return list(db.session.scalars(select(Run).where(Run.agent_id == agent.id)))


def the_new_one() -> Agent:
    db.session.rollback()
    return db.session.scalars(select(Agent).order_by(Agent.id.desc())).first()


def post(browser: Browser, path: str, **fields: object) -> Page:
    """Send it whether or not a page offers it."""
    return browser.post(path, {"csrf_token": browser.token(), **fields})


def an_agent_of_every_kind(workspace: Workspace, **settings: object) -> Agent:
    return an_agent(workspace, version={"tools": [], "inputs": EVERY_KIND, "settings": settings})


def suspend(workspace: Workspace) -> None:
    measure = {"level": "suspended", "ground": "security", "capabilities": [], "reason": "Test", "clause": "2"}
    db.session.add(Restriction(workspace_id=workspace.id, imposed_by=1, **measure))
    db.session.commit()


def control(page: Page, name: str) -> str:
    """What stands in this control."""
    found = page.find(name=name)
    if found.tag == "textarea":
        return "".join(c for c in found.children if isinstance(c, str)).removeprefix("\n")
    if found.tag == "select":
        return next((o["value"] for o in found.all("option") if "selected" in o.attrs), "")
    return found.get("value")


# ---- the list ----


def test_the_list_has_this_workspaces_agents_with_their_state_and_nobody_elses(browser, builder):
    an_agent(builder.workspace, name="Refunds")
    an_agent(builder.workspace, name="Invoices", live=False)
    an_agent(builder.workspace, name="Stock", state=AgentState.PAUSED)
    an_agent(a_workspace(), name="Somebody else's")

    page = browser.get(url(builder.workspace))

    rows = {row.find("a").text: row.text for row in page.find("tbody").all("tr")}
    assert set(rows) == {"Refunds", "Invoices", "Stock"}
    assert "Live, version 1" in rows["Refunds"]
    assert "Draft" in rows["Invoices"] and "Paused" in rows["Stock"]


def test_the_list_names_the_live_version_not_the_newest(browser, builder):
    agent = an_agent(builder.workspace)
    a_version(agent)

    assert "Live, version 1" in browser.get(url(builder.workspace))


def test_an_empty_list_says_what_to_do_to_those_who_can(builder, someone):
    assert someone(Role.BUILDER).get(url(builder.workspace)).link("New agent") == url(builder.workspace, "/new")
    assert "New agent" not in someone(Role.AUDITOR).get(url(builder.workspace))


def test_a_long_list_goes_on_on_a_second_page(browser, builder):
    owner = builder.user.id
    for n in range(52):
        fields = {"slug": f"a-{n:02}", "name": f"Agent {n:02}", "team": "support", "purpose": "", "template": ""}
        db.session.add(Agent(workspace_id=builder.workspace_id, owner_id=owner, **fields))
    db.session.commit()

    first = browser.get(url(builder.workspace))
    second = browser.get(url(builder.workspace, "?after=a-49"))

    shown = [[row.find("a").text for row in page.find("tbody").all("tr")] for page in (first, second)]
    assert [len(names) for names in shown] == [50, 2]
    assert url(builder.workspace, "?after=a-49") in [node.get("href") for node in first.all("a")]
    assert shown[1] == ["Agent 50", "Agent 51"]


# ---- making one ----


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_an_agent_from_a_template_is_a_draft_and_once_live_asks_for_what_it_needs(browser, builder, key):
    browser.get(url(builder.workspace, "/new"))

    page = browser.submit("/agents", template=key, name=f"Our {key}")

    agent, template = the_new_one(), TEMPLATES[key]
    assert (page.status, page.path, page.h1) == (200, url(agent), f"Our {key}")
    assert (agent.state, agent.team, agent.template) == ("draft", template.team, key)
    assert "Draft" in page and "Nobody can start it" in page
    [version] = versions(agent)
    assert (version.number, version.tools, version.model) == (1, list(template.tools), "sandbox")
    page = browser.submit("Make version 1 live")
    asked = {node.get("name") for node in page.form("start-run").walk()} - {"", "csrf_token", "start_key"}
    assert asked == {spec["name"] for spec in template.inputs}


def test_without_a_name_it_takes_the_jobs(browser, builder):
    browser.get(url(builder.workspace, "/new"))

    assert browser.submit("/agents", template="stock_reorder", name="   ").h1 == TEMPLATES["stock_reorder"].name


@pytest.mark.parametrize("name", ["new", "返金デスク", "Über & Co.: Rückerstattung", "x" * 100])
def test_any_name_gets_an_address_of_its_own_each_time(browser, builder, name):
    pages = []
    for _ in range(2):
        browser.get(url(builder.workspace, "/new"))
        pages.append(browser.submit("/agents", template="brand_review", name=name))

    assert [page.h1 for page in pages] == [name, name]
    assert pages[0].path != pages[1].path
    assert browser.get(url(builder.workspace, "/new")).h1 == "New agent"


def test_the_same_name_in_two_workspaces_is_no_conflict(browser, builder, browser_of):
    an_agent(a_workspace(), slug="refunds")
    browser.get(url(builder.workspace, "/new"))

    assert browser.submit("/agents", template="refund_triage", name="Refunds").path == url(
        builder.workspace, "/refunds"
    )


@pytest.mark.parametrize("template", ["", "make_coffee"])
def test_without_a_job_it_is_not_made_and_the_name_stays(browser, builder, template):
    page = post(browser, url(builder.workspace), template=template, name="Kept name")

    assert page.status == 422
    assert "Choose what the agent should do." in page.find(id="error-summary").text
    assert control(page, "name") == "Kept name"
    assert db.session.scalars(select(Agent)).all() == []


def test_a_name_too_long_is_kept_with_the_job_chosen(browser, builder):
    page = post(browser, url(builder.workspace), template="brand_review", name="y" * 101)

    assert page.status == 422 and "Shorten the name to 100 characters." in page
    assert control(page, "name") == "y" * 101
    assert "checked" in page.find("input", name="template", value="brand_review").attrs


# ---- changing one ----


def test_a_change_makes_the_next_version_and_leaves_the_old_one_as_it_was(browser, builder):
    agent = an_agent(builder.workspace, version={"instructions": "Refund what the policy allows."})
    before = versions(agent)[0].sha256
    browser.get(url(agent, "/edit"))

    page = browser.submit(
        "/edit", instructions="Refund what the new policy allows.", max_steps="7", note="New policy since 1 March"
    )

    old, new = versions(agent)
    assert page.path == url(agent, "/versions") and "Version 2 is made. It is not live yet." in page
    assert (old.instructions, old.settings, old.sha256) == ("Refund what the policy allows.", {}, before)
    assert (new.number, new.instructions) == (2, "Refund what the new policy allows.")
    assert (new.settings["max_steps"], new.note) == (7, "New policy since 1 March")
    assert now_of(agent).live_version_id == old.id


def test_the_versions_page_shows_what_came_and_what_went(browser, builder):
    agent = an_agent(builder.workspace, version={"instructions": "Answer within two days and be brief."})
    browser.get(url(agent, "/edit"))

    page = browser.submit("/edit", instructions="Answer within one day and be brief.", tools=["open_task"])

    added, removed = " ".join(n.text for n in page.all("ins")), " ".join(n.text for n in page.all("del"))
    assert "one" in added and "day" in added and "two" in removed and "brief" not in added + removed
    assert "Instructions changed" in page and "Tools changed" in page
    assert "open_task" in added and "Start form changed" not in page


def test_saving_what_is_there_makes_no_version(browser, builder):
    agent = an_agent(builder.workspace, version={"tools": ["open_task"], "settings": {"max_steps": 20}})
    browser.get(url(agent, "/edit"))
    browser.submit("/edit", note="The first save fills in what the factory left out")
    count = len(versions(agent))
    browser.get(url(agent, "/edit"))

    page = browser.submit("/edit")

    assert page.status == 409 and "Nothing was changed, so there is no new version." in page
    assert len(versions(agent)) == count


def test_saving_an_agent_as_its_template_made_it_makes_no_version(browser, builder):
    grown = []
    for key in sorted(TEMPLATES):
        browser.get(url(builder.workspace, "/new"))
        browser.submit("/agents", template=key)
        browser.get(url(the_new_one(), "/edit"))
        grown += [key] if browser.submit("/edit").status != 409 else []

    assert grown == []


def test_a_new_name_and_purpose_alone_are_saved(browser, builder):
    agent = an_agent(builder.workspace)
    browser.get(url(agent, "/edit"))
    browser.submit("/edit", instructions="Something else.")
    browser.get(url(agent, "/edit"))

    page = browser.submit("/edit", name="Returns desk", purpose="Takes returns.")

    assert page.status == 200 and len(versions(agent)) == 2
    assert (now_of(agent).name, now_of(agent).purpose) == ("Returns desk", "Takes returns.")


def test_a_new_name_goes_with_the_new_version(browser, builder):
    agent = an_agent(builder.workspace)
    browser.get(url(agent, "/edit"))

    page = browser.submit("/edit", name="Returns desk", instructions="Take returns.")

    assert page.h1 == "Versions of Returns desk"
    assert page.path == url(agent, "/versions")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Write the name in 1 to 100 characters."),
        ("purpose", " ", "Write the purpose in 1 to 400 characters."),
        ("instructions", "", "Write the instructions in 1 to 20,000 characters."),
        ("instructions", "i" * 20_001, "Write the instructions in 1 to 20,000 characters."),
        ("max_steps", "51", "Choose between 1 and 50 steps."),
        ("max_steps", "٣", "Choose between 1 and 50 steps."),
    ],
)
def test_a_change_that_does_not_fit_is_not_saved_and_all_of_it_is_kept(browser, builder, field, typed, sentence):
    agent = an_agent(builder.workspace)
    browser.get(url(agent, "/edit"))
    others = {"name": "Kept", "purpose": "Kept too", "instructions": "Kept three", "note": "Kept four"} | {field: typed}

    page = browser.submit("/edit", tools=["send_mail"], **others)

    assert page.status == 422 and sentence in page.find(id="error-summary").text
    assert {name: control(page, name).strip() for name in others} == {n: t.strip() for n, t in others.items()}
    ticked = [box["value"] for box in page.all("input", name="tools") if "checked" in box.attrs]
    assert ticked == ["send_mail"]
    assert len(versions(agent)) == 1 and now_of(agent).name == agent.name


def test_a_key_of_another_workspace_is_not_taken(browser, builder):
    agent = an_agent(builder.workspace)
    browser.get(url(agent, "/edit"))

    page = browser.submit("/edit", key="0123456789abcdef0123", model="gpt-9")

    assert page.status == 422 and "Choose one of the keys of this workspace." in page
    assert len(versions(agent)) == 1


def test_tools_that_do_not_exist_are_left_out(browser, builder):
    agent = an_agent(builder.workspace, version={"tools": ["open_task"]})

    sent = _edit_form(agent, tools=["send_mail", "launch_missile"], collections=["abc"])
    assert post(browser, url(agent, "/edit"), **sent).status == 303

    assert (versions(agent)[-1].tools, versions(agent)[-1].collections) == (["send_mail"], [])


def _edit_form(agent: Agent, **changes: object) -> dict[str, object]:
    latest = versions(agent)[-1]
    return {
        "name": agent.name, "purpose": agent.purpose, "instructions": latest.instructions, "key": "", "model": "",
        "tools": latest.tools, "max_steps": "20", "note": "",
    } | changes  # fmt: skip


def test_of_two_people_editing_neither_work_is_lost(browser, builder, someone):
    agent = an_agent(builder.workspace, version={"instructions": "One.", "settings": {"max_steps": 20}})
    other = someone(Role.ADMIN)
    browser.get(url(agent, "/edit"))
    other.get(url(agent, "/edit"))

    browser.submit("/edit", instructions="One, by the first.")
    other.submit("/edit", instructions="One, by the second.")

    kept = [(version.number, version.instructions) for version in versions(agent)]
    assert kept == [(1, "One."), (2, "One, by the first."), (3, "One, by the second.")]


# ---- putting a version to work ----


def test_making_a_version_live_is_what_new_runs_use(browser, builder):
    agent = an_agent(builder.workspace)
    newer = a_version(agent, instructions="Newer.")
    browser.get(url(agent, "/versions"))

    page = browser.submit("Make version 2 live")

    assert page.path == url(agent) and "Live, version 2" in page and "Version 2 is live." in page
    browser.submit("start-run", request="Order 4711")
    assert [run.version_id for run in runs_of(agent)] == [newer.id]


def test_going_back_is_making_an_older_version_live(browser, builder):
    agent = an_agent(builder.workspace)
    first = agent.live_version_id
    a_version(agent)
    browser.get(url(agent, "/versions"))
    browser.submit("Make version 2 live")
    browser.get(url(agent, "/versions"))

    page = browser.submit("Make version 1 live")

    assert "Live, version 1" in page
    assert now_of(agent).live_version_id == first and len(versions(agent)) == 2


def test_the_live_version_has_no_button_and_cannot_be_made_live_again(browser, builder):
    agent = an_agent(builder.workspace)

    assert "Make version 1 live" not in browser.get(url(agent, "/versions"))
    assert post(browser, url(agent, "/versions/1/live")).status == 409


@pytest.mark.parametrize("number", [0, 2, 10**20])
def test_a_version_that_does_not_exist_is_not_found(browser, builder, number):
    agent = an_agent(builder.workspace)

    assert post(browser, url(agent, f"/versions/{number}/live")).status == 404
    assert now_of(agent).live_version_id == agent.live_version_id


def test_a_paused_agent_takes_no_runs_until_it_is_resumed(browser, builder):
    agent = an_agent(builder.workspace)
    browser.get(url(agent))

    page = browser.submit("/pause")
    assert "Paused" in page and not page.all("form", id="start-run")
    assert post(browser, url(agent, "/runs"), request="Order 4711").status == 409
    assert runs_of(agent) == []

    browser.get(url(agent))
    page = browser.submit("/resume")
    assert "Live, version 1" in page and page.form("start-run")


def test_pausing_twice_or_resuming_what_works_says_how_it_stands(browser, builder):
    agent = an_agent(builder.workspace)

    assert post(browser, url(agent, "/resume")).status == 409
    post(browser, url(agent, "/pause"))
    page = post(browser, url(agent, "/pause"))

    assert page.status == 409 and f"{agent.name} is paused at the moment." in page
    assert now_of(agent).state == AgentState.PAUSED


def test_a_get_changes_nothing(browser, builder):
    agent = an_agent(builder.workspace)

    found = [browser.get(url(agent, path)).status for path in ("/pause", "/resume", "/versions/1/live", "/runs")]

    assert found == [405] * 4 and now_of(agent).state == AgentState.LIVE


def test_without_a_token_nothing_is_changed(browser, builder):
    agent = an_agent(builder.workspace)

    assert browser.post(url(agent, "/pause")).status == 422
    assert now_of(agent).state == AgentState.LIVE


# ---- who may ----

CHANGES = ["/edit", "/pause", "/resume", "/versions/1/live"]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_offered_and_may_do_what_the_table_says_and_no_more(builder, someone, role):
    agent, browser = an_agent(builder.workspace), someone(role)
    a_version(agent)
    may_change, may_start = role in MAY_CHANGE, role in MAY_START

    page, listed = browser.get(url(agent)), browser.get(url(agent, "/versions"))
    offered = {form["action"].removeprefix(url(agent)) for p in (page, listed) for form in p.all("form")}
    changing = {"/pause", "/versions/2/live"} if may_change else set()
    starting = {"/runs"} if may_start else set()
    assert {action for action in offered if not action.endswith("logout")} == changing | starting
    assert ("Change" in [a.text for a in page.all("a")]) is may_change
    refused = [post(browser, url(agent, path)).status == 403 for path in CHANGES]
    assert refused == [not may_change] * len(CHANGES)
    assert (post(browser, url(builder.workspace), template="brand_review").status == 303) is may_change


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_may_start_a_run_do(builder, someone, role):
    agent = an_agent(builder.workspace)

    page = post(someone(role), url(agent, "/runs"), request="Order 4711")

    assert page.status == (303 if role in MAY_START else 403)
    assert len(runs_of(agent)) == int(role in MAY_START)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.BILLING])
def test_pages_for_changing_are_closed_to_those_who_may_not(builder, someone, role):
    agent, browser = an_agent(builder.workspace), someone(role)

    assert browser.get(url(agent, "/edit")).status == browser.get(url(builder.workspace, "/new")).status == 403
    assert now_of(agent).state == AgentState.LIVE and len(versions(agent)) == 1


def test_a_member_of_one_team_leaves_the_others_agents_alone(builder, browser_of):
    agent = an_agent(builder.workspace, team="support")
    browser = browser_of(a_member(builder.workspace, Role.BUILDER, teams=["finance"]).user)

    assert browser.get(url(agent)).status == 200
    assert [post(browser, url(agent, path)).status for path in [*CHANGES, "/runs"]] == [403] * 5
    assert post(browser, url(builder.workspace), template="refund_triage").status == 403
    assert post(browser, url(builder.workspace), template="invoice_check").status == 303


def test_another_workspaces_agent_is_not_found_by_anyone(browser, builder):
    agent = an_agent(a_workspace())
    own = url(builder.workspace)

    for address in (url(agent), f"{own}/{agent.slug}"):
        assert [browser.get(address + p).status for p in ("", "/edit", "/versions")] == [404] * 3
        assert [post(browser, address + p).status for p in [*CHANGES, "/runs"]] == [404] * 5
    assert now_of(agent).state == AgentState.LIVE and runs_of(agent) == []


def test_signed_out_goes_to_sign_in(client, builder):
    agent = an_agent(builder.workspace)

    assert client.get(url(agent), follow=False).status == 303
    assert client.get(url(agent), htmx=True).status == 401
    assert post(client, url(agent, "/runs")).status in (303, 401)


def test_a_suspended_workspace_can_be_read_and_paused_but_not_changed(browser, builder):
    agent = an_agent(builder.workspace)
    suspend(builder.workspace)

    page = browser.get(url(agent))

    assert page.status == 200 and not page.all("form", id="start-run")
    assert [post(browser, url(agent, p)).status for p in ("/edit", "/versions/1/live", "/resume", "/runs")] == [423] * 4
    assert post(browser, url(builder.workspace), template="brand_review").status == 423
    assert post(browser, url(agent, "/pause")).status == 303
    assert runs_of(agent) == [] and len(versions(agent)) == 1


# ---- giving it something to do ----


def test_a_start_takes_each_kind_of_answer_and_leads_to_the_run(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))

    page = browser.submit("start-run", **TYPED)

    [run] = runs_of(agent)
    assert page.path == f"/w/{builder.workspace.slug}/runs/{run.public_id}"
    assert run.input == TYPED | {"amount": "1249.90"}
    assert (run.state, run.started_by) == ("queued", builder.user_id)


def test_answers_left_blank_are_left_out(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))

    browser.submit("start-run", customer="  Ada  ")

    assert runs_of(agent)[0].input == {"customer": "Ada"}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("customer", "", "Fill in “Customer”."),
        ("customer", "c" * 1_001, "Shorten “Customer” to 1,000 characters."),
        ("letter", "l" * 40_001, "Shorten “Letter” to 40,000 characters."),
        ("amount", "a lot", "Write “Amount” as an amount, for example 1840.00."),
        ("count", "many", "Write “How many” as a number, for example 12.5."),
        ("until", "2027-02-29", "Write “Until” as a date, for example 2026-11-22."),
        ("answer_to", "zsofia at kertesz", "Write “Answer to” as a mail address, for example ada@company.example."),
        ("tone", "Rude", "Choose one of the answers to “Tone”."),
    ],
)
def test_an_answer_that_does_not_fit_starts_nothing_and_all_of_it_is_kept(browser, builder, field, typed, sentence):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))
    sent = TYPED | {field: typed}

    page = browser.submit("start-run", **sent)

    assert page.status == 422 and sentence in page.find(id="error-summary").text
    assert page.find("a", href=f"#in-{field}") and page.find(id=f"in-{field}")
    kept = {name: control(page, name) for name in sent if name != "tone" or typed != "Rude"}
    assert kept == {name: value for name, value in sent.items() if name in kept}
    assert runs_of(agent) == []


def test_every_wrong_answer_is_named_at_once(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))

    page = browser.submit("start-run", customer="", amount="x", until="soon", answer_to="nobody")

    assert len(page.find(id="error-summary").all("li")) == 4


def test_where_one_of_several_is_needed_an_empty_form_says_which(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace, needs_one_of=["letter", "papers"])
    browser.get(url(agent))

    page = browser.submit("start-run", customer="Ada")

    assert page.status == 422 and "Fill in at least one of these: Letter, Papers." in page


def test_a_file_is_one_of_several(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace, needs_one_of=["letter", "papers"])
    browser.get(url(agent))

    page = browser.submit("start-run", customer="Ada", papers=(BytesIO(b"date;amount\n1 March;12"), "list.csv"))

    assert page.status == 200 and len(runs_of(agent)) == 1


def test_files_go_with_the_run_they_were_given_to(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))
    files = [(BytesIO(b"First letter."), "../../first.txt"), (BytesIO(b"a;b\n1;2\n"), "Liste März.csv")]

    page = browser.submit("start-run", customer="Ada", papers=files)

    [run] = runs_of(agent)
    rows = db.session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert [(row.name, row.run_id, row.field) for row in rows] == [
        ("first.txt", run.id, "papers"),
        ("Liste März.csv", run.id, "papers"),
    ]
    assert page.path.endswith(run.public_id)


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "empty.txt"), (b"MZ\x90\x00\x03\x00\x00\x00", "tool.exe"), (b"%PDF-broken", "bill.pdf")]
)
def test_a_file_that_cannot_be_read_stops_the_start_and_is_named(browser, builder, content, name):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))

    page = browser.submit("start-run", customer="Ada", papers=(BytesIO(content), name))

    assert page.status == 422 and name in page.find(id="error-summary").text
    assert control(page, "customer") == "Ada"
    assert runs_of(agent) == [] and db.session.scalars(select(Attachment)).all() == []


def test_eleven_files_are_too_many(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))

    page = browser.submit("start-run", customer="Ada", papers=[(BytesIO(b"x y"), f"{n}.txt") for n in range(11)])

    assert page.status == 422 and "Choose at most 10 files at a time." in page
    assert runs_of(agent) == []


def test_the_form_sent_twice_starts_one_run(browser, builder):
    agent = an_agent(builder.workspace)
    browser.get(url(agent))
    sent = {"start_key": browser.page.find(name="start_key")["value"], "request": "Order 4711"}

    first, second = post(browser, url(agent, "/runs"), **sent), post(browser, url(agent, "/runs"), **sent)

    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location and len(runs_of(agent)) == 1


def test_the_same_key_from_two_people_is_two_runs(browser, builder, someone):
    agent, sent = an_agent(builder.workspace), {"start_key": "k1", "request": "Order 4711"}

    first, second = (post(one, url(agent, "/runs"), **sent) for one in (browser, someone(Role.REVIEWER)))

    assert first.location != second.location and len(runs_of(agent)) == 2


def test_each_page_has_a_key_of_its_own_so_the_same_request_can_be_made_again(browser, builder):
    agent = an_agent(builder.workspace)
    for _ in range(2):
        browser.get(url(agent))
        browser.submit("start-run", request="Order 4711")

    assert sorted(run.number for run in runs_of(agent)) == [1, 2]


def test_a_form_corrected_after_422_can_be_sent(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))
    browser.submit("start-run", customer="Ada", amount="lots")

    page = browser.submit("start-run", amount="20.00")

    assert page.status == 200 and runs_of(agent)[0].input == {"customer": "Ada", "amount": "20.00"}


def test_an_agent_without_a_live_version_cannot_be_started(browser, builder):
    agent = an_agent(builder.workspace, live=False)

    page = post(browser, url(agent, "/runs"), request="Order 4711")

    assert page.status == 409 and "is not live. Make a version live first." in page
    assert runs_of(agent) == []


def test_the_start_form_can_be_filled_in_by_its_address(browser, builder):
    page = browser.get(url(an_agent(builder.workspace), "?request=Order+4711"))

    assert control(page, "request") == "Order 4711" and not page.all(id="error-summary")


def test_what_was_typed_is_shown_and_never_run(browser, builder):
    agent = an_agent_of_every_kind(builder.workspace)
    browser.get(url(agent))
    sly = '"><script>alert(1)</script>'

    page = browser.submit("start-run", customer=sly, amount="x")

    assert control(page, "customer") == sly and not [s for s in page.all("script") if "alert" in str(s.children)]


def test_a_zero_byte_in_what_was_typed_is_no_server_error(browser, builder):
    agent = an_agent(builder.workspace)
    form = MultiDict({"csrf_token": browser.token(), "template": "brand_review", "name": "A\x00B"})

    found = [
        browser.post(url(builder.workspace), form).status,
        post(browser, url(agent, "/edit"), **_edit_form(agent, instructions="One\x00two", note="x\x00y")).status,
        post(browser, url(agent, "/runs"), request="Order\x004711").status,
    ]

    assert all(status < 500 for status in found), found


def test_where_two_are_needed_a_version_goes_live_when_a_second_person_agrees(browser, builder, browser_of):
    agent = an_agent(builder.workspace)
    version = a_version(agent)
    builder.workspace.versions_need_two = True
    db.session.commit()
    browser.get(f"/w/{builder.workspace.slug}/agents/{agent.slug}/versions")

    page = browser.submit(f"/versions/{version.number}/live")

    assert "A second person is asked." in page
    db.session.expire_all()
    assert db.session.get_one(Agent, agent.id).live_version_id != version.id
    other = browser_of(a_member(builder.workspace, Role.REVIEWER).user)
    other.get(f"/w/{builder.workspace.slug}/approvals")
    other.submit(f"approval-{db.session.scalars(select(Approval)).one().public_id}-decide", button="approve")
    db.session.expire_all()
    assert db.session.get_one(Agent, agent.id).live_version_id == version.id


# --- whose words a field holds ---------------------------------------------------------------------


def inputs_of(version: AgentVersion) -> dict[str, bool | None]:
    db.session.rollback()
    return {spec["name"]: spec.get("outside") for spec in db.session.get_one(AgentVersion, version.id).inputs}


def test_a_builder_says_which_fields_hold_somebody_elses_words(builder, browser):
    agent = an_agent(builder.workspace, version={"inputs": EVERY_KIND})
    page = browser.get(url(agent, "/edit"))
    boxes = page.all("input", name="outside")
    assert [box["value"] for box in boxes if "checked" in box.attrs] == ["letter"]
    assert "papers" not in {box["value"] for box in boxes}

    browser.submit(f"{agent.slug}/edit", outside=["customer"], note="Letters are ours")

    made = versions(agent)[-1]
    assert made.number == 2
    assert {name for name, said in inputs_of(made).items() if said is not None} == {"customer", "letter"}
    assert inputs_of(made)["customer"] is True and inputs_of(made)["letter"] is False
    words = browser.get(url(agent, "/versions")).find("ol", class_="rail").text
    assert "Start form changed" in words and "may hold somebody else’s words" in words


def test_a_field_that_the_form_did_not_show_stays_as_it_is(builder, browser):
    agent = an_agent(builder.workspace, version={"inputs": EVERY_KIND})
    sent = {"name": agent.name, "purpose": agent.purpose, "instructions": "Other words.", "max_steps": "20"}

    browser.post(url(agent, "/edit"), sent | {"fields": "amount", "csrf_token": browser.token()})

    made = versions(agent)[-1]
    assert made.number == 2 and not any(inputs_of(made).values())


def test_a_refused_change_keeps_what_was_ticked(builder, browser):
    agent = an_agent(builder.workspace, version={"inputs": EVERY_KIND})
    browser.get(url(agent, "/edit"))

    page = browser.submit(f"{agent.slug}/edit", outside=["customer"], name="")

    assert page.status == 422
    assert [box["value"] for box in page.all("input", name="outside") if "checked" in box.attrs] == ["customer"]


def test_the_start_form_says_whose_words_a_field_may_hold(builder, browser):
    agent = an_agent(builder.workspace, version={"inputs": [EVERY_KIND[0], EVERY_KIND[6] | {"hint": "As it came."}]})

    page = browser.get(url(agent))

    assert page.find(id="in-letter-hint").text == "As it came. May hold somebody else’s words."
    assert not page.all("p", id="in-customer-hint")
