"""What every request and template shares: settings for Flask, who is looking, hashed static addresses."""

import hashlib
import os
import secrets
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, g, request, session

from app import access, compression, events, formats
from app.accounts.services import current_user
from app.config import ROOT, Settings
from app.console.counts import nav_counts
from app.console.informed import before_going_on
from app.db import begin_mode, db, now
from app.errors import NotFound
from app.notices.duties import banner_of
from app.restrictions.services import require, standing_of
from app.support.services import current_staff, staff_permits
from app.workspaces.permissions import permits
from app.workspaces.queries import member_of

STATIC = ROOT / "static"


def flask_config(settings: Settings) -> dict[str, Any]:
    """Flask's own configuration, derived from Settings."""
    secure = settings.base_url.startswith("https://")
    options: dict[str, Any] = {
        "pool_pre_ping": not settings.is_sqlite,
        "hide_parameters": True,  # an error may be logged; what it was about to write may not
    }
    if settings.is_sqlite:
        options |= {"connect_args": {"timeout": 10, "check_same_thread": False}, "pool_size": 20, "max_overflow": 60}
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SESSION_COOKIE_NAME": "__Host-leenops" if secure else "leenops",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": 110 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "RATELIMIT_STORAGE_URI": _limiter_uri(settings.redis_url),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        "RATELIMIT_STRATEGY": "moving-window",
        "SEND_FILE_MAX_AGE_DEFAULT": 31536000,
        "COMPRESS_REGISTER": False,  # app/compression.py says which answers
        "COMPRESS_ALGORITHM": compression.ENCODINGS,
        "COMPRESS_ALGORITHM_STREAMING": compression.ENCODINGS,
    }


def _limiter_uri(url: str) -> str:
    return "redis+" + url if url.startswith("unix://") else url


def doors() -> access.Doors:
    """How access finds people and standing."""
    return access.Doors(
        signed_in=current_user,
        member=member_of,
        permits=lambda membership, permission: permits(membership.role, permission),
        staff=current_staff,
        staff_permits=staff_permits,
        require=require,
        before_going_on=before_going_on,
    )


def prepare(app: Flask) -> None:
    """Per-request context, template globals and filters."""
    formats.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(may=_may, staff_may=_staff_may, static_url=static_url)

    @app.before_request
    def _open() -> None:
        g.request_id = secrets.token_hex(6)
        if "\x00" in request.path:  # PostgreSQL takes no NUL, and no address of ours has one
            raise NotFound()
        begin_mode.set("DEFERRED")  # until access says who asks: see begin_writing
        if _shows_a_workspace():
            g.live_since = events.position(app.extensions["redis"])  # before the view reads anything
        db.session().expire_on_commit = False  # what was just written need not be read again to be shown
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.teardown_request
    def _close(error: BaseException | None) -> None:
        begin_mode.set("IMMEDIATE")
        structlog.contextvars.clear_contextvars()

    app.context_processor(_context)


def _shows_a_workspace() -> bool:
    """A whole page of the console, the kind that opens a stream."""
    return (
        request.method == "GET" and "workspace" in (request.view_args or {}) and not request.headers.get("HX-Request")
    )


def _context() -> dict[str, Any]:
    """What layouts need. Asks the database for members of the workspace on screen only, and nothing when it is away."""
    if g.get("database_is_away"):  # not even what was read before: it would be read anew
        return {"now": now()}
    workspace = g.get("workspace")
    context: dict[str, Any] = {
        "me": g.get("me") or (current_user() if "sid" in session else None),
        "workspace": workspace,
        "membership": g.get("membership"),
        "staff": g.get("staff"),
        "now": now(),
        "live_since": g.get("live_since"),
        "declined": g.get("declined"),
    }
    if workspace is not None and not request.headers.get("HX-Request"):
        context["standing"] = standing_of(workspace.id)
        context["nav_counts"] = nav_counts(g.membership)
        context["changed_policy"] = banner_of(g.membership) if context["standing"].state == "active" else None
    return context


def _may(permission: str) -> bool:
    return access.may(access.Permission(permission))


def _staff_may(permission: str) -> bool:
    return access.staff_may(access.StaffPermission(permission))


def static_url(name: str) -> str:
    """The address of a static file with its content's hash, so that browsers may keep it for ever."""
    return _addressed(name, os.stat(STATIC / name).st_mtime)


@lru_cache
def _addressed(name: str, changed: float) -> str:
    return f"/static/{quote(name)}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
