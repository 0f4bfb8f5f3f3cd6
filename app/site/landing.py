"""Where people go next: only to pages of this site, and links in mail that do not trust the request's host."""

from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException

from app.accounts.models import User
from app.workspaces.queries import memberships_of

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
    return wanted if not parts.scheme and not parts.netloc and _is_routed(parts.path) else None


def home_of(user: User) -> str:
    """The page to land on: the workspace of who has one, otherwise the choice of workspaces."""
    mine = memberships_of(user)
    inside = f"/w/{mine[0].workspace.slug}/approvals" if len(mine) == 1 else ""
    return inside if inside and _is_routed(inside) else url_for("workspaces.index")


def absolute(endpoint: str, **values: Any) -> str:
    """An address for mail, at our own host whatever the request said."""
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for(endpoint, **values)


def _is_routed(path: str) -> bool:
    adapter = current_app.url_map.bind("localhost")
    try:
        adapter.match(unquote(path), method="GET")
    except HTTPException:  # a redirect to somewhere else is one of these too
        return False
    return True
