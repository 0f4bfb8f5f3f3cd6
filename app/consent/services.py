"""Writing the engagement ledger. The caller's transaction carries it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from app.chains import Chains
from app.consent.models import Act, Engagement, EngagementHead
from app.db import db, now

CHAINED = (
    "act", "user_id", "person", "workspace_id", "organisation", "slug", "version", "text_sha256", "authority", "basis",
    "address",
)  # fmt: skip
CHAINS = Chains(Engagement.__table__, EngagementHead.__table__, CHAINED)


class Text(NamedTuple):
    """A version of a policy, by what names it for ever."""

    slug: str
    version: str
    sha256: str


def engage(
    act: Act,
    text: Text,
    *,
    user: Any,
    authority: str,
    basis: str,
    address: str,
    workspace: Any | None = None,
    at: datetime | None = None,
) -> int:
    """Add one act to the ledger; its number there. `workspace` is on whose behalf it was done, if one is known."""
    return CHAINS.append(
        0,
        {
            "at": at or now(),
            "act": act.value,
            "user_id": user.id,
            "person": f"{user.name} <{user.email}>"[:200],
            "workspace_id": workspace.id if workspace else None,
            "organisation": workspace.name if workspace else "",
            "slug": text.slug,
            "version": text.version,
            "text_sha256": text.sha256,
            "authority": authority,
            "basis": basis,
            "address": address,
        },
    )


def verify() -> tuple[int, str | None]:
    """Walk the ledger: (entries checked, None) or (entries good so far, a sentence that says where it breaks)."""
    if db.session.scalar(select(Engagement.id).where(Engagement.chain != 0).limit(1)) is not None:
        return 0, "an entry was put beside the chain"
    return CHAINS.verify(0)
