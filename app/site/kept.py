"""Public pages made once and kept: for visitors without a cookie they are the same for everybody.

A page is kept as long as the shelf of policies and the day are the same, and revalidated by its tag.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from flask import Response, current_app, make_response, request
from flask.typing import ResponseReturnValue

from app.legal import library

PAGES = 512
"""How many pages a process keeps; the one not asked for longest goes."""
_KEY = "kept-pages"
_lock = Lock()


def kept(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Answer from what was made before. Only for pages that show the shelf and nothing of who looks or when."""

    @wraps(view)
    def answer(**values: Any) -> ResponseReturnValue:
        if request.cookies or request.query_string or request.headers.get("HX-Request"):
            return view(**values)
        key = (request.path, library.shelf().marks, library.today())
        page = _find(key)
        if page is None:
            made = make_response(view(**values))
            if made.status_code != 200:
                return made
            made.add_etag()
            page = (made.get_data(), dict(made.headers))
            _keep(key, page)
        response = Response(page[0], headers=page[1])
        response.headers["Cache-Control"] = "no-cache"
        return response.make_conditional(request)

    return answer


def _pages() -> "OrderedDict[Any, tuple[bytes, dict[str, str]]]":
    pages: OrderedDict[Any, tuple[bytes, dict[str, str]]] = current_app.extensions.setdefault(_KEY, OrderedDict())
    return pages


def _find(key: Any) -> tuple[bytes, dict[str, str]] | None:
    with _lock:
        pages = _pages()
        if key in pages:
            pages.move_to_end(key)
        return pages.get(key)


def _keep(key: Any, page: tuple[bytes, dict[str, str]]) -> None:
    with _lock:
        pages = _pages()
        pages[key] = page
        while len(pages) > PAGES:
            pages.popitem(last=False)
