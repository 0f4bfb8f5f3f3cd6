"""Policies at work: drafting, review by somebody else, publishing, and how far the notice came."""

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import StaffPermission, staff, staff_member
from app.accounts.forms import blame
from app.consent import queries as consent
from app.db import db
from app.errors import Conflict, DomainError, Invalid
from app.legal import drafting, library, queries, texts
from app.legal.forms import NewVersionForm, WordingForm, blamed, in_words, suggested, typed
from app.legal.models import PolicyVersion, Stage
from app.legal.redline import redline
from app.legal.texts import BrokenPolicy
from app.notices import queries as notices
from app.notices import services as announcing
from app.notices.models import Delivery
from app.support import bp
from app.support.queries import staff_names
from app.web import done, page_key, render


@bp.get("/policies")
@staff(StaffPermission.VIEW)
def policies() -> ResponseReturnValue:
    rows = queries.version_rows(before=page_key())
    return render(
        "support/policies/index.html",
        rows=rows[: queries.PAGE],
        older=rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None,
        state_of=library.state_of,
        current=library.index(),
    )


@bp.get("/policies/new")
@staff(StaffPermission.POLICIES)
def new_policy() -> ResponseReturnValue:
    policy = library.find_in_force(request.args.get("slug", ""))
    return _form(NewVersionForm(formdata=None, data=suggested(policy) if policy else {"notice_days": 30}))


@bp.post("/policies/new")
@staff(StaffPermission.POLICIES)
def draft_policy() -> ResponseReturnValue:
    form = NewVersionForm()
    if not form.validate():
        return _form(form, status=422)
    wording = form.wording(form.slug.data or "", form.version.data or "")
    try:
        row = drafting.draft(wording, by=staff_member())
    except DomainError as error:
        db.session.rollback()
        return _form(_blamed(form, error, wording, "version"), status=422)
    db.session.commit()
    return _done(row, "The draft is saved. Nobody but staff sees it.")


@bp.get("/policies/<version>")
@staff(StaffPermission.VIEW)
def policy(version: str) -> ResponseReturnValue:
    return _page(queries.get_version(version))


@bp.get("/policies/<version>/edit")
@staff(StaffPermission.POLICIES)
def edit_policy(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    if row.stage != Stage.DRAFT:
        raise Conflict(drafting.STALE)
    return _form(WordingForm(formdata=None, data=typed(drafting.wording_of(row))), row)


@bp.post("/policies/<version>/edit")
@staff(StaffPermission.POLICIES)
def save_policy(version: str) -> ResponseReturnValue:
    row, form = queries.get_version(version), WordingForm()
    if not form.validate():
        return _form(form, row, 422)
    wording = form.wording(row.slug, row.version)
    try:
        drafting.edit(row, wording, seen_sha256=request.form.get("sha256", ""), by=staff_member())
    except (BrokenPolicy, Invalid) as error:
        db.session.rollback()
        return _form(_blamed(form, error, wording, "body"), queries.get_version(version), 422)
    except Conflict as error:  # what was typed stays, to be brought together with what the other wrote
        db.session.rollback()
        form.body.errors = [error.sentence]
        return _form(form, queries.get_version(version), 409)
    db.session.commit()
    return _done(row, "The draft is saved.")


@bp.post("/policies/<version>/submission")
@staff(StaffPermission.POLICIES)
def submit_policy(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    try:
        drafting.submit(row, by=staff_member())
    except BrokenPolicy as error:
        return _page(row, in_words(error))
    db.session.commit()
    return _done(row, "In review. Somebody who did not write it approves it.")


@bp.post("/policies/<version>/approval")
@staff(StaffPermission.POLICIES)
def approve_policy(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    drafting.approve(row, seen_sha256=request.form.get("sha256", ""), by=staff_member())
    db.session.commit()
    return _done(row, "Approved, to the letter. It can be published.")


@bp.post("/policies/<version>/return")
@staff(StaffPermission.POLICIES)
def return_policy(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    try:
        drafting.send_back(row, why=request.form.get("why", ""), by=staff_member())
    except Invalid as error:
        return _page(row, error.sentence)
    db.session.commit()
    return _done(row, "Sent back to its draft.")


@bp.post("/policies/<version>/publication")
@staff(StaffPermission.POLICIES)
def publish_policy(version: str) -> ResponseReturnValue:
    """Published, and everybody concerned told, in one transaction."""
    row = queries.get_version(version)
    try:
        drafting.publish(row, by=staff_member())
    except BrokenPolicy as error:
        return _page(row, in_words(error))
    notice = announcing.announce(row)
    db.session.commit()
    return _done(row, "Published. The notices are on their way." if notice else "Published. It asks for no notice.")


@bp.post("/policies/<version>/withdrawal")
@staff(StaffPermission.POLICIES)
def withdraw_policy(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    try:
        drafting.withdraw(row, why=request.form.get("why", ""), by=staff_member())
    except Invalid as error:
        return _page(row, error.sentence)
    told = announcing.recall(row)
    db.session.commit()
    return _done(row, "Withdrawn. Who was told of it is told of this too." if told else "Withdrawn.")


@bp.get("/policies/<version>.md")
@staff(StaffPermission.VIEW)
def policy_file(version: str) -> Response:
    """The text as a file of content/legal has it."""
    row = queries.get_version(version)
    response = Response(row.source, mimetype="text/markdown")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.slug}-{row.version}.md"'
    return response


@bp.get("/policies/<version>/recipients")
@staff(StaffPermission.POLICIES)
def recipients(version: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    notice = notices.find_notice(row.id)
    asked = request.args.get("state", "")
    state = Delivery(asked) if asked in list(Delivery) else None
    rows = notices.recipients(notice, after=page_key("after") or 0, state=state) if notice else []
    return render(
        "support/policies/recipients.html",
        row=row,
        notice=notice,
        rows=rows[: notices.PAGE],
        after=rows[notices.PAGE - 1].id if len(rows) > notices.PAGE else None,
        state=state,
        counts=notices.counts_of(notice) if notice else {},
    )


@bp.post("/policies/<version>/recipients/<recipient>/returned")
@staff(StaffPermission.POLICIES)
def returned(version: str, recipient: str) -> ResponseReturnValue:
    row = queries.get_version(version)
    announcing.mark_returned(notices.get_recipient(row.id, recipient), by=staff_member())
    db.session.commit()
    return done(None, to=url_for("support.recipients", version=version), say="Marked as come back: it reached nobody.")


def _blamed(form: WordingForm, error: DomainError, wording: drafting.Wording, field: str) -> WordingForm:
    if isinstance(error, BrokenPolicy):
        return blamed(form, error, wording)
    return blame(form, Invalid(error.sentence, field=getattr(error, "field", None) or field))


def _form(form: WordingForm, row: PolicyVersion | None = None, status: int = 200) -> ResponseReturnValue:
    page = render_template("support/policies/edit.html", form=form, row=row, form_failed=status >= 400)
    return page, status


def _done(row: PolicyVersion, say: str) -> ResponseReturnValue:
    return done(None, to=url_for("support.policy", version=row.public_id), say=say)


def _page(row: PolicyVersion, problem: str = "") -> ResponseReturnValue:
    is_draft = row.published_on is None
    text = texts.parse(row.source, name=drafting.NAME, is_draft=is_draft)
    before = next((p for p in library.versions(row.slug) if p.order < text.order), None)
    notice, names = notices.find_notice(row.id), staff_names([*row.authors, row.approved_by])
    return render(
        "support/policies/show.html",
        status=422 if problem else 200,
        problem=problem,
        row=row,
        policy=text,
        state=library.state_of(row) if row.was_published else row.stage,
        before=before,
        diff=redline(before, text) if before else None,
        is_as_approved=drafting.is_as_approved(row),
        told=notices.audience(text) if row.stage == Stage.APPROVED else 0,
        earliest=drafting.earliest_day(text) if is_draft else None,
        names=names,
        written_by=[names[who] for who in row.authors if who in names],
        notice=notice,
        counts=notices.counts_of(notice) if notice else {},
        acts=consent.counts_of(row.slug, row.version),
    )
