"""What keeps an open page true: the event stream of its workspace, and the counts in its menus."""

from flask import Blueprint, Response, current_app, render_template, request, session

from app import events
from app.access import Capability, Permission, me, member, membership, workspace
from app.accounts.services import current_user
from app.console.counts import nav_counts
from app.db import begin_mode, db
from app.restrictions.services import standing_of
from app.workspaces.queries import member_of

bp = Blueprint("stream", __name__, url_prefix="/w/<workspace>")


@bp.get("/counts")
@member(Permission.VIEW, informed=False)
def counts() -> str:
    """The menus' counts as they are now, as fragments."""
    return render_template("layouts/_counts.html", nav_counts=nav_counts(membership()))


@bp.get("/events")
@member(Permission.VIEW, needs=Capability.ACT, informed=False)
def listen() -> Response:
    """Names of what changes, as server-sent events. Holds no database session while it is open."""
    app, settings = current_app._get_current_object(), current_app.config["SETTINGS"]  # type: ignore[attr-defined]
    slug, workspace_id, user_id, sid = workspace().slug, workspace().id, me().id, session.get("sid")

    def allowed() -> bool:
        with app.test_request_context():
            begin_mode.set("DEFERRED")  # it only reads
            session["sid"] = sid
            user = current_user()
            here = user is not None and user.id == user_id and member_of(slug, user) is not None
            return here and standing_of(workspace_id).may(Capability.ACT)

    db.session.remove()
    frames = events.frames(
        app.extensions["hub"],
        app.extensions["redis"],
        workspace_id,
        since=request.headers.get("Last-Event-ID") or request.args.get("since"),
        allowed=allowed,
        heartbeat_seconds=settings.heartbeat_seconds,
        stream_seconds=settings.stream_seconds,
    )
    return Response(frames, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
