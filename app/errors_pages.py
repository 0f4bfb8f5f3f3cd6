"""One place where errors become answers: a sentence, the right status, a way back."""

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.db import db
from app.errors import DomainError, NotFound, TooMany, Unavailable
from app.web import is_fragment

log = structlog.get_logger()
KNOWN = {400, 403, 404, 405, 409, 410, 413, 422, 423, 429, 500, 503}
SENTENCES = {
    400: "LeenOps could not read what was sent. Go back, reload the page and try again.",
    404: NotFound.sentence,
    405: "This address takes no such request. Open it as a page, or go back to the form you came from.",
    413: "What was sent is larger than LeenOps takes. Send less, or split it.",
    429: TooMany.sentence,
}
"""For what the framework refuses before one of our own rules does."""


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
    if status >= 500:
        g.database_is_away = True  # what broke may break its own page too, so that one asks the database nothing
    known = status if status in KNOWN else 500 if status >= 500 else 400
    name = "errors/_fragment.html" if is_fragment() else f"errors/{known}.html"
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
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    return page(error.code, SENTENCES.get(error.code) or error.description or SENTENCES[400], **headers)


def _database(error: OperationalError) -> ResponseReturnValue:
    """The one answer that must not ask the database anything."""
    log.error("database.unavailable", error=str(error.orig))
    return page(503, Unavailable.sentence, **{"Retry-After": "3"})


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("request.failed", path=request.path)
    return page(500, "Something broke on our side. Nothing you typed was stored.")
