"""The legal pages: what is in force, every version at its own address, as page, Markdown and JSON."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from app.access import public
from app.legal import library
from app.legal.library import Policy
from app.web import render

bp = Blueprint("legal", __name__, url_prefix="/legal")


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    return render("legal/index.html", policies=library.index())


@bp.get("/<slug>")
@public
def show(slug: str) -> ResponseReturnValue:
    return _page(library.in_force(slug))


@bp.get("/<slug>/v<version>")
@public
def version(slug: str, version: str) -> ResponseReturnValue:
    return _page(library.version(slug, version))


@bp.get("/<slug>.md")
@public
def as_markdown(slug: str) -> Response:
    policy = library.in_force(slug)
    head = f"# {policy.title}\n\nVersion {policy.version}, in force since {policy.effective_on}.\n\n"
    return Response(head + policy.source, mimetype="text/markdown")


@bp.get("/<slug>.json")
@public
def as_json(slug: str) -> Response:
    policy = library.in_force(slug)
    sections = [
        {
            "anchor": section.anchor,
            "number": section.number,
            "title": section.title,
            "clauses": [{"anchor": c.anchor, "number": c.number, "text": c.text} for c in section.clauses],
        }
        for section in policy.sections
    ]
    versions = [
        {
            "version": p.version,
            "published_on": str(p.published_on),
            "effective_on": str(p.effective_on),
            "summary": p.summary,
        }
        for p in library.versions(slug)
    ]
    return jsonify(policy.front_matter | {"sha256": policy.sha256, "sections": sections, "versions": versions})


def _page(policy: Policy) -> ResponseReturnValue:
    others = [other for other in library.index() if other.slug != policy.slug]
    return render("legal/policy.html", policy=policy, versions=library.versions(policy.slug), others=others)
