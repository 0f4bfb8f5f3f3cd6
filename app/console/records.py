"""What agents left behind: the ledger, tasks and files; and the keys they work with."""

from typing import Any

from flask import Blueprint, Response, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, workspace
from app.console.teams import allow_what_run_left
from app.db import db
from app.errors import Invalid
from app.integrations import export, files, ledger, queries, tracker
from app.keys import queries as key_queries
from app.keys import services as keys
from app.keys import signing
from app.keys.forms import KeyForm
from app.web import done, page_key, render

bp = Blueprint("records", __name__, url_prefix="/w/<workspace>")


@bp.get("/ledger")
@member(Permission.VIEW)
def ledger_page() -> ResponseReturnValue:
    rows = queries.ledger(workspace().id, before=_before())
    return render("records/ledger.html", "records/_ledger.html", **_page(rows, queries.PAGE))


@bp.get("/ledger.csv")
@member(Permission.RECORDS_EXPORT, informed=False)
def ledger_csv() -> ResponseReturnValue:
    name = f"ledger-{workspace().slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(export.ledger_csv(workspace().id), mimetype="text/csv", headers=headers)


@bp.post("/ledger/<entry>/reversals")
@member(Permission.APPROVE, needs=Capability.MOVE_MONEY)
def reverse(entry: str) -> ResponseReturnValue:
    found = queries.get_entry(workspace().id, entry)
    allow_what_run_left(found.run_ref, workspace_id=workspace().id)
    ledger.reverse(found, by=me())
    db.session.commit()
    return done(None, to=_at(".ledger_page"), say="Entry reversed. It stays on the ledger, marked.")


@bp.get("/tasks")
@member(Permission.VIEW)
def tasks() -> ResponseReturnValue:
    state = request.args.get("state", "open")
    state = state if state in ("open", "closed") else ""
    rows = queries.work_items(workspace().id, state=state, before=_before())
    return render("records/tasks.html", "records/_tasks.html", state=state, **_page(rows, queries.PAGE))


@bp.get("/tasks/<task>")
@member(Permission.VIEW)
def task(task: str) -> ResponseReturnValue:
    found = queries.get_work_item(workspace().id, task)
    return render("records/task.html", "records/_task.html", task=found)


@bp.post("/tasks/<task>/close")
@member(Permission.RUN_START, needs=Capability.CHANGE)
def close(task: str) -> ResponseReturnValue:
    tracker.close(queries.get_work_item(workspace().id, task), by=me())
    db.session.commit()
    return _task(task, "Task closed.")


@bp.post("/tasks/<task>/reopen")
@member(Permission.RUN_START, needs=Capability.CHANGE)
def reopen(task: str) -> ResponseReturnValue:
    tracker.reopen(queries.get_work_item(workspace().id, task), by=me())
    db.session.commit()
    return _task(task, "Task reopened.")


@bp.get("/attachments/<attachment>")
@member(Permission.VIEW)
def attachment(attachment: str) -> ResponseReturnValue:
    found = queries.get_attachment(workspace().id, attachment)
    path = files.path_of(found.sha256)
    return send_file(path, mimetype=found.media_type, as_attachment=True, download_name=found.name, max_age=0)


@bp.get("/keys")
@member(Permission.KEYS_MANAGE)
def key_list() -> ResponseReturnValue:
    return _keys(KeyForm())


@bp.post("/keys")
@member(Permission.KEYS_MANAGE, needs=Capability.CHANGE)
def add_key() -> ResponseReturnValue:
    form = KeyForm()
    if not form.validate_on_submit():
        return _keys(form, 422)
    given = {name: form[name].data or "" for name in ("name", "provider", "base_url", "secret")}
    try:
        keys.add_key(workspace().id, **given, by=me())
    except Invalid as problem:
        form[problem.field or "name"].errors = [problem.sentence]
        return _keys(form, 422)
    db.session.commit()
    return done(None, to=_at(".key_list"), say="Key added. It is sealed and never shown again.")


@bp.post("/keys/<key>/disable")
@member(Permission.KEYS_MANAGE)
def disable_key(key: str) -> ResponseReturnValue:
    keys.disable_key(key_queries.get_key(workspace().id, key), by=me())
    db.session.commit()
    return done(None, to=_at(".key_list"), say="Key disabled. What was sealed is deleted.")


@bp.post("/keys/signing-secret")
@member(Permission.KEYS_MANAGE, needs=Capability.CHANGE)
def replace_signing_secret() -> ResponseReturnValue:
    plain = signing.replace_signing_secret(workspace().id, by=me())
    db.session.commit()
    return render("records/signing_secret.html", secret=plain)  # shown in this one answer and kept nowhere


def _keys(form: KeyForm, status: int = 200) -> ResponseReturnValue:
    rows = key_queries.keys(workspace().id, before=_before())
    signs = key_queries.find_signing_secret(workspace().id)
    return render("records/keys.html", status=status, form=form, signing=signs, **_page(rows, key_queries.PAGE))


def _task(task: str, say: str) -> ResponseReturnValue:
    found = queries.get_work_item(workspace().id, task)
    return done("records/_task.html", to=_at(".task", task=task), say=say, task=found)


def _page(rows: list[Any], size: int) -> dict[str, Any]:
    return {"rows": rows[:size], "older": rows[size - 1].id if len(rows) > size else None, "before": _before()}


def _before() -> int | None:
    return page_key()


def _at(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, workspace=workspace().slug, **values)
