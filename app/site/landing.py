"""Where people land, and links in mail that do not trust the request's host."""

from typing import Any

from flask import current_app, url_for

from app.accounts.models import User
from app.paths import is_routed
from app.workspaces.queries import memberships_of


def home_of(user: User) -> str:
    """The page to land on: the workspace of who has one, otherwise the choice of workspaces."""
    mine = memberships_of(user)
    inside = f"/w/{mine[0].workspace.slug}/approvals" if len(mine) == 1 else ""
    return inside if inside and is_routed(inside) else url_for("workspaces.index")


def absolute(endpoint: str, **values: Any) -> str:
    """An address for mail, at our own host whatever the request said."""
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for(endpoint, **values)
