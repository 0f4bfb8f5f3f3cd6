"""The tracker: tasks that agents open for people, closed and reopened by people."""

from datetime import date
from typing import Any

from sqlalchemy import update

from app import events
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict
from app.integrations import queries
from app.integrations.models import WorkItem
from app.integrations.tools.base import ToolContext


def open_item(
    ctx: ToolContext, *, title: str, detail: str, team: str, priority: str, due_on: date | None
) -> dict[str, Any]:
    """Open one task. The same effect key never opens two. Flushes."""
    item = WorkItem(
        workspace_id=ctx.workspace_id,
        title=title,
        detail=detail,
        team=team,
        priority=priority,
        due_on=due_on,
        run_id=ctx.run_id,
        run_ref=ctx.run_public_id,
        effect_key=ctx.effect_key,
    )
    db.session.add(item)
    db.session.flush()
    events.publish(ctx.workspace_id, "tasks")
    return _result(item)


def settled(ctx: ToolContext) -> dict[str, Any] | None:
    """The task this call opened, if it happened."""
    item = queries.find_effect(WorkItem, ctx.workspace_id, ctx.effect_key)
    return _result(item) if item else None


def close(item: WorkItem, *, by: Any) -> None:
    """Mark `item` done. Raises Conflict when it already is closed. Flushes."""
    _move(item, "open", "closed", by)


def reopen(item: WorkItem, *, by: Any) -> None:
    """Open `item` again. Raises Conflict when it is open. Flushes."""
    _move(item, "closed", "open", by)


def _move(item: WorkItem, before: str, after: str, by: Any) -> None:
    done = changed(
        update(WorkItem)
        .where(WorkItem.id == item.id, WorkItem.state == before)
        .values(state=after, closed_at=now() if after == "closed" else None)
    )
    if done != 1:
        raise Conflict(f"Someone else has already {'closed' if after == 'closed' else 'reopened'} this task.")
    verb = "closed" if after == "closed" else "reopened"
    record(
        f"member:task:{verb}",
        f"{verb.capitalize()} the task “{item.title}”",
        workspace_id=item.workspace_id,
        actor=by,
        subject=f"task:{item.public_id}",
    )
    events.publish(item.workspace_id, f"task-{item.public_id}", "tasks")


def _result(item: WorkItem) -> dict[str, Any]:
    return {"task": item.public_id, "title": item.title, "team": item.team, "state": item.state}
