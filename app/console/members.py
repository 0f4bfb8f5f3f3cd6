"""Members: who belongs to the workspace, what they may do, inviting and removing."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, membership, workspace
from app.accounts.forms import blame
from app.db import db, now
from app.errors import Invalid
from app.extensions import limiter
from app.formats import money, typed_money
from app.web import done
from app.workspaces import members, queries
from app.workspaces.forms import ROLE_HINTS, InviteForm, LimitForm, RoleForm
from app.workspaces.models import Membership, Role
from app.workspaces.permissions import TABLE, WORDS, permits

bp = Blueprint("members", __name__, url_prefix="/<workspace>/members")


def _who() -> str:
    return f"user:{me().id}"


def _list() -> str:
    return url_for("workspaces.members.index", workspace=workspace().slug)


def _link(token: str) -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for("accounts.invitations.show", token=token)


def _index(form: InviteForm | None = None, status: int = 200) -> ResponseReturnValue:
    here, before = workspace(), request.args.get("before")
    rows = queries.members(here, before=before)
    page = render_template(
        "workspaces/members.html",
        rows=rows[: queries.PAGE],
        older=rows[queries.PAGE - 1].public_id if len(rows) > queries.PAGE else None,
        before=before,
        count=queries.member_count(here),
        away=queries.away_until(here.id, now()),
        form=form or InviteForm(formdata=None, role=Role.REVIEWER),
        roles=_roles(),
        teams=queries.teams_of(here),
        invitations=queries.open_invitations(here),
        may_leave=not members.is_last_owner(here, membership()),
        form_failed=status == 422,
    )
    return page, status


def _roles() -> list[tuple[str, str, str]]:
    return [(str(role), role.capitalize(), ROLE_HINTS[role]) for role in members.grantable(membership())]


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    return _index()


@bp.get("/permissions")
@member(Permission.VIEW)
def permissions() -> ResponseReturnValue:
    return render_template("workspaces/permissions.html", roles=list(Role), words=WORDS, table=TABLE)


@bp.post("/invitations")
@member(Permission.MEMBERS_MANAGE, needs=Capability.INVITE)
@limiter.limit("60 per hour", key_func=_who)
def invite() -> ResponseReturnValue:
    form = InviteForm()
    try:
        if not form.validate():
            raise Invalid()
        sent = members.invite(
            workspace(), form.email.data or "", form.chosen(), form.teams.data or [], by=membership(), link_to=_link
        )
    except Invalid as error:
        db.session.rollback()
        return _index(blame(form, error), 422)
    db.session.commit()
    return done(None, to=_list(), say=f"The invitation to {sent.email} is on its way.")


@bp.post("/invitations/<invitation>/withdraw")
@member(Permission.MEMBERS_MANAGE)
def withdraw(invitation: str) -> ResponseReturnValue:
    found = queries.get_invitation(workspace(), invitation)
    members.withdraw(workspace(), found, by=membership())
    db.session.commit()
    return done(None, to=_list(), say=f"The invitation to {found.email} is withdrawn.")


@bp.post("/leave")
@member(Permission.VIEW)
def leave() -> ResponseReturnValue:
    members.remove(workspace(), membership(), by=membership())
    db.session.commit()
    return done(None, to=url_for("workspaces.index"), say=f"You left {workspace().name}.")


def _member(
    found: Membership, form: RoleForm | None = None, limit: LimitForm | None = None, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "workspaces/member.html",
        who=found,
        away=queries.away_until(found.workspace_id, now()).get(found.id),
        stand_in=queries.stand_in_for(found, now()),
        form=form or RoleForm(formdata=None, role=found.role, teams=found.teams),
        limit=limit or LimitForm(formdata=None, up_to=_limit(found)),
        may_limit=permits(found.role, Permission.APPROVE) and found.role != Role.OWNER and found.id != membership().id,
        roles=_roles(),
        teams=queries.teams_of(workspace()),
        last_owner=members.is_last_owner(workspace(), found),
        may_change=found.role in members.grantable(membership()),
        form_failed=status == 422,
    )
    return page, status


@bp.get("/<person>")
@member(Permission.MEMBERS_MANAGE)
def show(person: str) -> ResponseReturnValue:
    return _member(queries.get_member(workspace(), person))


@bp.post("/<person>/role")
@member(Permission.MEMBERS_MANAGE, needs=Capability.CHANGE)
def change_role(person: str) -> ResponseReturnValue:
    form, found = RoleForm(), queries.get_member(workspace(), person)
    try:
        if not form.validate():
            raise Invalid()
        members.change_role(workspace(), found, form.chosen(), form.teams.data or [], by=membership())
    except Invalid as error:
        db.session.rollback()
        return _member(found, blame(form, error), status=422)
    db.session.commit()
    return done(None, to=_list(), say=f"{found.user.name} is {found.role} now, and has to sign in again.")


@bp.post("/<person>/limit")
@member(Permission.MEMBERS_MANAGE, needs=Capability.CHANGE)
def set_limit(person: str) -> ResponseReturnValue:
    form, found = LimitForm(), queries.get_member(workspace(), person)
    try:
        members.set_limit(workspace(), found, form.amount(workspace().currency), by=membership())
    except Invalid as error:
        db.session.rollback()
        return _member(found, limit=blame(form, error), status=422)
    db.session.commit()
    return done(None, to=_list(), say=_limit_words(found))


def _limit_words(found: Membership) -> str:
    most = found.approves_up_to
    return f"{found.user.name} may approve {'any amount' if most is None else money(most, workspace().currency)} now."


def _limit(found: Membership) -> str:
    """How much they may approve, as the form shows it; '' for any amount."""
    most = found.approves_up_to
    return "" if most is None else typed_money(most, workspace().currency)


@bp.post("/<person>/remove")
@member(Permission.MEMBERS_MANAGE)
def remove(person: str) -> ResponseReturnValue:
    found = queries.get_member(workspace(), person)
    members.remove(workspace(), found, by=membership())
    db.session.commit()
    return done(None, to=_list(), say=f"{found.user.name} is no longer a member.")
