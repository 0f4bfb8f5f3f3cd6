"""The inbox: what people wrote to us, one page each, open until somebody closes it."""

from enum import StrEnum
from typing import TypeVar

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import StaffPermission, staff, staff_member
from app.db import begin_writing, db
from app.inbox import queries, services
from app.inbox.models import Kind, State, Topic
from app.inbox.queries import Filter
from app.support import bp
from app.web import Kind as Notice
from app.web import notify, page_key, render

Choice = TypeVar("Choice", bound=StrEnum)


@bp.get("/inbox")
@staff(StaffPermission.VIEW)
def inbox() -> ResponseReturnValue:
    state = _chosen(State, "state") or State.OPEN
    which = Filter(state=state, topic=_chosen(Topic, "topic"), kind=_chosen(Kind, "kind"))
    rows = queries.messages(which, before=page_key())
    return render(
        "support/inbox.html",
        messages=rows[: queries.PAGE],
        more=len(rows) > queries.PAGE,
        which=which,
        counts=queries.counts(),
        topics=list(Topic),
    )


@bp.get("/inbox/<message>")
@staff(StaffPermission.VIEW)
def inbox_message(message: str) -> ResponseReturnValue:
    """Reading is an act: it is in the staff log before anything is shown."""
    begin_writing()
    services.note_reading(queries.get_message(message), by=staff_member())
    db.session.commit()
    found = queries.get_message(message)
    due = services.answer_due(found)
    return render("support/message.html", message=found, closer=queries.closer_of(found), due=due)


@bp.post("/inbox/<message>/close")
@staff(StaffPermission.VIEW)
def close_message(message: str) -> ResponseReturnValue:
    services.close(queries.get_message(message), by=staff_member())
    db.session.commit()
    return _back(message, "Closed.")


@bp.post("/inbox/<message>/reopen")
@staff(StaffPermission.VIEW)
def reopen_message(message: str) -> ResponseReturnValue:
    services.reopen(queries.get_message(message), by=staff_member())
    db.session.commit()
    return _back(message, "Open again.")


def _chosen(kinds: type[Choice], name: str) -> Choice | None:
    """What the address asks for, when there is such a thing."""
    asked = request.args.get(name, "")
    return kinds(asked) if asked in set(kinds) else None


def _back(message: str, sentence: str) -> ResponseReturnValue:
    notify(Notice.SUCCESS, sentence)
    return redirect(url_for("support.inbox_message", message=message), 303)
