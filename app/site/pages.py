"""The public site's own pages, and what machines ask a site: health, robots, map, security contact."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.access import public
from app.db import now
from app.legal import library
from app.site.health import answering
from app.web import render

bp = Blueprint("site", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    return render("site/home.html", terms=library.find_in_force("terms"))


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
    private = ("/w/", "/support/", "/account")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private), f"Sitemap: {_base()}/sitemap.xml", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.get("/sitemap.xml")
@public
def sitemap() -> Response:
    paths = ["/", "/legal/", *(f"/legal/{policy.slug}" for policy in library.index())]
    urls = "".join(f"<url><loc>{_base()}{path}</loc></url>" for path in paths)
    body = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body += f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>\n'
    return Response(body, mimetype="application/xml")


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    expires = (now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = ["Contact: mailto:hello@leenops.com", f"Expires: {expires}", "Preferred-Languages: en"]
    lines += [f"Canonical: {_base()}/.well-known/security.txt", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _base() -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base
