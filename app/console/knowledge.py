"""Knowledge: collections, their documents and passages, and what a search finds."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, me, member, membership, workspace
from app.console import uploads
from app.db import db
from app.errors import Invalid, NotFound
from app.integrations import files
from app.knowledge import queries, services
from app.knowledge.forms import CollectionForm
from app.web import done, page_key, render

bp = Blueprint("knowledge", __name__, url_prefix="/w/<workspace>/knowledge")


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    return _index(CollectionForm())


@bp.post("/collections")
@member(Permission.KNOWLEDGE_EDIT, needs=Capability.CHANGE)
def create_collection() -> ResponseReturnValue:
    form = CollectionForm()
    if not form.validate_on_submit():
        return _index(form, 422)
    try:
        made = services.create_collection(workspace().id, name=form.name.data, teams=form.teams.data or [], by=me())
    except Invalid as problem:
        form.name.errors = [problem.sentence]
        return _index(form, 422)
    db.session.commit()
    return done(None, to=_at(".collection", collection=made.public_id), say="Collection created. Add its first files.")


@bp.get("/collections/<collection>")
@member(Permission.VIEW)
def collection(collection: str) -> ResponseReturnValue:
    return _collection(collection)


@bp.post("/collections/<collection>/readers")
@member(Permission.KNOWLEDGE_EDIT, needs=Capability.CHANGE)
def set_readers(collection: str) -> ResponseReturnValue:
    """Who may read it anyway: everybody, or the company alone."""
    shelf = queries.get_collection(workspace().id, collection, teams=membership().teams)
    readers = request.form.get("readers")
    if readers not in ("everybody", "company"):
        raise Invalid("Choose who may read it anyway.")
    services.show_to(readers == "everybody", shelf, by=me())
    db.session.commit()
    say = f"{shelf.name} is {'public' if readers == 'everybody' else 'private'}. Searches from now on count it as such."
    return done(None, to=_at(".collection", collection=collection), say=say)


@bp.post("/collections/<collection>/documents")
@member(Permission.KNOWLEDGE_EDIT, needs=Capability.UPLOAD, reads_first=True)
def add(collection: str) -> ResponseReturnValue:
    shelf = queries.get_collection(workspace().id, collection, teams=membership().teams)
    try:
        given = files.given(request.files.getlist("files"))
    except Invalid as problem:
        return _collection(collection, [problem.sentence], 422)
    if not given:
        return _collection(collection, ["Choose at least one file."], 422)
    stored, refused = uploads.read_unlocked(lambda: files.store_all(given))
    shelf = queries.get_collection(workspace().id, collection, teams=membership().teams)
    added, twins = services.add_stored(shelf, stored, by=me())
    db.session.commit()
    refused += twins
    if refused:
        return _collection(collection, [refusal.sentence for refusal in refused], 422)
    say = f"Added {len(added)} {'file' if len(added) == 1 else 'files'}. You can leave this page while they are read."
    return done(None, to=_at(".collection", collection=collection), say=say)


@bp.get("/documents/<document>")
@member(Permission.VIEW)
def document(document: str) -> ResponseReturnValue:
    found, shelf = queries.get_document(workspace().id, document, teams=membership().teams)
    start = max(1, request.args.get("start", 1, type=int))
    if start >= 2**31:  # no column holds it
        raise NotFound()
    pieces = queries.passages(found, start=start)
    context: dict[str, Any] = {
        "document": found,
        "collection": shelf,
        "start": start,
        "more": len(pieces) > queries.PASSAGES,
    }
    return render("knowledge/document.html", passages=pieces[: queries.PASSAGES], **context)


@bp.get("/documents/<document>/progress")
@member(Permission.VIEW)
def progress(document: str) -> ResponseReturnValue:
    found, _ = queries.get_document(workspace().id, document, teams=membership().teams)
    return render("knowledge/_document.html", document=found)


@bp.post("/documents/<document>/removals")
@member(Permission.KNOWLEDGE_EDIT, needs=Capability.CHANGE)
def remove(document: str) -> ResponseReturnValue:
    found, shelf = queries.get_document(workspace().id, document, teams=membership().teams)
    name, back = found.name, shelf.public_id
    services.remove_document(found, by=me())
    db.session.commit()
    return done(None, to=_at(".collection", collection=back), say=f"Removed {name}. No agent finds it from now on.")


@bp.get("/passages/<passage>")
@member(Permission.VIEW)
def passage(passage: str) -> ResponseReturnValue:
    found, source = queries.get_passage(workspace().id, passage)
    start = (found.number - 1) // queries.PASSAGES * queries.PASSAGES + 1
    return redirect(_at(".document", document=source.public_id, start=start, _anchor=f"p-{found.number}"), 302)


@bp.get("/search")
@member(Permission.VIEW)
def search() -> ResponseReturnValue:
    asked = request.args.get("q", "").strip()[:300]
    readable = [c.public_id for c in queries.collections(workspace().id, teams=membership().teams)]
    hits = queries.search(workspace().id, asked, collections=readable, limit=10)
    return render("knowledge/search.html", asked=asked, hits=hits)


def _index(form: CollectionForm, status: int = 200) -> ResponseReturnValue:
    shelves = queries.collections(workspace().id, teams=membership().teams)
    counts = queries.documents_per_collection(workspace().id)
    return render("knowledge/index.html", status=status, form=form, collections=shelves, counts=counts)


def _collection(public_id: str, errors: list[str] | None = None, status: int = 200) -> ResponseReturnValue:
    shelf = queries.get_collection(workspace().id, public_id, teams=membership().teams)
    rows = queries.documents(shelf, before=page_key())
    older = rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None
    context: dict[str, Any] = {
        "collection": shelf,
        "documents": rows[: queries.PAGE],
        "older": older,
        "accept": files.ACCEPT,
    }
    return render("knowledge/collection.html", status=status, errors=errors or [], **context)


def _at(endpoint: str, **values: Any) -> str:
    return url_for(endpoint, workspace=workspace().slug, **values)
