"""Accepting an invitation: signed in with the invited address, or by registering through the mailed link."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, me, public, signed_in
from app.accounts import registration, services
from app.accounts.forms import JoinForm, blame
from app.accounts.models import User
from app.accounts.sessions import digest
from app.db import db
from app.errors import Invalid
from app.events import publish
from app.extensions import limiter
from app.legal.library import in_force
from app.restrictions.services import require
from app.web import Kind, notify
from app.workspaces import members
from app.workspaces.models import Invitation, Workspace
from app.workspaces.queries import invitation_behind

bp = Blueprint("invitations", __name__, url_prefix="/invites")


def _page(
    token: str, invitation: Invitation, workspace: Workspace, form: JoinForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "accounts/invitation.html",
        token=token,
        invitation=invitation,
        to=workspace.name,
        viewer=services.current_user(),
        has_account=members.has_account(invitation),
        form=form,
        terms=in_force("terms"),
        form_failed=status == 422,
    )
    return page, status


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    return _page(token, *invitation_behind(digest(token)), JoinForm(formdata=None))


@bp.post("/<token>")
@signed_in
def accept(token: str) -> ResponseReturnValue:
    invitation, workspace = invitation_behind(digest(token))
    return _take(invitation, workspace, me())


@bp.post("/<token>/register")
@public
@limiter.limit("20 per minute")
def join(token: str) -> ResponseReturnValue:
    form, (invitation, workspace) = JoinForm(), invitation_behind(digest(token))
    try:
        if not form.validate():
            raise Invalid()
        user = _join(form, invitation)
    except Invalid as error:
        return _page(token, invitation, workspace, blame(form, error), 422)
    services.sign_in(user)
    return _take(invitation, workspace, user)


def _join(form: JoinForm, invitation: Invitation) -> User:
    name = form.name.data or ""
    password_hash = services.checked_password(form.password.data or "", about=(name, invitation.email))
    terms = in_force("terms")
    return registration.join(invitation.email, name, password_hash, terms=terms, address=request.remote_addr or "")


def _take(invitation: Invitation, workspace: Workspace, user: User) -> ResponseReturnValue:
    require(workspace.id, Capability.INVITE)
    members.accept(invitation, workspace, user)
    publish(workspace.id, "members")
    db.session.commit()
    notify(Kind.SUCCESS, f"You are a member of {workspace.name}.")
    return redirect(url_for("workspaces.enter", workspace=workspace.slug), 303)
