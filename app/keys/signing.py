"""The secret a workspace's webhooks are signed with."""

import base64
import secrets
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session, scoped_session

from app.audit.services import record
from app.db import db, new_public_id, now
from app.keys import queries, vault
from app.keys.models import SigningSecret

SessionLike = Session | scoped_session[Any]
PREFIX = "whsec_"


def key_for_call(workspace_id: int) -> bytes:
    """The raw key for a call that is about to go out, made on first use.

    In a short transaction of its own, so that no lock is held while the other side answers. The caller
    must have nothing uncommitted.
    """
    with Session(db.engine) as session, session.begin():
        row = queries.find_signing_secret(workspace_id, session) or _make(workspace_id, session)[1]
        return _raw(row)


def replace_signing_secret(workspace_id: int, *, by: Any) -> str:
    """A new secret in place of the old one, which stops at once. Shown this one time. Flushes."""
    db.session.execute(
        update(SigningSecret)
        .where(SigningSecret.workspace_id == workspace_id, SigningSecret.ended_at.is_(None))
        .values(ended_at=now(), sealed="")
    )
    plain, row = _make(workspace_id, db.session)
    record(
        "member:signing_secret:replaced",
        "Made a new signing secret for webhooks",
        workspace_id=workspace_id,
        actor=by,
        subject=f"signing_secret:{row.public_id}",
    )
    return plain


def _make(workspace_id: int, session: SessionLike) -> tuple[str, SigningSecret]:
    plain = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    row = SigningSecret(public_id=new_public_id(), workspace_id=workspace_id, hint=plain[-4:])
    row.sealed = vault.seal(plain, _binding(row))
    session.add(row)
    session.flush()
    return plain, row


def _raw(row: SigningSecret) -> bytes:
    return base64.b64decode(vault.open_(row.sealed, _binding(row)).removeprefix(PREFIX))


def _binding(row: SigningSecret) -> str:
    return vault.binding(row.workspace_id, row.public_id, "webhook", "sealed")
