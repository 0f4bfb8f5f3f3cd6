"""Public pages made once and kept: for visitors without a cookie they are the same for everybody.

`Front` stands before Flask and answers from what Flask has answered before, as long as the shelf of
policies and the day are the same. Once in library.SHELF_SECONDS a request goes through and looks.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any

from flask import Flask, current_app, make_response, request
from flask.typing import ResponseReturnValue

from app.compression import chosen
from app.legal import library

PAGES = 512
"""How many pages a process keeps; the one not asked for longest goes."""
MAY_KEEP = "leenops.may-keep"
"""Says in a request's environment that its answer may be kept, and the mark of what it was made from."""
Environ = dict[str, Any]
Start = Callable[..., Any]


def kept(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Let the answer be kept. Only for pages that show the shelf and nothing of who looks or when."""

    @wraps(view)
    def answer(**values: Any) -> ResponseReturnValue:
        library.shelf()
        mark = library.mark(current_app.extensions)  # before the view looks: a page is never older than its mark
        response = make_response(view(**values))
        if response.status_code == 200 and not request.cookies:
            request.environ[MAY_KEEP] = mark
            response.headers["Cache-Control"] = "no-cache"
            response.add_etag()
        response.make_conditional(request)
        return response

    return answer


@dataclass(frozen=True)
class Page:
    mark: object
    """What it was made from."""
    headers: list[tuple[str, str]]
    tag: str
    body: bytes


class Front:
    """The WSGI application before Flask."""

    def __init__(self, app: Flask) -> None:
        self._flask, self._extensions = app.wsgi_app, app.extensions
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = ""  # LeenOps stands at the root; nobody's header moves it
        if not _is_plain(environ):
            return self._flask(environ, start)
        encoding = environ["HTTP_ACCEPT_ENCODING"] = chosen(environ.get("HTTP_ACCEPT_ENCODING", ""))
        key, mark = (environ.get("PATH_INFO", ""), encoding), library.mark(self._extensions)
        page = self._pages.get(key)
        if page is None or page.mark != mark or mark is None:
            return self._make(key, environ, start)
        if page.tag and page.tag in environ.get("HTTP_IF_NONE_MATCH", ""):  # one of a list, or weakened by a proxy
            start("304 NOT MODIFIED", [h for h in page.headers if h[0] not in ("Content-Length", "Content-Type")])
            return []
        start("200 OK", list(page.headers))
        return [page.body]

    def _make(self, key: tuple[str, str], environ: Environ, start: Start) -> Iterable[bytes]:
        """Flask's answer, kept when the view said that it may be."""
        said: list[Any] = []

        def listen(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said.extend((status, list(headers)))
            return start(status, headers, *more)

        answer = self._flask(environ, listen)
        mark = environ.get(MAY_KEEP)
        if mark is None or not said[0].startswith("200"):
            return answer
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        self._keep(key, Page(mark, said[1], dict(said[1]).get("ETag", ""), body))
        return [body]

    def _keep(self, key: tuple[str, str], page: Page) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)


def _is_plain(environ: Environ) -> bool:
    """A visitor who asks for a page and says nothing about themselves."""
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and not environ.get("HTTP_COOKIE")
        and not environ.get("QUERY_STRING")
        and not environ.get("HTTP_HX_REQUEST")
        and not environ.get("HTTP_RANGE")
        and "//" not in environ.get("PATH_INFO", "")
    )
