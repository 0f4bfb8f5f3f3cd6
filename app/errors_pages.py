"""One place where errors become answers: a sentence, the right status, a way back."""

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app.db import db
from app.errors import DomainError, NotFound, TooMany, Unavailable
from app.web import is_fragment

log = structlog.get_logger()
KNOWN = {403, 404, 405, 409, 410, 413, 422, 423, 429, 500, 503}


def answer(app: Flask) -> None:
    """Register the handlers on `app`."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: str, **headers: str) -> ResponseReturnValue:
    """The error page, or for htmx one announced sentence."""
    db.session.rollback()
    name = "errors/_fragment.html" if is_fragment() else f"errors/{status if status in KNOWN else 500}.html"
    return render_template(name, status=status, sentence=sentence), status, headers


def _domain(error: DomainError) -> ResponseReturnValue:
    extra = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TooMany) else {}
    return page(error.status, error.sentence, **extra)


def _csrf(error: CSRFError) -> ResponseReturnValue:
    return page(422, "Not saved. This page was open for too long: go back, reload it and send it again.")


def _too_many(error: RateLimitExceeded) -> ResponseReturnValue:
    seconds = str(max(1, int(error.limit.limit.get_expiry())) if error.limit else 60)
    return page(429, TooMany.sentence, **{"Retry-After": seconds})


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    raised = getattr(error, "original_exception", None)
    if isinstance(raised, OperationalError):  # an error page itself could not be shown for it
        return _database(raised)
    sentence = NotFound.sentence if error.code == 404 else (error.description or "That did not work.")
    return page(error.code, sentence)


def _database(error: OperationalError) -> ResponseReturnValue:
    """The one answer that must not ask the database anything."""
    log.error("database.unavailable", error=str(error.orig))
    g.database_is_away = True
    return page(503, Unavailable.sentence, **{"Retry-After": "3"})


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("request.failed", path=request.path)
    return page(500, "Something broke on our side. Nothing you typed was stored.")
