"""Writing the audit log. One link at a time per chain; the caller's transaction carries it."""

from typing import Any

from flask import g, has_request_context, request

from app.audit.models import AuditEntry, AuditHead
from app.chains import Chains
from app.db import now

CHAINED = ("kind", "actor", "actor_ref", "subject", "summary", "before", "after", "address", "request_id")
CHAINS = Chains(AuditEntry.__table__, AuditHead.__table__, CHAINED)
SYSTEM = ("LeenOps", "system")
verify = CHAINS.verify


def record(
    kind: str,
    summary: str,
    *,
    workspace_id: int | None,
    actor: tuple[str, str] | Any = SYSTEM,
    subject: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> int:
    """Append one entry to the workspace's chain (None: LeenOps' own); its number in the chain.

    `kind` is `source:subject:action`; `actor` is a user, staff member or agent row, or (name, ref).
    Never pass a secret in `before` or `after`: entries are exported.
    """
    name, ref = actor if isinstance(actor, tuple) else (actor.name, f"{_kind_of(actor)}:{actor.public_id}")
    entry = {
        "at": now(),
        "kind": kind,
        "actor": name,
        "actor_ref": ref,
        "subject": subject,
        "summary": summary,
        "before": before or {},
        "after": after or {},
        "address": (request.remote_addr or "") if has_request_context() else "",
        "request_id": g.get("request_id", "") if has_request_context() else "",
    }
    return CHAINS.append(workspace_id or 0, entry)


def _kind_of(actor: Any) -> str:
    return {"users": "user", "agents": "agent", "staff_members": "staff"}[actor.__tablename__]
