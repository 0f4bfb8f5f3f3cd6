"""Smaller answers for visitors: static files, and pages asked for without a cookie.

A page with a session in it stays as it is here. Its length would tell who can add text to it a little of what
else is in it, such as a form's token (the BREACH attack).
"""

from functools import lru_cache

from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from app.extensions import compress

ENCODINGS = ("br", "gzip")
"""Those we have, the best first."""


def begin(app: Flask) -> None:
    """Compress what `app` answers to visitors who take it so."""

    @app.after_request
    def _compress(response: Response) -> Response:
        if request.endpoint != "static" and request.cookies:
            return response
        return compress.after_request(response)


@lru_cache(maxsize=128)
def chosen(accept_encoding: str) -> str:
    """Which of ENCODINGS answers a request with this header; empty for none."""
    return parse_accept_header(accept_encoding, Accept).best_match(ENCODINGS, default="")
