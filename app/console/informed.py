"""Before a member goes on: whether a changed policy must be shown to them first, or was declined by them."""

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import READING, Permission
from app.consent.models import Act
from app.db import begin_mode, begin_writing, db
from app.errors import Locked
from app.notices import duties
from app.notices.duties import Duty, Next
from app.workspaces.models import Membership


def before_going_on(membership: Membership, permission: Permission) -> ResponseReturnValue | None:
    """Where the member must go first, if anywhere. Writes down that they went on where that is what counts.

    Raises Locked for a write that cannot go on: of who declined, or who has not seen what is asked.
    """
    duty = duties.duty_of(membership)
    if duty is not None and duty.next is Next.NOTE:
        if _is_by_itself():
            return None
        duty = _note(membership)
    if duty is None:
        return None
    if duty.next is Next.SHOW:
        return _show(duty, membership)
    g.declined = duty.policy
    if permission not in READING:
        raise Locked(
            f"You declined {duty.policy.title} {duty.policy.version}, so you can read and export, and change nothing. "
            "You can still accept it."
        )
    return None


def _is_by_itself() -> bool:
    """Whether a browser may have sent the request without its person: an open page fetches parts of itself anew."""
    return request.method == "HEAD" or (request.method == "GET" and bool(request.headers.get("HX-Request")))


def _note(membership: Membership) -> Duty | None:
    """Write each version that the member goes on under into the ledger, once whoever asks at the same time."""
    begin_writing()
    db.session.refresh(membership, with_for_update={"of": Membership})
    while (duty := duties.find_duty(membership)) is not None and duty.next is Next.NOTE:
        duties.answer(membership, duty.policy, Act.CONTINUED_USE, basis=duty.basis, address=request.remote_addr or "")
    db.session.commit()
    begin_mode.set("DEFERRED")
    return duties.duty_of(membership)  # what is settled is remembered only now that it is written


def _show(duty: Duty, membership: Membership) -> ResponseReturnValue:
    slug, policy = membership.workspace.slug, duty.policy
    to = url_for("policies.show", workspace=slug, slug=policy.slug, version=policy.version)
    if request.headers.get("HX-Request"):
        return "", 204, {"HX-Redirect": to}
    if request.method != "GET":
        raise Locked(f"{policy.title} has changed. Open any page of {membership.workspace.name} to read and answer it.")
    return redirect(f"{to}?next={request.path}", 303)
