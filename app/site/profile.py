"""A person's own account: name, password, and where they are signed in."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import me, signed_in
from app.accounts import queries, registration, services
from app.accounts.forms import ChangePasswordForm, NameForm, blame
from app.accounts.models import User
from app.consent.queries import PAGE, engagements_of
from app.db import db
from app.errors import Invalid
from app.extensions import limiter
from app.legal import library
from app.site.landing import absolute
from app.web import Kind, done, notify
from app.workspaces.members import recheck_streams
from app.workspaces.queries import memberships_of

bp = Blueprint("profile", __name__, url_prefix="/account")


def _who() -> str:
    return f"user:{me().id}"


def _page(
    name: NameForm | None = None, password: ChangePasswordForm | None = None, status: int = 200
) -> ResponseReturnValue:
    user: User = me()
    page = render_template(
        "accounts/account.html",
        name_form=name or NameForm(formdata=None, name=user.name),
        password_form=password or ChangePasswordForm(formdata=None),
        memberships=memberships_of(user),
        engagements=engagements_of(user.id)[:PAGE],
        titles={policy.slug: policy.title for policy in library.index()},
        form_failed=status == 422,
    )
    return page, status


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    return _page()


@bp.post("")
@signed_in
def rename() -> ResponseReturnValue:
    form = NameForm()
    if not form.validate():
        return _page(name=form, status=422)
    services.rename(me(), form.name.data or "")
    db.session.commit()
    return done(None, to=url_for("accounts.profile.show"), say="Your name is saved.")


@bp.post("/password")
@signed_in
@limiter.limit("10 per minute", key_func=_who)
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    try:
        if not form.validate():
            raise Invalid()
        _change(me(), form)
    except Invalid as error:
        return _page(password=blame(form, error), status=422)
    db.session.commit()
    notify(Kind.SUCCESS, "Your password is changed. Every other device is signed out.")
    return redirect(url_for("accounts.profile.show"), 303)


def _change(user: User, form: ChangePasswordForm) -> None:
    try:
        services.check(user.email, form.current.data or "")
    except services.WrongPassword as error:
        raise Invalid("Enter the password you sign in with now.", field="current") from error
    hashed = services.checked_password(form.password.data or "", about=(user.email, user.name))
    services.set_password(user, hashed)
    registration.tell_password_changed(user, forgot_link=absolute("accounts.forgot"))
    recheck_streams(user)
    services.sign_in(user)


@bp.get("/sessions")
@signed_in
def sessions() -> ResponseReturnValue:
    before = request.args.get("before")
    rows = queries.sessions_of(me(), before=before)
    older = rows[queries.PAGE - 1].public_id if len(rows) > queries.PAGE else None
    return render_template(
        "accounts/sessions.html", rows=rows[: queries.PAGE], older=older, before=before, here=services.current_session()
    )


@bp.post("/sessions/<session_id>/revoke")
@signed_in
def revoke(session_id: str) -> ResponseReturnValue:
    row = queries.get_session(session_id, viewer=me())
    if row is services.current_session():
        services.sign_out()
    else:
        services.end_session(row, by=me())
    recheck_streams(me())
    db.session.commit()
    return done(None, to=url_for("accounts.profile.sessions"), say="That device is signed out.")


@bp.post("/sessions/revoke-others")
@signed_in
def revoke_others() -> ResponseReturnValue:
    here = services.current_session()
    if here is not None:
        services.end_other_sessions(me(), keep=here)
    recheck_streams(me())
    db.session.commit()
    return done(None, to=url_for("accounts.profile.sessions"), say="Every other device is signed out.")
