"""The public site's own pages, and what machines ask a site: health, robots, map, security contact."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.access import public
from app.db import db
from app.legal import library
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
    """The database and Redis answer too; 503 with which does not."""
    checks = {"database": _database_answers(), "redis": _redis_answers()}
    ready = all(checks.values())
    words = {name: "ok" if fine else "not answering" for name, fine in checks.items()}
    return jsonify(status="ok" if ready else "not ready", **words), 200 if ready else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(current_app.extensions["redis"].ping())
    except RedisError:
        return False


@bp.get("/robots.txt")
@public
def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /w/", "Disallow: /support/", f"Sitemap: {_base()}/sitemap.xml", ""]
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
    expires = (datetime.now(UTC) + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = ["Contact: mailto:hello@leenops.com", f"Expires: {expires}", "Preferred-Languages: en"]
    lines += [f"Canonical: {_base()}/.well-known/security.txt", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _base() -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base
