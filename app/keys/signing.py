"""The secret a workspace's webhooks are signed with."""

import base64
import secrets
from typing import Any

from sqlalchemy import update

from app.audit.services import record
from app.db import db, new_public_id, now
from app.keys import queries, vault
from app.keys.models import SigningSecret

PREFIX = "whsec_"


def signing_key(workspace_id: int) -> bytes | None:
    """The raw key in use, or None when there is no secret yet."""
    row = queries.find_signing_secret(workspace_id)
    if row is None:
        return None
    return base64.b64decode(vault.open_(row.sealed, _binding(row)).removeprefix(PREFIX))


def ensure_signing_secret(workspace_id: int) -> None:
    """Make the first secret of a workspace, if it has none. Flushes."""
    if queries.find_signing_secret(workspace_id) is None:
        _make(workspace_id)


def replace_signing_secret(workspace_id: int, *, by: Any) -> str:
    """A new secret in place of the old one, which stops at once. Shown this one time. Flushes."""
    db.session.execute(
        update(SigningSecret)
        .where(SigningSecret.workspace_id == workspace_id, SigningSecret.ended_at.is_(None))
        .values(ended_at=now(), sealed="")
    )
    plain, row = _make(workspace_id)
    record(
        "member:signing_secret:replaced",
        "Made a new signing secret for webhooks",
        workspace_id=workspace_id,
        actor=by,
        subject=f"signing_secret:{row.public_id}",
    )
    return plain


def _make(workspace_id: int) -> tuple[str, SigningSecret]:
    plain = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    row = SigningSecret(public_id=new_public_id(), workspace_id=workspace_id, hint=plain[-4:])
    row.sealed = vault.seal(plain, _binding(row))
    db.session.add(row)
    db.session.flush()
    return plain, row


def _binding(row: SigningSecret) -> str:
    return vault.binding(row.workspace_id, row.public_id, "webhook", "sealed")
