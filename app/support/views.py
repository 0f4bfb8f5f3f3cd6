"""Signing in as staff, finding a workspace, and measures against it."""

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import StaffPermission, public, staff, staff_member
from app.agreements.queries import agreements_of
from app.agreements.wording import KINDS
from app.audit import queries as audit_log
from app.audit.services import record
from app.db import begin_writing, db
from app.extensions import limiter
from app.paths import safe_path
from app.restrictions import notice
from app.restrictions import services as restrictions
from app.restrictions.models import Ground, Level
from app.restrictions.services import Standing
from app.support import bp, queries, services
from app.support.forms import LONGEST, MeasureForm, clauses, usual_clause
from app.typed import plain
from app.web import Kind, notify, page_key, render, search_words
from app.workspaces.models import Workspace

TRIES = "10 per minute"
CODES = "5 per 15 minutes"
"""Wrong codes after a right password, per staff member: only who knows the password can use these up."""


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    here = safe_path(request.args.get("next"))
    if services.current_staff() is not None:
        return redirect(here or url_for("support.index"), 303)
    return render("support/login.html", errors={}, typed={}, next=here)


@bp.post("/login")
@limiter.limit(TRIES)
@limiter.limit(
    CODES,
    key_func=lambda: "staff-code:" + request.form.get("email", "").strip().lower()[:254],
    deduct_when=lambda response: "wrong_code" in g,
)
@public
def sign_in() -> ResponseReturnValue:
    form, here = request.form, safe_path(request.form.get("next"))
    try:
        services.sign_in(form.get("email", ""), form.get("password", ""), form.get("code", ""))
    except services.SignInRefused as refused:
        if isinstance(refused, services.WrongCode):
            g.wrong_code = True
        db.session.commit()
        return render("support/login.html", status=422, errors={"email": [refused.sentence]}, typed=form, next=here)
    db.session.commit()
    return redirect(here or url_for("support.index"), 303)


@bp.post("/logout")
@staff(StaffPermission.VIEW)
def logout() -> ResponseReturnValue:
    services.sign_out(staff_member())
    db.session.commit()
    return redirect(url_for("support.login"), 303)


@bp.get("/")
@staff(StaffPermission.VIEW)
def index() -> ResponseReturnValue:
    words = search_words("q")
    found = queries.find_workspaces(words, after=page_key("after") or 0)
    return render("support/index.html", words=words, workspaces=found[: queries.PAGE], more=len(found) > queries.PAGE)


@bp.get("/workspaces/<slug>")
@staff(StaffPermission.VIEW)
def show(slug: str) -> ResponseReturnValue:
    """Looking is an act: it is written into the customer's own log before anything is shown."""
    begin_writing()
    _record_look(queries.get_workspace(slug))
    db.session.commit()
    return _page(queries.get_workspace(slug))


@bp.post("/workspaces/<slug>/restrictions")
@staff(StaffPermission.RESTRICT)
def impose(slug: str) -> ResponseReturnValue:
    """First the review page with what the customer will see; with `confirmed` the measure itself, or its notice."""
    found, form = queries.get_workspace(slug), MeasureForm.of(request.form)
    confirmed = request.form.get("confirmed")
    if errors := form.errors() or _too_soon(found, form):
        return _page(found, form, errors, status=422)
    if confirmed == "no":
        return _page(found, form)
    if confirmed != "yes":
        return _review(found, form)
    _take(found, form)
    db.session.commit()
    return _back(slug, "Sent. The owners have mail." if form.announce else "In force. The owners have mail.")


def _too_soon(found: Workspace, form: MeasureForm) -> dict[str, list[str]]:
    """What an agreement puts before this measure, as an error of the form."""
    due = None if form.announce else notice.find_due(found, form.level, form.ground, form.chosen)
    return {"level": [due.sentence]} if due else {}


def _take(found: Workspace, form: MeasureForm) -> None:
    common = {"ground": Ground(form.ground), "reason": form.reason, "clause": form.clause, "by": staff_member()}
    if form.announce:
        restrictions.announce(found, Level(form.level), capabilities=form.chosen, **common)
    elif form.level == Level.SUSPENDED:
        restrictions.suspend(found, **common)
    else:
        restrictions.restrict(found, capabilities=form.chosen, **common)


@bp.post("/workspaces/<slug>/restrictions/<measure>/lift")
@staff(StaffPermission.RESTRICT)
def lift(slug: str, measure: str) -> ResponseReturnValue:
    found = queries.get_workspace(slug)
    which, reason = queries.get_measure(found, measure), plain(request.form.get("lift_reason", ""))
    if not reason or len(reason) > LONGEST:
        sentence = "Say why it ends. The customer reads it." if not reason else f"Use at most {LONGEST:,} characters."
        return _page(found, errors={f"lift-{measure}": [sentence]}, status=422, lift_reason=reason)
    restrictions.lift(which, reason=reason, by=staff_member())
    db.session.commit()
    return _back(slug, "Lifted. The owners have mail.")


@bp.get("/audit")
@staff(StaffPermission.VIEW)
def audit() -> ResponseReturnValue:
    rows = audit_log.entries(0, audit_log.Filter(), before=page_key(), limit=audit_log.PAGE + 1)
    return render("support/audit.html", entries=rows[: audit_log.PAGE], more=len(rows) > audit_log.PAGE)


def _back(slug: str, sentence: str) -> ResponseReturnValue:
    notify(Kind.SUCCESS, sentence)
    return redirect(url_for("support.show", slug=slug), 303)


def _record_look(found: Workspace) -> None:
    who = staff_member()
    kind, actor = "staff:workspace:viewed", ("LeenOps support", f"staff:{who.public_id}")
    record(kind, "Looked at this workspace's figures", workspace_id=found.id, actor=actor)
    record(kind, f"Looked at {found.name}", workspace_id=None, actor=who, subject=f"workspace:{found.slug}")


def _page(
    found: Workspace,
    form: MeasureForm | None = None,
    errors: dict[str, list[str]] | None = None,
    *,
    status: int = 200,
    lift_reason: str = "",
) -> ResponseReturnValue:
    measures = restrictions.measures_of(found.id)
    return render(
        "support/workspace.html",
        status=status,
        subject=found,
        facts=queries.facts_of(found),
        measures=measures,
        names=queries.names_of(measures),
        in_words=restrictions.in_words,
        in_force=restrictions.standing_of(found.id),
        promise=notice.promise(found),
        agreements=agreements_of(found),
        agreement_words=KINDS,
        switchable=[(c.value, words) for c, words in restrictions.SWITCHABLE.items()],
        clauses=clauses(),
        form=form or MeasureForm(clause=usual_clause()),
        errors=errors or {},
        lift_reason=lift_reason,
        may_restrict=services.staff_permits(staff_member(), StaffPermission.RESTRICT),
        may_agree=services.staff_permits(staff_member(), StaffPermission.AGREEMENTS),
    )


def _review(found: Workspace, form: MeasureForm) -> ResponseReturnValue:
    given = (Level(form.level), Ground(form.ground), form.chosen, form.reason, form.clause)
    draft = restrictions.draft_notice(found, *given) if form.announce else restrictions.draft(found, *given)
    return render(
        "support/review.html",
        subject=found,
        form=form,
        what=restrictions.in_words(draft),
        letter=restrictions.letter(found, draft),
        earliest_at=draft.earliest_at,
        standing=Standing((), (draft,)) if form.announce else Standing((draft,)),
    )
