"""Finding model keys. None of these opens one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import db
from app.errors import NotFound
from app.keys.models import ModelKey, SigningSecret

PAGE = 50


def get_key(workspace_id: int, public_id: str) -> ModelKey:
    """One key of this workspace. Raises NotFound for missing and for not theirs alike."""
    found = db.session.scalar(
        select(ModelKey).where(ModelKey.workspace_id == workspace_id, ModelKey.public_id == public_id)
    )
    if found is None:
        raise NotFound()
    return found


def keys(workspace_id: int, *, before: int | None = None) -> list[ModelKey]:
    """Up to PAGE + 1 keys, newest first; the extra one says there are more."""
    query = select(ModelKey).where(ModelKey.workspace_id == workspace_id).order_by(ModelKey.id.desc()).limit(PAGE + 1)
    return list(db.session.scalars(query.where(ModelKey.id < before) if before else query))


def usable_keys(workspace_id: int) -> list[ModelKey]:
    """The keys an agent can be given, by name."""
    return list(
        db.session.scalars(
            select(ModelKey)
            .where(ModelKey.workspace_id == workspace_id, ModelKey.disabled_at.is_(None))
            .order_by(ModelKey.name, ModelKey.id)
        )
    )


def find_signing_secret(workspace_id: int, session: Session | None = None) -> SigningSecret | None:
    """The secret in use, if there is one yet."""
    return (session or db.session).scalar(
        select(SigningSecret)
        .where(SigningSecret.workspace_id == workspace_id, SigningSecret.ended_at.is_(None))
        .order_by(SigningSecret.id.desc())
        .limit(1)
    )
