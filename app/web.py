"""Answering: a page and its fragment are one template, and a form works with and without htmx."""

from enum import StrEnum
from typing import Any

from flask import flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue


class Kind(StrEnum):
    """How a notice is meant; never positional strings."""

    SUCCESS = "success"
    INFO = "info"
    ERROR = "error"


def page_key(name: str = "before") -> int | None:
    """The row to page on from, as the address says; None when it says nothing, or what can be no row."""
    asked = request.args.get(name, type=int)
    return asked if asked is not None and 0 < asked < 2**63 else None


def typed_number(name: str) -> int:
    """A number that a form carries, such as the version that was seen; 0 for none, and for what no column holds."""
    typed = request.form.get(name, 0, type=int)
    return typed if 0 < typed < 2**31 else 0


def search_words(name: str, longest: int = 200) -> str:
    """What somebody looks for, on one line: no database takes a zero byte, and nobody searches for one."""
    return "".join(c for c in request.args.get(name, "") if c.isprintable())[:longest].strip()


def is_fragment() -> bool:
    """htmx asks for a part of the page. A history restore wants the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def notify(kind: Kind, sentence: str) -> None:
    """Say one sentence on the next page. Only the last few are kept: they travel in the cookie."""
    session["_flashes"] = session.get("_flashes", [])[-2:]
    flash(sentence, kind.value)


def render(page: str, fragment: str | None = None, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The whole page, or only its fragment when htmx asks for it and there is one."""
    name = fragment if fragment and is_fragment() else page
    return make_response(render_template(name, **context), status)


def done(fragment: str | None, *, to: str, say: str | None = None, **context: Any) -> ResponseReturnValue:
    """After a write: the changed fragment for htmx, otherwise 303 to `to`. `say` is one sentence for the person."""
    if is_fragment():
        if fragment is None:
            if say:
                notify(Kind.SUCCESS, say)
            return "", 204, {"HX-Redirect": to}
        return make_response(render_template(fragment, announce=say, **context), 200)
    if say:
        notify(Kind.SUCCESS, say)
    return redirect(to, 303)
