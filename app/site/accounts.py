"""Signing in and out, registering, and getting back in. The account's own pages and invitations hang below."""

import hashlib

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from app.access import public
from app.accounts import queries, registration, services
from app.accounts.forms import ConfirmForm, ForgotForm, NewPasswordForm, RegisterForm, SignInForm, blame
from app.accounts.models import User
from app.accounts.sessions import digest
from app.db import db
from app.errors import Invalid
from app.extensions import limiter
from app.legal.library import in_force
from app.paths import safe_path
from app.site import invitations, profile
from app.site.landing import absolute, home_of
from app.web import Kind, done, notify
from app.workspaces.members import recheck_streams

bp = Blueprint("accounts", __name__)
bp.register_blueprint(profile.bp)
bp.register_blueprint(invitations.bp)


def _address_and_mail() -> str:
    """Who tries which account; hashed, because it is kept in Redis."""
    email = request.form.get("email", "").strip().lower()
    return f"{get_remote_address()}:{hashlib.sha256(email.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 0) != 303


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    here = safe_path(request.args.get("next"))
    if user := services.current_user():
        return redirect(here or home_of(user), 303)
    return render_template("accounts/login.html", form=SignInForm(formdata=None), next=here)


@bp.post("/login")
@public
@limiter.limit("20 per minute", deduct_when=_failed)
@limiter.limit("8 per minute", key_func=_address_and_mail, deduct_when=_failed)
@limiter.limit("200 per minute")
def enter() -> ResponseReturnValue:
    form, here = SignInForm(), safe_path(request.form.get("next"))
    try:
        if not form.validate():
            raise Invalid()
        user = db.session.get_one(User, services.check(form.email.data or "", form.password.data or ""))
    except Invalid as error:
        return render_template("accounts/login.html", form=blame(form, error), next=here, form_failed=True), 422
    services.sign_in(user, form.password.data)
    db.session.commit()
    return redirect(here or home_of(user), 303)


@bp.post("/logout")
@public
def logout() -> ResponseReturnValue:
    if user := services.sign_out():
        recheck_streams(user)
    db.session.commit()
    notify(Kind.INFO, "You are signed out.")
    return done(None, to=url_for("accounts.login"))


@bp.get("/register")
@public
def register() -> ResponseReturnValue:
    if user := services.current_user():
        return redirect(home_of(user), 303)
    return render_template("accounts/register.html", form=RegisterForm(formdata=None), terms=in_force("terms"))


@bp.post("/register")
@public
@limiter.limit("60 per hour")
@limiter.limit("10 per hour", key_func=_address_and_mail)
def ask() -> ResponseReturnValue:
    form = RegisterForm()
    try:
        if not form.validate():
            raise Invalid()
        _register(form)
    except Invalid as error:
        page = render_template(
            "accounts/register.html", form=blame(form, error), terms=in_force("terms"), form_failed=True
        )
        return page, 422
    db.session.commit()
    session["asked"] = form.email.data
    return redirect(url_for("accounts.check_mail"), 303)


def _register(form: RegisterForm) -> None:
    """The answer is the same whether or not the address has an account; its mailbox gets the difference."""
    email, name = form.email.data or "", form.name.data or ""
    registration.register(
        email,
        name,
        services.checked_password(form.password.data or "", about=(email, name)),
        terms=in_force("terms"),
        address=request.remote_addr or "",
        link_to=lambda token: absolute("accounts.verify", token=token),
        sign_in=absolute("accounts.login"),
    )


@bp.get("/register/check-mail")
@public
def check_mail() -> ResponseReturnValue:
    kept = current_app.config["SETTINGS"].keeps_mail
    return render_template("accounts/check_mail.html", asked=session.get("asked"), kept=kept)


@bp.get("/verify-email/<token>")
@public
def verify(token: str) -> ResponseReturnValue:
    found = queries.get_registration(digest(token))
    return render_template("accounts/verify.html", form=ConfirmForm(formdata=None), token=token, email=found.email)


@bp.post("/verify-email/<token>")
@public
@limiter.limit("20 per minute")
def confirm(token: str) -> ResponseReturnValue:
    form, found = ConfirmForm(), queries.get_registration(digest(token))
    try:
        if not form.validate():
            raise Invalid()
        user = registration.confirm(found, form.password.data or "")
    except Invalid as error:
        page = render_template(
            "accounts/verify.html", form=blame(form, error), token=token, email=found.email, form_failed=True
        )
        return page, 422
    services.sign_in(user)
    db.session.commit()
    notify(Kind.SUCCESS, "Your address is confirmed and you are signed in.")
    return redirect(home_of(user), 303)


@bp.get("/forgot-password")
@public
def forgot() -> ResponseReturnValue:
    return render_template("accounts/forgot.html", form=ForgotForm(formdata=None))


@bp.post("/forgot-password")
@public
@limiter.limit("30 per hour")
def ask_reset() -> ResponseReturnValue:
    form = ForgotForm()
    if not form.validate():
        return render_template("accounts/forgot.html", form=form, form_failed=True), 422
    registration.ask_reset(form.email.data or "")
    db.session.commit()
    session["asked"] = form.email.data
    return redirect(url_for("accounts.check_mail"), 303)


@bp.get("/reset-password/<token>")
@public
def reset(token: str) -> ResponseReturnValue:
    queries.get_reset(digest(token))
    return render_template("accounts/reset.html", form=NewPasswordForm(formdata=None), token=token)


@bp.post("/reset-password/<token>")
@public
@limiter.limit("20 per minute")
def set_password(token: str) -> ResponseReturnValue:
    form, way = NewPasswordForm(), queries.get_reset(digest(token))
    try:
        if not form.validate():
            raise Invalid()
        hashed = services.checked_password(form.password.data or "", about=(way.user.email, way.user.name))
        user = registration.reset(way, hashed)
    except Invalid as error:
        return render_template("accounts/reset.html", form=blame(form, error), token=token, form_failed=True), 422
    registration.tell_password_changed(user, forgot_link=absolute("accounts.forgot"))
    recheck_streams(user)
    db.session.commit()
    notify(Kind.SUCCESS, "Your password is changed and every device is signed out. Sign in with the new one.")
    return redirect(url_for("accounts.login"), 303)
