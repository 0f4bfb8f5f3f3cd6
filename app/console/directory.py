"""The directory: toward whom agents may act without the data-flow guard asking."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, workspace
from app.accounts.forms import blame
from app.db import db
from app.directory import queries, services
from app.directory.forms import KINDS, EntriesForm
from app.directory.models import EntryKind
from app.directory.services import LinesUnfit
from app.errors import Invalid
from app.web import done, page_key, render, search_words

bp = Blueprint("directory", __name__, url_prefix="/w/<workspace>/directory")


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    words = search_words("q")
    rows, older = queries.entries(workspace().id, words=words, before=page_key())
    total, most = queries.count(workspace().id), services.MOST
    return render("directory/index.html", rows=rows, older=older, words=words, total=total, most=most, kinds=KINDS)


@bp.get("/new")
@member(Permission.RULES_EDIT)
def new() -> ResponseReturnValue:
    """The form. The address may say what it begins with, as the links on cards do; nothing is added by looking."""
    kind, value = request.args.get("kind", ""), " ".join(request.args.get("value", "").split())
    return _form(EntriesForm(formdata=None, kind=kind if kind in set(EntryKind) else None, lines=value))


@bp.post("")
@member(Permission.RULES_EDIT, needs=Capability.CHANGE)
def add() -> ResponseReturnValue:
    form = EntriesForm()
    if not form.validate():
        return _form(form, 422)
    kind, note = EntryKind(form.kind.data), " ".join((form.note.data or "").split())
    try:
        made = services.add(workspace(), kind, form.typed(), note=note, by=me())
    except LinesUnfit as unfit:
        form.lines.errors = unfit.lines
        return _form(form, 422)
    except Invalid as error:
        return _form(blame(form, error), 422)
    db.session.commit()
    what = made[0].value if len(made) == 1 else f"{len(made)} entries"
    return done(None, to=_list(), say=f"Added {what}. The guard no longer asks about them; your rules still apply.")


@bp.post("/<entry>/end")
@member(Permission.RULES_EDIT)
def end(entry: str) -> ResponseReturnValue:
    found = queries.get_entry(workspace().id, entry)
    services.end(found, by=me())
    db.session.commit()
    return done(None, to=_list(), say=f"{found.value} is out of the directory. From now on the guard asks again.")


def _form(form: EntriesForm, status: int = 200) -> ResponseReturnValue:
    return render("directory/new.html", status=status, form=form, kinds=KINDS, form_failed=status == 422)


def _list() -> str:
    return url_for("directory.index", workspace=workspace().slug)
