"""Kept mail, in development only: what would have been sent, to read and to follow its links."""

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from app import mail
from app.access import public
from app.errors import NotFound
from app.web import page_key, render

bp = Blueprint("devmail", __name__, url_prefix="/dev/mail")


@bp.get("")
@public
def index() -> ResponseReturnValue:
    _only_in_development()
    rows = mail.messages(before=page_key())
    older = rows[mail.PAGE - 1].id if len(rows) > mail.PAGE else None
    return render("devmail/index.html", messages=rows[: mail.PAGE], older=older)


@bp.get("/<message>")
@public
def show(message: str) -> ResponseReturnValue:
    _only_in_development()
    return render("devmail/show.html", message=mail.get_message(message))


def _only_in_development() -> None:
    """In production these pages do not exist, whatever mail the table holds."""
    if current_app.config["SETTINGS"].is_production:
        raise NotFound()
