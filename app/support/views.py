"""Signing in as staff, finding a workspace, and measures against it."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, StaffPermission, public, staff, staff_member
from app.audit.services import record
from app.db import begin_writing, db
from app.errors import Invalid
from app.extensions import limiter
from app.restrictions import services as restrictions
from app.restrictions.models import Ground, Level
from app.support import bp, queries, services
from app.web import Kind, notify, render
from app.workspaces.models import Workspace

TRIES = "10 per minute"


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    if services.current_staff() is not None:
        return redirect(url_for("support.index"), 303)
    return render("support/login.html", errors={}, typed={})


@bp.post("/login")
@limiter.limit(TRIES)
@public
def sign_in() -> ResponseReturnValue:
    form = request.form
    try:
        services.sign_in(form.get("email", ""), form.get("password", ""), form.get("code", ""))
    except Invalid as refused:
        db.session.rollback()
        return render("support/login.html", status=422, errors={"email": [refused.sentence]}, typed=form)
    db.session.commit()
    return redirect(url_for("support.index"), 303)


@bp.post("/logout")
@staff(StaffPermission.VIEW)
def logout() -> ResponseReturnValue:
    services.sign_out(staff_member())
    db.session.commit()
    return redirect(url_for("support.login"), 303)


@bp.get("/")
@staff(StaffPermission.VIEW)
def index() -> ResponseReturnValue:
    words = request.args.get("q", "")
    found = queries.find_workspaces(words, after=request.args.get("after", 0, type=int))
    return render("support/index.html", words=words, workspaces=found, page_size=queries.PAGE)


@bp.get("/workspaces/<slug>")
@staff(StaffPermission.VIEW)
def show(slug: str) -> ResponseReturnValue:
    """Looking is an act: it is written into the customer's own log before anything is shown."""
    begin_writing()
    _record_look(queries.get_workspace(slug))
    db.session.commit()
    return _page(queries.get_workspace(slug), {}, {}, 200)


@bp.post("/workspaces/<slug>/restrictions")
@staff(StaffPermission.RESTRICT)
def impose(slug: str) -> ResponseReturnValue:
    """First the review page with what the customer will see; with `confirmed` the measure itself."""
    found, form = queries.get_workspace(slug), request.form
    if errors := _problems():
        return _page(found, errors, form, 422)
    if form.get("confirmed") != "yes":
        return render(
            "support/review.html", subject=found, form=form, chosen=form.getlist("capabilities"), words=_words()
        )
    ground = Ground(form["ground"])
    common = {"reason": form["reason"], "clause": form.get("clause", ""), "by": staff_member()}
    if form["level"] == Level.SUSPENDED:
        restrictions.suspend(found, ground=ground, **common)
    else:
        chosen = [Capability(c) for c in form.getlist("capabilities")]
        restrictions.restrict(found, ground=ground, capabilities=chosen, **common)
    db.session.commit()
    notify(Kind.SUCCESS, "In force. The owners were told.")
    return redirect(url_for("support.show", slug=slug), 303)


@bp.post("/workspaces/<slug>/restrictions/<measure>/lift")
@staff(StaffPermission.RESTRICT)
def lift(slug: str, measure: str) -> ResponseReturnValue:
    found = queries.get_workspace(slug)
    reason = request.form.get("lift_reason", "").strip()
    if not reason:
        return _page(found, {"lift_reason": ["Say why it ends. The customer reads it."]}, request.form, 422)
    restrictions.lift(queries.get_measure(found, measure), reason=reason, by=staff_member())
    db.session.commit()
    notify(Kind.SUCCESS, "Lifted. Runs that were stopped go on.")
    return redirect(url_for("support.show", slug=slug), 303)


@bp.get("/audit")
@staff(StaffPermission.VIEW)
def audit() -> ResponseReturnValue:
    return render("support/audit.html", entries=queries.staff_log(before=request.args.get("before", type=int)))


def _problems() -> dict[str, list[str]]:
    form, errors = request.form, {}
    if form.get("level") not in list(Level):
        errors["level"] = ["Choose what should happen."]
    if form.get("ground") not in list(Ground):
        errors["ground"] = ["Choose the ground."]
    if not form.get("reason", "").strip():
        errors["reason"] = ["Say what the customer should read."]
    known = {c.value for c in restrictions.SWITCHABLE}
    chosen = form.getlist("capabilities")
    if form.get("level") == Level.RESTRICT and (not chosen or not set(chosen) <= known):
        errors["capabilities"] = ["Choose what to switch off."]
    return errors


def _words() -> dict[str, str]:
    return {c.value: words for c, words in restrictions.SWITCHABLE.items()}


def _record_look(found: Workspace) -> None:
    who = staff_member()
    actor = ("LeenOps support", f"staff:{who.public_id}")
    record("staff:workspace:viewed", "Looked at this workspace's figures", workspace_id=found.id, actor=actor)
    record("staff:workspace:viewed", f"Looked at {found.name}", workspace_id=None, actor=who, subject=found.slug)


def _page(found: Workspace, errors: dict[str, list[str]], typed: object, status: int) -> ResponseReturnValue:
    return render(
        "support/workspace.html",
        status=status,
        subject=found,
        facts=queries.facts_of(found),
        measures=restrictions.measures_of(found.id),
        subject_standing=restrictions.standing_of(found.id),
        words=_words(),
        grounds=list(Ground),
        errors=errors,
        typed=typed,
        may_restrict=services.staff_permits(staff_member(), StaffPermission.RESTRICT),
    )
