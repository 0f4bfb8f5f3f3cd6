"""The agreement register: drafts with their clauses, read by a second person, activated and ended."""

from collections.abc import Callable
from typing import Any

from flask import redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.access import StaffPermission, staff, staff_member
from app.agreements import documents, queries, services
from app.agreements.forms import AgreementForm, Errors, OverrideForm, as_day, day_asked, text
from app.agreements.models import Agreement, State
from app.agreements.wording import KINDS, STATES
from app.db import begin_writing, db, now
from app.errors import Conflict, Invalid, NotFound
from app.support import bp
from app.support.agreement_pages import clause_page, form_page, show_page
from app.support.queries import find_workspaces, get_workspace
from app.web import Kind, notify, page_key, render, search_words, typed_number

HERE = "/agreements"
MAY = StaffPermission.AGREEMENTS


@bp.get(HERE)
@staff(MAY)
def agreements() -> ResponseReturnValue:
    words, state = search_words("q"), request.args.get("state", "")
    state = state if state in list(State) else ""
    rows = queries.agreements(words, state, before=page_key())
    page, more = rows[: queries.PAGE], len(rows) > queries.PAGE
    shared: dict[str, Any] = {"words": words, "state": state, "states": STATES, "kinds": KINDS}
    return render("support/agreements.html", rows=page, more=more, **shared)


@bp.get(f"{HERE}/new")
@staff(MAY)
def new_agreement() -> ResponseReturnValue:
    """First whose it is, then what was signed."""
    if slug := request.args.get("workspace", ""):
        return form_page(get_workspace(slug), AgreementForm())
    words = search_words("q")
    found = find_workspaces(words, after=page_key("after") or 0)[:25]
    return render("support/agreement_for.html", words=words, workspaces=found)


@bp.post(HERE)
@staff(MAY)
def draft_agreement() -> ResponseReturnValue:
    found, form = get_workspace(request.form.get("workspace", "")), AgreementForm.of(request.form)
    made: list[Agreement] = []

    def act() -> None:
        made.append(services.draft(found, form.facts(queries.amendable(found.id)), by=staff_member()))

    if errors := form.errors() or _tried(act):
        return form_page(found, form, errors=errors)
    db.session.commit()
    return _to(made[0], "Kept as a draft. It counts for nothing until somebody else activates it.")


@bp.get(f"{HERE}/<agreement>")
@staff(MAY)
def agreement(agreement: str) -> ResponseReturnValue:
    return show_page(queries.get_agreement(agreement))


@bp.get(f"{HERE}/<agreement>/edit")
@staff(MAY)
def edit_agreement(agreement: str) -> ResponseReturnValue:
    found = _draft(agreement)
    base = db.session.get(Agreement, found.amends_id) if found.amends_id else None
    form = AgreementForm.from_row(found, base.public_id if base else "")
    return form_page(queries.workspace_of(found), form, found)


@bp.post(f"{HERE}/<agreement>/edit")
@staff(MAY)
def change_agreement(agreement: str) -> ResponseReturnValue:
    found, form = _draft(agreement), AgreementForm.of(request.form)
    whose, seen = queries.workspace_of(found), typed_number("version")

    def act() -> None:
        services.change(found, form.facts(queries.amendable(whose.id)), seen=seen, by=staff_member())

    if errors := form.errors() or _tried(act):
        return form_page(whose, form, found, errors=errors)
    db.session.commit()
    return _to(found, "The draft is changed.")


@bp.get(f"{HERE}/<agreement>/clauses")
@staff(MAY)
def choose_clause(agreement: str) -> ResponseReturnValue:
    """Choose a policy, then a clause, then say what happens to it."""
    found, policy, clause = _draft(agreement), request.args.get("policy", ""), request.args.get("clause", "")
    said = queries.find_override(found, policy, clause)
    return clause_page(found, OverrideForm.from_row(said) if said else OverrideForm(policy, clause))


@bp.post(f"{HERE}/<agreement>/clauses")
@staff(MAY)
def put_clause(agreement: str) -> ResponseReturnValue:
    found, form = _draft(agreement), OverrideForm.of(request.form)

    def act() -> None:
        said: dict[str, Any] = {"effect": form.chosen_effect(), "text": form.text, "figures": form.typed_figures()}
        services.put_override(found, policy=form.policy, clause=form.clause, **said, by=staff_member())

    if errors := _tried(act):
        return clause_page(found, form, errors)
    db.session.commit()
    return _to(found, "The clause is in the draft.")


@bp.post(f"{HERE}/<agreement>/clauses/<override>/remove")
@staff(MAY)
def remove_clause(agreement: str, override: str) -> ResponseReturnValue:
    found = queries.get_agreement(agreement)
    services.remove_override(found, queries.get_override(found, override), by=staff_member())
    db.session.commit()
    return _to(found, "Taken out. The standard clause applies again.")


@bp.post(f"{HERE}/<agreement>/document")
@staff(MAY)
def put_document(agreement: str) -> ResponseReturnValue:
    found, kept = _draft(agreement), list[documents.Kept]()
    db.session.commit()  # no lock is held while the file is written
    if errors := _tried(lambda: kept.append(documents.keep(request.files.get("document")))):
        return show_page(found, errors)
    begin_writing()
    services.attach(_draft(agreement), kept[0], by=staff_member())
    db.session.commit()
    return _to(found, "The document is in the draft.")


@bp.get(f"{HERE}/<agreement>/document")
@staff(MAY)
def agreement_document(agreement: str) -> ResponseReturnValue:
    found = queries.get_agreement(agreement)
    if found.document_sha256 is None:
        raise NotFound()
    path, name = documents.path_of(found.document_sha256), found.document_name
    return send_file(path, mimetype=documents.MEDIA_TYPE, as_attachment=True, download_name=name, max_age=0)


@bp.get(f"{HERE}/<agreement>/preview")
@staff(MAY)
def preview_agreement(agreement: str) -> ResponseReturnValue:
    """What the customer will read on a day: by default the first on which it counts."""
    found = queries.get_agreement(agreement)
    asked, slug = day_asked(request.args.get("at", "")), request.args.get("policy", "")
    day = asked or max(found.starts_on, now().date())
    terms = queries.terms_for(queries.workspace_of(found), day, draft=found if found.is_draft else None)
    policy = terms.policy(slug) if slug else None
    if slug and policy is None:
        raise NotFound("There is no such policy on this day.")
    common: dict[str, Any] = {"subject": queries.workspace_of(found), "name": queries.as_signed(found).name}
    here = url_for(".preview_agreement", agreement=agreement)
    return render("support/agreement_preview.html", agreement=found, terms=terms, policy=policy, here=here, **common)


@bp.post(f"{HERE}/<agreement>/activate")
@staff(MAY)
def activate_agreement(agreement: str) -> ResponseReturnValue:
    found = queries.get_agreement(agreement)
    services.activate(found, seen=typed_number("version"), by=staff_member())
    db.session.commit()
    return _to(found, "Active. The owners have mail.")


@bp.post(f"{HERE}/<agreement>/end")
@staff(MAY)
def end_agreement(agreement: str) -> ResponseReturnValue:
    found, typed = queries.get_agreement(agreement), request.form
    day, reason = as_day(typed.get("last_day", "")), text(typed.get("reason", ""))[:2000]

    def act() -> None:
        if day is None:
            raise Invalid("Give the last day on which it applies.", field="last_day")
        services.end(found, last_day=day, reason=reason, by=staff_member())

    if errors := _tried(act):
        return show_page(found, errors)
    db.session.commit()
    return _to(found, "It ends. The owners have mail.")


@bp.post(f"{HERE}/<agreement>/discard")
@staff(MAY)
def discard_agreement(agreement: str) -> ResponseReturnValue:
    services.discard(queries.get_agreement(agreement), by=staff_member())
    db.session.commit()
    notify(Kind.SUCCESS, "The draft is discarded.")
    return redirect(url_for(".agreements"), 303)


def _tried(act: Callable[[], Any]) -> Errors:
    """What stands in the way, by field; empty when it is done. Undoes what was begun."""
    try:
        act()
    except Invalid as error:
        db.session.rollback()
        return {error.field or "form": [error.sentence]}
    return {}


def _draft(public_id: str) -> Agreement:
    """Raises NotFound, or Conflict for what cannot be edited any more."""
    found = queries.get_agreement(public_id)
    if not found.is_draft:
        raise Conflict(services.NOT_SO[State.DRAFT])
    return found


def _to(found: Agreement, sentence: str) -> ResponseReturnValue:
    notify(Kind.SUCCESS, sentence)
    return redirect(url_for(".agreement", agreement=found.public_id), 303)
