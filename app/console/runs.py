"""Runs: starting one, the list, one run live, stopping and trying again."""

import secrets

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, membership, workspace
from app.agents import forms as agent_forms
from app.agents import queries as agent_queries
from app.agents.models import Agent, AgentVersion
from app.approvals.services import close_for
from app.console import agents as agent_pages
from app.console import uploads
from app.console.teams import allow_run, allow_team
from app.console.timeline import timeline
from app.db import db
from app.errors import Conflict
from app.integrations.queries import attachments_of_run
from app.runs import queries, services
from app.runs.models import Run
from app.web import done, is_fragment, page_key, render

bp = Blueprint("runs", __name__, url_prefix="/w/<workspace>")


@bp.post("/agents/<slug>/runs")
@member(Permission.RUN_START, needs=Capability.START_RUNS, reads_first=True)
def start(slug: str) -> ResponseReturnValue:
    _, version = _startable(slug)
    checked = uploads.read_unlocked(lambda: agent_forms.validate_start(version, request.form, request.files))
    agent, live = _startable(slug)
    if live.id != version.id:
        raise Conflict(f"{agent.name} got another version while you started it. Start it again.")
    if checked.errors:
        return make_response(agent_pages.agent_page(slug, errors=checked.errors, typed=request.form), 422)
    key = request.form.get("start_key") or secrets.token_hex(12)
    files = checked.attachments(workspace().id)
    run = services.start(agent, checked.values, files, by=me(), start_key=f"{me().public_id}:{key[:80]}")
    db.session.commit()
    return done(None, to=url_for("runs.show", workspace=workspace().slug, run=run.public_id))


def _startable(slug: str) -> tuple[Agent, AgentVersion]:
    """The agent that the member may start now with what came along, and its live version."""
    agent = agent_queries.get_agent(slug, workspace_id=workspace().id)
    allow_team(agent.team, f"{agent.name} belongs to another team.")
    if not agent.is_live:
        raise Conflict(f"{agent.name} is not live. Make a version live first.")
    uploads.allow_attachments([storage for _, storage in request.files.items(multi=True)])
    return agent, db.session.get_one(AgentVersion, agent.live_version_id)


@bp.get("/runs")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    state = request.args.get("state", "")
    page = queries.runs(workspace().id, state=state, before=page_key())
    return render("runs/index.html", "runs/_list.html", found=page, state=state)


@bp.get("/runs/<run>")
@member(Permission.VIEW)
def show(run: str) -> ResponseReturnValue:
    found = queries.get_run(run, workspace_id=workspace().id)
    return render(
        "runs/show.html",
        "runs/_run.html",
        line=timeline(found, membership()),
        files=[] if is_fragment() else attachments_of_run(workspace().id, found.id),
        full=request.args.get("compact") is None,
    )


@bp.post("/runs/<run>/stop")
@member(Permission.RUN_STOP)
def stop(run: str) -> ResponseReturnValue:
    found = _own(run)
    services.cancel(found, by=me())
    if found.is_finished:
        close_for(found.id, "The run was stopped")
    db.session.commit()
    return _answer(run, "Stopping. Nothing more will be done by this run.")


@bp.post("/runs/<run>/retry")
@member(Permission.RUN_STOP, needs=Capability.START_RUNS)
def retry(run: str) -> ResponseReturnValue:
    services.retry(_own(run), by=me())
    db.session.commit()
    return _answer(run, "Trying again from the step that failed.")


def _own(run: str) -> Run:
    found = queries.get_run(run, workspace_id=workspace().id)
    allow_run(found)
    return found


def _answer(run: str, say: str) -> ResponseReturnValue:
    found = queries.get_run(run, workspace_id=workspace().id)
    to = url_for("runs.show", workspace=workspace().slug, run=run)
    return done(
        "runs/_run.html" if is_fragment() else None, to=to, say=say, line=timeline(found, membership()), full=True
    )
