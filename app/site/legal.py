"""The legal pages: every version of every policy at its own address, as page, Markdown, JSON and PDF."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import public
from app.errors import NotFound
from app.formats import day as in_words
from app.legal import anchors, library
from app.legal.models import State
from app.legal.pdf import pdf
from app.legal.redline import redline
from app.legal.texts import Policy
from app.site import legal_data
from app.site.kept import kept
from app.web import render

bp = Blueprint("legal", __name__, url_prefix="/legal")
PAIR = re.compile(r"([0-9.]{1,14}?)\.\.\.([0-9.]{1,14})")


@bp.errorhandler(NotFound)
def missing(error: NotFound) -> ResponseReturnValue:
    """What is not there, why, and the way back to what is."""
    slug = (request.view_args or {}).get("slug", "")
    policy, coming = library.find_in_force(slug), library.announced(slug)
    return render("legal/missing.html", status=404, sentence=error.sentence, policy=policy, coming=coming)


@bp.get("/")
@public
@kept
def index() -> ResponseReturnValue:
    return render("legal/index.html", policies=library.index(), coming=_coming(), announced=library.announced)


@bp.get("/changes")
@public
def changes() -> ResponseReturnValue:
    """What changed in any policy, since a day if one is asked for."""
    asked = request.args.get("since", "")
    since = _date(asked) if asked else None
    if since and since > library.today():
        raise NotFound(f"{in_words(since)} is to come. Ask for a day up to today.")
    return render("legal/changes.html", changes=library.changes(since), since=since, library=library)


@bp.get("/<slug>")
@public
@kept
def show(slug: str) -> ResponseReturnValue:
    return _page(_current(slug))


@bp.get("/<slug>/v<version>")
@public
@kept
def version(slug: str, version: str) -> ResponseReturnValue:
    day = request.args.get("unchanged_since", "")
    return _page(library.version(slug, version), unchanged_since=_date(day) if day else None)


@bp.get("/<slug>/as-of/<day>")
@public
def as_of(slug: str, day: str) -> ResponseReturnValue:
    asked = _date(day)
    return _page(library.as_of(slug, asked), as_of=asked)


@bp.get("/<slug>/compare/<pair>")
@public
@kept
def compare(slug: str, pair: str) -> ResponseReturnValue:
    """What changed from one version to another; the wrong way round it leads to the right one."""
    found = PAIR.fullmatch(pair)
    if found is None:
        raise NotFound("Name two versions, like compare/1.0...1.1.")
    old, new = library.version(slug, found[1]), library.version(slug, found[2])
    if old.order > new.order:
        return redirect(url_for(".compare", slug=slug, pair=f"{new.version}...{old.version}"), 302)
    return render("legal/compare.html", policy=new, old=old, diff=redline(old, new), **_around(new))


@bp.get("/<slug>/read")
@public
def read(slug: str) -> ResponseReturnValue:
    """What the form on a policy's page asks for, at its own address."""
    known = {policy.version: policy for policy in library.known_versions(slug)}
    wanted = known.get(request.args.get("version", "")) or _current(slug)
    since = known.get(request.args.get("since", ""))
    if day := request.args.get("day", ""):
        since = library.as_of(slug, _date(day))
    if since is None or since.version == wanted.version:
        unchanged = day if since else None
        return redirect(url_for(".version", slug=slug, version=wanted.version, unchanged_since=unchanged or None), 303)
    return redirect(url_for(".compare", slug=slug, pair=f"{since.version}...{wanted.version}"), 303)


@bp.get("/<slug>.md")
@bp.get("/<slug>/v<version>.md")
@public
def as_markdown(slug: str, version: str = "") -> Response:
    return _alternate(Response(_chosen(slug, version).text, mimetype="text/markdown"))


@bp.get("/<slug>.json")
@bp.get("/<slug>/v<version>.json")
@public
def as_json(slug: str, version: str = "") -> Response:
    return _alternate(jsonify(legal_data.as_json(_chosen(slug, version))))


@bp.get("/<slug>.pdf")
@bp.get("/<slug>/v<version>.pdf")
@public
def as_pdf(slug: str, version: str = "") -> Response:
    policy = _chosen(slug, version)
    response = Response(
        pdf(policy, versions=legal_data.change_log(policy), base_url=legal_data.base_url(), state_words=_words(policy)),
        mimetype="application/pdf",
    )
    response.headers["Content-Disposition"] = f'inline; filename="leenops-{policy.slug}-{policy.version}.pdf"'
    return _alternate(response)


@bp.get("/changes.atom")
@public
def changes_feed() -> Response:
    return _alternate(Response(legal_data.feed(), mimetype="application/atom+xml"))


@bp.get("/<slug>.atom")
@public
def policy_feed(slug: str) -> Response:
    return _alternate(Response(legal_data.feed(library.known_versions(slug)), mimetype="application/atom+xml"))


def _current(slug: str) -> Policy:
    """What is in force; for a policy whose first version is still to come, that one."""
    known = library.known_versions(slug)
    return library.find_in_force(slug) or known[-1]


def _chosen(slug: str, version: str) -> Policy:
    return library.version(slug, version) if version else _current(slug)


def _date(written: str) -> date:
    try:
        return date.fromisoformat(written) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written) else date.fromisoformat("")
    except ValueError:
        raise NotFound("There is no such day. Write it like 2026-06-20.") from None


def _page(policy: Policy, *, as_of: date | None = None, unchanged_since: date | None = None) -> ResponseReturnValue:
    if unchanged_since and not policy.effective_on <= unchanged_since <= library.today():
        unchanged_since = None  # somebody wrote the address by hand
    said = {"policy": policy, "as_of": as_of, "unchanged_since": unchanged_since}
    response = make_response(render("legal/policy.html", **said | _around(policy)))
    response.headers["Link"] = legal_data.links(policy)
    return response


def _around(policy: Policy) -> dict[str, Any]:
    """What a page says around the text of a version: its state, its neighbours, and where old links lead."""
    known = library.versions(policy.slug)
    current = library.find_in_force(policy.slug)
    earlier = [other for other in known if other.order < policy.order]
    return {
        "state": library.state(policy),
        "state_words": _words(policy),
        "versions": known,
        "current": current,
        "then": redline(policy, current) if current and current.order > policy.order else None,
        "predecessor": library.predecessor(policy),
        "announced": library.announced(policy.slug),
        "others": [other for other in library.index() if other.slug != policy.slug],
        "older_names": anchors.older_names(policy, earlier),
        "lost": anchors.lost(policy, earlier),
        "redline": redline,
        "library": library,
    }


def _words(policy: Policy) -> str:
    """What the version is today: "In force since 13 June 2026"."""
    starts = in_words(policy.effective_on)
    ends = library.last_day(policy)
    return {
        State.SCHEDULED: f"Takes effect on {starts}",
        State.IN_FORCE: f"In force since {starts}",
        State.SUPERSEDED: f"In force from {starts} to {in_words(ends) if ends else starts}",
        State.WITHDRAWN: "Withdrawn before it took effect",
    }[library.state(policy)]


def _coming() -> list[Policy]:
    """Every announced version, the next day first."""
    found = [policy for slug in library.slugs() for policy in library.announced(slug)]
    return sorted(found, key=lambda p: (p.effective_on, p.title))


def _alternate(response: Response) -> Response:
    """A form of a policy for machines: revalidated by its tag, never indexed beside the page."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)  # in place
    return response
