"""Finding attachments, ledger entries, tasks and webhook calls, always within one workspace."""

from typing import Any

from sqlalchemy import select

from app.db import db
from app.errors import NotFound
from app.integrations.models import Attachment, LedgerEntry, WebhookDelivery, WorkItem

PAGE = 50


def attachments_of_run(workspace_id: int, run_id: int) -> list[Attachment]:
    """The files a run was given, oldest first."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(Attachment.workspace_id == workspace_id, Attachment.run_id == run_id)
            .order_by(Attachment.id)
        )
    )


def get_attachment(workspace_id: int, public_id: str) -> Attachment:
    """One file of this workspace. Raises NotFound for missing and for not theirs alike."""
    return _one(Attachment, workspace_id, public_id)


def ledger(workspace_id: int, *, before: int | None = None, limit: int = PAGE) -> list[LedgerEntry]:
    """Up to limit + 1 entries, newest first; the extra one says there are more."""
    return _page(LedgerEntry, workspace_id, before, limit)


def get_entry(workspace_id: int, public_id: str) -> LedgerEntry:
    """One ledger entry. Raises NotFound for missing and for not theirs alike."""
    return _one(LedgerEntry, workspace_id, public_id)


def work_items(workspace_id: int, *, state: str = "", before: int | None = None) -> list[WorkItem]:
    """Up to PAGE + 1 tasks, newest first, all of them or those in `state`."""
    conditions = (WorkItem.state == state,) if state else ()
    return _page(WorkItem, workspace_id, before, PAGE, *conditions)


def get_work_item(workspace_id: int, public_id: str) -> WorkItem:
    """One task. Raises NotFound for missing and for not theirs alike."""
    return _one(WorkItem, workspace_id, public_id)


def find_effect(model: Any, workspace_id: int, effect_key: str) -> Any:
    """The row that a tool call left, if it happened."""
    return db.session.scalar(
        select(model).where(model.workspace_id == workspace_id, model.effect_key == effect_key).limit(1)
    )


def find_delivery(workspace_id: int, effect_key: str) -> WebhookDelivery | None:
    """The webhook call of a step, if it was answered."""
    found: WebhookDelivery | None = find_effect(WebhookDelivery, workspace_id, effect_key)
    return found


def _one(model: Any, workspace_id: int, public_id: str) -> Any:
    found = db.session.scalar(select(model).where(model.workspace_id == workspace_id, model.public_id == public_id))
    if found is None:
        raise NotFound()
    return found


def _page(model: Any, workspace_id: int, before: int | None, limit: int, *conditions: Any) -> list[Any]:
    query = select(model).where(model.workspace_id == workspace_id, *conditions).order_by(model.id.desc())
    return list(db.session.scalars((query.where(model.id < before) if before else query).limit(limit + 1)))
