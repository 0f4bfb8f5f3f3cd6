"""Who may use a route: exactly one of @public, @signed_in, @member(...), @staff(...) on each view.

The decorators answer before the view runs: 401 sign in first, 404 not yours, 403 without the right,
423 when the workspace's standing has the needed capability off. A house test walks the routes and
fails on one that declares nothing. The domains plug in how members and staff are found (`Doors`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, wraps
from typing import Any

from flask import g, redirect, request, url_for

from app.db import begin_writing
from app.errors import Locked, NotAllowed, NotFound


class Permission(StrEnum):
    """What a member may do in a workspace; app/workspaces/permissions.py says which roles hold which."""

    VIEW = "view"
    RUN_START = "run_start"
    RUN_STOP = "run_stop"
    AGENT_EDIT = "agent_edit"
    AGENT_PUBLISH = "agent_publish"
    APPROVE = "approve"
    RULES_EDIT = "rules_edit"
    KNOWLEDGE_EDIT = "knowledge_edit"
    KEYS_MANAGE = "keys_manage"
    MEMBERS_MANAGE = "members_manage"
    RECORDS_EXPORT = "records_export"
    AUDIT_READ = "audit_read"
    SETTINGS = "settings"
    BILLING = "billing"
    AGREEMENTS = "agreements"


class StaffPermission(StrEnum):
    """What a member of the support staff may do."""

    VIEW = "staff_view"
    RESTRICT = "staff_restrict"
    POLICIES = "staff_policies"
    AGREEMENTS = "staff_agreements"
    INCIDENTS = "staff_incidents"
    ADMIN = "staff_admin"


class Capability(StrEnum):
    """What a workspace's standing can switch off."""

    START_RUNS = "start_runs"
    ACT = "act"
    SEND_OUTSIDE = "send_outside"
    MOVE_MONEY = "move_money"
    CHANGE = "change"
    UPLOAD = "upload"
    INVITE = "invite"
    DECIDE = "decide"


@dataclass
class Doors:
    """How access finds people and standing; bound once by the factory."""

    signed_in: Callable[[], Any | None]
    """The signed-in user, or None."""
    member: Callable[[str, Any], tuple[Any, Any] | None]
    """(workspace, membership) of this slug for this user, or None."""
    permits: Callable[[Any, Permission], bool]
    staff: Callable[[], Any | None]
    staff_permits: Callable[[Any, StaffPermission], bool]
    require: Callable[[int, Capability], None]
    """Raises Locked (423) when the workspace may not do this now."""
    before_going_on: Callable[[Any, Permission], Any]
    """Where a member must go first, if anywhere: a changed policy that they have not seen."""


doors: Doors


def bind(opened: Doors) -> None:
    """Plug in the domains' answers. Called once by the factory."""
    global doors
    doors = opened


def me() -> Any:
    """The signed-in user; only inside a view that requires one."""
    return g.me


def workspace() -> Any:
    """The workspace of this address; only inside a @member view."""
    return g.workspace


def membership() -> Any:
    return g.membership


def staff_member() -> Any:
    """The staff member at work; only inside a @staff view."""
    return g.staff


def may(permission: Permission) -> bool:
    """Whether the member looking at this page holds `permission` (for templates: absent, not disabled)."""
    member = g.get("membership")
    return bool(member and doors.permits(member, permission) and not (g.get("declined") and permission not in READING))


def staff_may(permission: StaffPermission) -> bool:
    """Whether the staff member looking at this page holds `permission`; the same for templates of staff."""
    staff = g.get("staff")
    return bool(staff and doors.staff_permits(staff, permission))


View = Callable[..., Any]
SAFE = ("GET", "HEAD", "OPTIONS")
READING = frozenset({Permission.VIEW, Permission.RECORDS_EXPORT, Permission.AUDIT_READ, Permission.BILLING})
"""What stays open to who declined a changed policy: nobody is locked out of their data."""


def _marked(view: View, guard: Callable[[dict[str, Any]], Any], access: str, *, reads_first: bool = False) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        refused = guard(kwargs)
        if refused is not None:
            return refused
        if request.method not in SAFE and not reads_first:
            begin_writing()  # who asks is known by now: the write lock is held for the view alone
        return view(*args, **kwargs)

    guarded.access = access  # type: ignore[attr-defined]  # read by access-map and the house tests
    return guarded


def public(view: View) -> View:
    """Anyone. A public view never shows workspace data."""
    return _marked(view, lambda kwargs: None, "public")


def signed_in(view: View) -> View:
    """Anyone with an account."""
    return _marked(view, lambda kwargs: _sign_in_first(), "signed-in")


def member(
    permission: Permission,
    *,
    needs: Capability | None = None,
    reads_first: bool = False,
    informed: bool = True,
    otherwise: View | None = None,
) -> Callable[[View], View]:
    """Members of the workspace in the address who hold `permission`, while its standing allows `needs`.

    A member without the right, or in a workspace that may not do this now, gets the error page, or what `otherwise`
    answers: it is called with the rest of the address and the `error`.

    They have answered what changed policies ask of them, unless the view is not for the `informed` alone.

    The view loses the `workspace` path argument; it calls workspace() instead. One that `reads_first` calls
    db.begin_writing() itself, once it knows what it will write: until then it keeps nobody from writing.
    """

    def decorate(view: View) -> View:
        def guard(kwargs: dict[str, Any]) -> Any:
            if (refused := _sign_in_first()) is not None:
                return refused
            g.check_member = partial(_check_member, kwargs.pop("workspace"), permission, needs)
            try:
                g.check_member()
            except (NotAllowed, Locked) as error:
                if otherwise is None:
                    raise
                return otherwise(**kwargs, error=error)
            return doors.before_going_on(g.membership, permission) if informed else None

        suffix = f" needs {needs}" if needs else ""
        return _marked(view, guard, f"member:{permission}{suffix}", reads_first=reads_first)

    return decorate


def check_again() -> None:
    """The checks of this @member view once more, for one that let go of the database for a while."""
    for name in ("workspace", "membership"):  # no page may show what is no longer theirs
        g.pop(name, None)
    g.check_member()


def _check_member(slug: str, permission: Permission, needs: Capability | None) -> None:
    found = doors.member(slug, g.me)
    if found is None:
        raise NotFound()
    g.workspace, g.membership = found
    if not doors.permits(g.membership, permission):
        raise NotAllowed()
    if needs is not None:
        doors.require(g.workspace.id, needs)


def staff(permission: StaffPermission) -> Callable[[View], View]:
    """Support staff, signed in with their second factor, who hold `permission`."""

    def decorate(view: View) -> View:
        def guard(kwargs: dict[str, Any]) -> Any:
            g.staff = doors.staff()
            if g.staff is None:
                return _to_sign_in("support.login")
            if not doors.staff_permits(g.staff, permission):
                raise NotAllowed()
            return None

        return _marked(view, guard, f"staff:{permission}")

    return decorate


def _sign_in_first() -> Any:
    g.me = doors.signed_in()
    return None if g.me is not None else _to_sign_in("accounts.login")


def _to_sign_in(endpoint: str) -> Any:
    """401 with HX-Redirect for a fragment, otherwise a 303 to the sign-in page that comes back here."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": url_for(endpoint)}
    return redirect(url_for(endpoint, next=back), 303)
