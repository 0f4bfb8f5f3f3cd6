"""Choosing and founding a workspace, and its settings. Members hang below."""

from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from app.access import Capability, Permission, me, member, membership, signed_in, workspace
from app.accounts.forms import blame
from app.console import absences, members
from app.db import db
from app.errors import DomainError, Invalid
from app.extensions import limiter
from app.rules.services import default_rules
from app.web import done
from app.workspaces import queries, services
from app.workspaces.forms import DeadlinesForm, HoursForm, SecondPersonForm, SettingsForm, TeamForm, WorkspaceForm
from app.workspaces.models import Workspace

bp = Blueprint("workspaces", __name__, url_prefix="/w")
bp.register_blueprint(members.bp)
bp.register_blueprint(absences.bp)


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


def _settings(status: int = 200, **forms: FlaskForm) -> ResponseReturnValue:
    """The page, with one of its forms, by its name in the template, as it was sent where it was refused."""
    here = workspace()
    fresh = {
        "form": SettingsForm(formdata=None, data=_current(here)),
        "team_form": TeamForm(formdata=None, prefix="team"),
        "hours_form": HoursForm.about(here.hours),
        "deadlines_form": DeadlinesForm.about(here.steps),
        "second_form": SecondPersonForm(
            formdata=None, rules_need_two=here.rules_need_two, versions_need_two=here.versions_need_two
        ),
    }
    page = render_template(
        "workspaces/settings.html",
        **(fresh | forms),
        teams=queries.teams_of(here),
        zones=_zones(),
        form_failed=status == 422,
    )
    return page, status


def _saved(say: str) -> ResponseReturnValue:
    db.session.commit()
    return done(None, to=url_for("workspaces.settings", workspace=workspace().slug), say=say)


@cache
def _zones() -> list[tuple[str, str]]:
    named = (zone for zone in sorted(available_timezones()) if zone == "UTC" or "/" in zone and zone[:4] != "Etc/")
    return [(zone, zone.replace("_", " ")) for zone in named]


def _current(here: Workspace) -> dict[str, object]:
    plain = ("name", "hold_seconds", "timezone")
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
        return _settings(422, form=blame(form, error))
    return _saved("The settings are saved.")


@bp.post("/<workspace>/settings/deadlines")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def change_deadlines() -> ResponseReturnValue:
    form = DeadlinesForm()
    try:
        if not form.validate():
            raise Invalid()
        services.change_deadlines(workspace(), form.steps(), by=me())
    except Invalid as error:
        db.session.rollback()
        return _settings(422, deadlines_form=blame(form, error))
    return _saved("The deadlines are saved. They hold for cards asked from now on.")


@bp.post("/<workspace>/settings/second-person")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def require_two() -> ResponseReturnValue:
    form = SecondPersonForm()
    rules, versions = bool(form.rules_need_two.data), bool(form.versions_need_two.data)
    try:
        services.require_two(workspace(), rules=rules, versions=versions, by=membership())
    except Invalid as error:
        db.session.rollback()
        return _settings(422, second_form=blame(form, error))
    return _saved("What needs a second person is saved.")


@bp.post("/<workspace>/settings/hours")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def change_hours() -> ResponseReturnValue:
    form = HoursForm()
    try:
        if not form.validate():
            raise Invalid()
        services.change_hours(workspace(), form.hours(workspace().timezone), by=me())
    except Invalid as error:
        db.session.rollback()
        return _settings(422, hours_form=blame(form, error))
    return _saved("The business hours are saved.")


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
        return _settings(422, team_form=blame(form, error))
    return _saved(f"{team.name} is a team now.")


@bp.post("/<workspace>/settings/teams/<key>")
@member(Permission.SETTINGS, needs=Capability.CHANGE)
def rename_team(key: str) -> ResponseReturnValue:
    team = queries.get_team(workspace(), key)
    services.rename_team(workspace(), team, request.form.get("name", ""), by=me())
    return _saved(f"The team is called {team.name}.")
