"""Agents: the list, one agent with its start form, making and changing one, its versions."""

import secrets
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, membership, workspace
from app.agents import forms, queries, services
from app.agents.inputs import is_from_outside
from app.agents.models import Agent, AgentVersion
from app.agents.templates import TEMPLATES
from app.approvals.publishing import ask_for_version
from app.console.teams import allow_team
from app.dataflow.impact import AREAS
from app.db import db
from app.integrations.tools.registry import TOOLS
from app.keys.queries import usable_keys
from app.knowledge.queries import collections as collections_of
from app.runs.queries import runs
from app.web import done, render
from app.workspaces.models import TEAMS

bp = Blueprint("agents", __name__, url_prefix="/w/<workspace>/agents")


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    rows, after = queries.agents(workspace().id, after=request.args.get("after", ""))
    return render("agents/index.html", agents=rows, after=after, live={a.id: queries.live_version(a) for a in rows})


@bp.get("/new")
@member(Permission.AGENT_EDIT)
def new() -> ResponseReturnValue:
    return _new({}, {}, 200)


@bp.post("")
@member(Permission.AGENT_EDIT, needs=Capability.CHANGE)
def create() -> ResponseReturnValue:
    key, name = request.form.get("template", ""), request.form.get("name", "").strip()
    errors = {} if key in TEMPLATES else {"template": ["Choose what the agent should do."]}
    if len(name) > 100:
        errors["name"] = ["Shorten the name to 100 characters."]
    if errors:
        return _new(errors, request.form, 422)
    allow_team(TEMPLATES[key].team)
    shelves = [shelf.public_id for shelf in collections_of(workspace().id)]
    name = name or TEMPLATES[key].name
    agent = services.create_from_template(workspace(), key, name=name, by=me(), collections=shelves)
    db.session.commit()
    return done(None, to=_address(agent), say=f"{agent.name} is made. Read its job, then make version 1 live.")


def _new(errors: Any, typed: Any, status: int) -> ResponseReturnValue:
    teams = {team: [t for t in TEMPLATES.values() if t.team == team] for team in TEAMS}
    return render("agents/new.html", status=status, teams=teams, errors=errors, typed=typed)


@bp.get("/<slug>")
@member(Permission.VIEW)
def show(slug: str) -> ResponseReturnValue:
    return agent_page(slug)


def agent_page(slug: str, *, errors: Any = None, typed: Any = None) -> ResponseReturnValue:
    """The agent with its start form; also the answer to a start that does not fit."""
    agent = queries.get_agent(slug, workspace_id=workspace().id)
    version = queries.live_version(agent) or services.latest_version(agent)
    typed = typed if typed is not None else request.args
    return render(
        "agents/show.html",
        agent=agent,
        version=version,
        latest=services.latest_version(agent),
        tools=[TOOLS[name] for name in version.tools if name in TOOLS],
        from_outside=_from_outside(version),
        collections=[c for c in collections_of(workspace().id) if c.public_id in version.collections],
        recent=runs(workspace().id, agent=agent).rows[:10],
        errors=errors or {},
        typed=typed,
        start_key=secrets.token_hex(12),
        template=TEMPLATES.get(agent.template),
    )


@bp.get("/<slug>/edit")
@member(Permission.AGENT_EDIT)
def edit(slug: str) -> ResponseReturnValue:
    return _edit(slug, {}, None, 200)


@bp.post("/<slug>/edit")
@member(Permission.AGENT_EDIT, needs=Capability.CHANGE)
def save(slug: str) -> ResponseReturnValue:
    agent = _own(slug)
    keys = {key.public_id: key.id for key in usable_keys(workspace().id)}
    shelves = {c.public_id for c in collections_of(workspace().id)}
    draft = forms.read_draft(request.form, tools=set(TOOLS), collections=shelves, keys=keys)
    if draft.errors:
        return _edit(slug, draft.errors, request.form, 422)
    inputs = forms.read_inputs(request.form, services.latest_version(agent).inputs)
    content = draft.content | {"settings": _settings(agent, draft), "inputs": inputs}
    version = services.edit(agent, name=draft.name, purpose=draft.purpose, content=content, note=draft.note, by=me())
    db.session.commit()
    said = f"Version {version.number} is made. It is not live yet." if version else "The name and purpose are saved."
    return done(None, to=_address(agent, "versions" if version else "show"), say=said)


def _settings(agent: Agent, draft: forms.Draft) -> dict[str, Any]:
    """The latest version's settings with what the form says of them."""
    said = draft.content["settings"]
    kept = {name: value for name, value in services.latest_version(agent).settings.items() if name != "areas"}
    return kept | {"max_steps": int(said["max_steps"])} | ({"areas": said["areas"]} if said["areas"] else {})


def _edit(slug: str, errors: Any, typed: Any, status: int) -> ResponseReturnValue:
    agent = queries.get_agent(slug, workspace_id=workspace().id)
    version = services.latest_version(agent)
    return render(
        "agents/edit.html",
        status=status,
        agent=agent,
        version=version,
        errors=errors,
        typed=typed,
        tools=TOOLS.values(),
        areas=AREAS,
        collections=collections_of(workspace().id),
        from_outside=_from_outside(version),
        keys=usable_keys(workspace().id),
    )


@bp.get("/<slug>/versions")
@member(Permission.VIEW)
def versions(slug: str) -> ResponseReturnValue:
    agent = queries.get_agent(slug, workspace_id=workspace().id)
    rows = queries.versions(agent)
    changes = {new.id: queries.diff(old, new) for new, old in zip(rows, rows[1:], strict=False)}
    return render("agents/versions.html", agent=agent, versions=rows, changes=changes)


@bp.post("/<slug>/versions/<int:number>/live")
@member(Permission.AGENT_PUBLISH, needs=Capability.CHANGE)
def make_live(slug: str, number: int) -> ResponseReturnValue:
    agent = _own(slug)
    version = queries.get_version(agent, number)
    if workspace().versions_need_two:
        card = ask_for_version(version, workspace(), by=membership())
        db.session.commit()
        to = url_for("approvals.show", workspace=workspace().slug, approval=card.public_id)
        return done(None, to=to, say="A second person is asked. The version is live once they agree.")
    services.make_live(version, by=me())
    db.session.commit()
    return done(None, to=_address(agent), say=f"Version {number} is live.")


@bp.post("/<slug>/pause")
@member(Permission.AGENT_PUBLISH)
def pause(slug: str) -> ResponseReturnValue:
    agent = _own(slug)
    services.pause(agent, by=me())
    db.session.commit()
    return done(None, to=_address(agent), say=f"{agent.name} is paused. Runs that have started go on.")


@bp.post("/<slug>/resume")
@member(Permission.AGENT_PUBLISH, needs=Capability.CHANGE)
def resume(slug: str) -> ResponseReturnValue:
    agent = _own(slug)
    services.resume(agent, by=me())
    db.session.commit()
    return done(None, to=_address(agent), say=f"{agent.name} is back at work.")


def _from_outside(version: AgentVersion) -> set[str]:
    """The names of the fields of its start form that may hold somebody else's words."""
    return {spec["name"] for spec in version.inputs if is_from_outside(spec)}


def _own(slug: str) -> Agent:
    agent = queries.get_agent(slug, workspace_id=workspace().id)
    allow_team(agent.team)
    return agent


def _address(agent: Agent, page: str = "show") -> str:
    return url_for(f"agents.{page}", workspace=workspace().slug, slug=agent.slug)
