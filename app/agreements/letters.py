"""What is said about an agreement elsewhere: to the owners by mail, and in the audit logs."""

from collections.abc import Sequence
from typing import Any

from app import mail
from app.agreements import queries
from app.agreements.models import Agreement, Override
from app.formats import short_day
from app.workspaces.models import Workspace
from app.workspaces.queries import owner_addresses


def name(agreement: Agreement) -> str:
    """ "Order form OF-2026-014"."""
    return queries.as_signed(agreement).name


def tell_activated(agreement: Agreement, workspace: Workspace) -> None:
    """Write to the owners that it counts, from when, and where to read what it changes."""
    until = f" to {short_day(agreement.last_day)}" if agreement.last_day else ", until it is ended"
    text = (
        f"{name(agreement)} ({agreement.title}), signed on {short_day(agreement.signed_on)}, is on record for "
        f"{workspace.name}. It applies from {short_day(agreement.starts_on)}{until}.\n\n"
        f"Where it conflicts with our policies, it decides. {_where(workspace)}\n\n"
        "If something in it is not what you signed, answer to hello@leenops.com."
    )
    _send(agreement, workspace, "is on record", text)


def tell_ended(agreement: Agreement, workspace: Workspace, amendments: Sequence[Agreement]) -> None:
    """Write to the owners that it ends, when, why, and what falls with it."""
    falls = "".join(f"{name(one)} ends with it.\n\n" for one in amendments)
    last = short_day(agreement.ended_on) if agreement.ended_on else ""
    text = (
        f"{name(agreement)} ({agreement.title}) with {workspace.name} ends. The last day it applies is {last}.\n\n"
        f"Why: {agreement.end_reason}\n\n{falls}"
        f"From then on our policies apply, with what else you signed. {_where(workspace)}\n\n"
        "If you see it otherwise, write to hello@leenops.com."
    )
    _send(agreement, workspace, "ends", text)


def facts(agreement: Agreement) -> dict[str, Any]:
    """What an audit entry keeps of it. Not the note: that is for staff, and customers read their log."""
    plain = ("kind", "title", "reference", "state", "document_name", "document_sha256", "signatories", "version")
    days = {key: getattr(agreement, key) for key in ("signed_on", "starts_on", "ends_on")}
    return {key: getattr(agreement, key) for key in plain} | {key: str(day) for key, day in days.items() if day}


def overrides_facts(overrides: Sequence[Override]) -> dict[str, Any]:
    return {"overrides": [override_facts(override) for override in overrides]}


def override_facts(override: Override) -> dict[str, Any]:
    """What an audit entry keeps of one clause."""
    return {key: getattr(override, key) for key in ("policy", "clause", "effect", "text", "parameters")}


def _where(workspace: Workspace) -> str:
    return f"Read what applies to you, clause by clause: {mail.settings().base_url}/w/{workspace.slug}/terms"


def _send(agreement: Agreement, workspace: Workspace, what: str, text: str) -> None:
    if owners := owner_addresses(workspace.id):
        mail.send(
            to=owners,
            subject=f"{workspace.name}: {name(agreement)} {what}",
            text=text,
            workspace_id=workspace.id,
            key=f"agreement-{agreement.public_id}-{agreement.state}",
        )
