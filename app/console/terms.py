"""Terms that apply to us: the policies in force, what was signed, and each clause that is changed by it."""

from flask import Blueprint, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.access import Permission, member, membership, workspace
from app.agreements import documents, queries
from app.agreements.forms import day_asked
from app.errors import NotFound
from app.notices import duties
from app.web import render

bp = Blueprint("terms", __name__, url_prefix="/w/<workspace>/terms")


@bp.get("")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    """What is changed on a day; with `policy` that policy whole, with the changes in place."""
    asked = day_asked(request.args.get("at", ""))
    terms, slug = queries.terms_for(workspace(), asked), request.args.get("policy", "")
    policy = terms.policy(slug) if slug else None
    if slug and policy is None:
        raise NotFound("There is no such policy on this day.")
    here = url_for(".index", workspace=workspace().slug)
    told = [] if asked or slug else duties.pending(membership())
    return render("agreements/terms.html", terms=terms, policy=policy, asked=asked, here=here, told=told)


@bp.get("/documents/<agreement>")
@member(Permission.AGREEMENTS)
def document(agreement: str) -> ResponseReturnValue:
    found = queries.get_agreement_of(workspace(), agreement)
    if found.document_sha256 is None:
        raise NotFound()
    path = documents.path_of(found.document_sha256)
    name = found.document_name
    return send_file(path, mimetype=documents.MEDIA_TYPE, as_attachment=True, download_name=name, max_age=0)
