"""Choosing and founding a workspace, and its settings. Members hang below."""

from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, signed_in, workspace
from app.accounts.forms import blame
from app.console import members
from app.db import db
from app.errors import DomainError, Invalid
from app.extensions import limiter
from app.rules.services import default_rules
from app.web import done
from app.workspaces import queries, services
from app.workspaces.forms import SettingsForm, TeamForm, WorkspaceForm
from app.workspaces.models import Workspace

bp = Blueprint("workspaces", __name__, url_prefix="/w")
bp.register_blueprint(members.bp)


def _who() -> str:
    return f"user:{me().id}"


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    return render_template("workspaces/index.html", memberships=queries.memberships_of(me()))


@bp.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    return render_template("workspaces/new.html", form=WorkspaceForm(formdata=None))


@bp.post("/new")
@signed_in
@limiter.limit("20 per hour", key_func=_who)
def create() -> ResponseReturnValue:
    form = WorkspaceForm()
    if not form.validate():
        return render_template("workspaces/new.html", form=form, form_failed=True), 422
    made = services.create_workspace(form.name.data or "", by=me())
    default_rules(made)
    db.session.commit()
    return done(None, to=url_for("workspaces.enter", workspace=made.slug), say=f"{made.name} is ready.")


@bp.get("/<workspace>/")
@member(Permission.VIEW)
def enter() -> ResponseReturnValue:
    """The first page of a workspace is what waits for a person."""
    return redirect(f"/w/{workspace().slug}/approvals", 303)


def _settings(form: SettingsForm | None = None, team: TeamForm | None = None, status: int = 200) -> ResponseReturnValue:
    here = workspace()
    page = render_template(
        "workspaces/settings.html",
        form=form or SettingsForm(formdata=None, data=_current(here)),
        team_form=team or TeamForm(formdata=None, prefix="team"),
        teams=queries.teams_of(here),
        zones=_zones(),
        form_failed=status == 422,
    )
    return page, status


@cache
def _zones() -> list[tuple[str, str]]:
    named = (zone for zone in sorted(available_timezones()) if zone == "UTC" or "/" in zone and zone[:4] != "Etc/")
    return [(zone, zone.replace("_", " ")) for zone in named]


def _current(here: Workspace) -> dict[str, object]:
    plain = ("name", "hold_seconds", "card_hours", "timezone")
    return {key: getattr(here, key) for key in plain} | {"domains": "\n".join(here.domains)}


@bp.get("/<workspace>/settings")
@member(Permission.VIEW)
def settings() -> ResponseReturnValue:
    return _settings()


@bp.post("/<workspace>/settings")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def change_settings() -> ResponseReturnValue:
    form = SettingsForm()
    try:
        if not form.validate():
            raise Invalid()
        services.change_settings(workspace(), **form.values(), by=me())
    except Invalid as error:
        db.session.rollback()
        return _settings(blame(form, error), status=422)
    db.session.commit()
    return done(None, to=url_for("workspaces.settings", workspace=workspace().slug), say="The settings are saved.")


@bp.post("/<workspace>/settings/teams")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def add_team() -> ResponseReturnValue:
    form = TeamForm(prefix="team")
    try:
        if not form.validate():
            raise Invalid()
        team = services.add_team(workspace(), form.name.data or "", by=me())
    except DomainError as error:
        db.session.rollback()
        return _settings(team=blame(form, error), status=422)
    db.session.commit()
    return done(None, to=url_for("workspaces.settings", workspace=workspace().slug), say=f"{team.name} is a team now.")


@bp.post("/<workspace>/settings/teams/<key>")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def rename_team(key: str) -> ResponseReturnValue:
    team = queries.get_team(workspace(), key)
    services.rename_team(workspace(), team, request.form.get("name", ""), by=me())
    db.session.commit()
    here = url_for("workspaces.settings", workspace=workspace().slug)
    return done(None, to=here, say=f"The team is called {team.name}.")
