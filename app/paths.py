"""Which addresses lead to pages of this site: where somebody may be sent after signing in."""

from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException

LONGEST = 2000


def safe_path(wanted: str | None) -> str | None:
    """`wanted` if it is the path of a page that this site routes; None for anything that could lead elsewhere.

    Browsers strip control characters and read a backslash as a slash, before and after decoding.
    """
    if not wanted or len(wanted) > LONGEST or not wanted.isascii():
        return None
    for text in (wanted, unquote(wanted), unquote(unquote(wanted))):
        path = text.partition("?")[0].partition("#")[0]
        if not text.isprintable() or " " in path or "\\" in path or "//" in path or not path.startswith("/"):
            return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc and is_routed(parts.path) else None


def is_routed(path: str) -> bool:
    """Whether a page of this site answers at `path`."""
    adapter = current_app.url_map.bind("localhost")
    try:
        adapter.match(unquote(path), method="GET")
    except HTTPException:  # a redirect to somewhere else is one of these too
        return False
    return True
