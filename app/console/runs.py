"""Runs: starting one, the list, one run live, stopping and trying again."""

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, membership, workspace
from app.agents import forms as agent_forms
from app.agents import queries as agent_queries
from app.agents.models import AgentVersion
from app.approvals.services import close_for
from app.console import agents as agent_pages
from app.console.timeline import timeline
from app.db import db
from app.errors import Conflict, NotAllowed
from app.runs import queries, services
from app.web import done, is_fragment, page_key, render

bp = Blueprint("runs", __name__, url_prefix="/w/<workspace>")


@bp.post("/agents/<slug>/runs")
@member(Permission.RUN_START, needs=Capability.START_RUNS)
def start(slug: str) -> ResponseReturnValue:
    agent = agent_queries.get_agent(slug, workspace_id=workspace().id)
    if membership().teams and agent.team not in membership().teams:
        raise NotAllowed(f"{agent.name} belongs to another team.")
    if not agent.is_live:
        raise Conflict(f"{agent.name} is not live. Make a version live first.")
    version = db.session.get_one(AgentVersion, agent.live_version_id)
    checked = agent_forms.validate_start(version, request.form, request.files, workspace_id=workspace().id)
    if checked.errors:
        db.session.rollback()
        return make_response(agent_pages.agent_page(slug, errors=checked.errors, typed=request.form), 422)
    key = request.form.get("start_key") or f"once-{id(request)}-{me().public_id}"
    run = services.start(agent, checked.values, checked.files, by=me(), start_key=f"{me().public_id}:{key[:80]}")
    db.session.commit()
    return done(None, to=url_for("runs.show", workspace=workspace().slug, run=run.public_id))


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
        "runs/show.html", "runs/_run.html", line=timeline(found, membership()), full=request.args.get("compact") is None
    )


@bp.post("/runs/<run>/stop")
@member(Permission.RUN_STOP)
def stop(run: str) -> ResponseReturnValue:
    found = queries.get_run(run, workspace_id=workspace().id)
    services.cancel(found, by=me())
    if found.is_finished:
        close_for(found.id, "The run was stopped")
    db.session.commit()
    return _answer(run, "Stopping. Nothing more will be done by this run.")


@bp.post("/runs/<run>/retry")
@member(Permission.RUN_STOP, needs=Capability.START_RUNS)
def retry(run: str) -> ResponseReturnValue:
    services.retry(queries.get_run(run, workspace_id=workspace().id), by=me())
    db.session.commit()
    return _answer(run, "Trying again from the step that failed.")


def _answer(run: str, say: str) -> ResponseReturnValue:
    found = queries.get_run(run, workspace_id=workspace().id)
    to = url_for("runs.show", workspace=workspace().slug, run=run)
    return done(
        "runs/_run.html" if is_fragment() else None, to=to, say=say, line=timeline(found, membership()), full=True
    )
