"""What machines ask a site: health, robots, the map, whom to tell of a weakness."""

from datetime import date, timedelta
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.access import public
from app.db import now
from app.legal import library
from app.paths import is_routed
from app.site.health import answering
from app.site.teams import TEAMS

bp = Blueprint("machines", __name__)

PAGES = (
    "/",
    "/product",
    *(f"/solutions/{key}" for key in TEAMS),
    "/pricing",
    "/security",
    "/status",
    "/contact",
    "/report-abuse",
    "/legal/",
)
"""What search engines may list, besides every policy in force."""


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """The database and Redis answer too, within READY_SECONDS; 503 with which does not."""
    checks = answering(current_app._get_current_object())  # type: ignore[attr-defined]
    words = {name: "ok" if fine else "not answering" for name, fine in checks.items()}
    return jsonify(status="ok" if all(checks.values()) else "not ready", **words), 200 if all(checks.values()) else 503


@bp.get("/robots.txt")
@public
def robots() -> Response:
    private = ("/w/", "/support/", "/account", "/invites/", "/reset-password/", "/verify-email/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private), f"Sitemap: {_base()}/sitemap.xml", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.get("/sitemap.xml")
@public
def sitemap() -> Response:
    policies = library.index()
    changed = {"/legal/": max((policy.effective_on for policy in policies), default=None)}
    changed |= {f"/legal/{policy.slug}": policy.effective_on for policy in policies}
    paths = [path for path in PAGES if is_routed(path)] + [f"/legal/{policy.slug}" for policy in policies]
    body = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    body += "".join(_url(path, changed.get(path)) for path in paths) + "</urlset>\n"
    return Response(body, mimetype="application/xml")


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """RFC 9116. It runs out in half a year, and is made anew each time it is asked for."""
    expires = (now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = [
        f"Contact: {_base()}/contact?topic=security",
        "Contact: mailto:hello@leenops.com",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {_base()}/.well-known/security.txt",
        f"Policy: {_base()}/legal/vulnerability-disclosure",
        "",
    ]
    return Response("\n".join(lines), mimetype="text/plain")


def _url(path: str, changed: date | None) -> str:
    lastmod = f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""
    return f"<url><loc>{escape(_base() + path)}</loc>{lastmod}</url>\n"


def _base() -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base
