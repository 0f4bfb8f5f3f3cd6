"""Where tools leave their effects: the ledger, the tracker, webhook calls, files given to runs (mail: app/mail.py)."""

import unicodedata
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, code, created, fk_workspace, json_, money, name_, pk, public_id, sha256


def party_key(party: str) -> str:
    """Letters and digits of a name in lower case: "Hartwell, Ltd." and "HARTWELL LTD" are one."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", party).casefold() if sign.isalnum())[:200]


class LedgerEntry(Base):
    """A refund booked or a payment scheduled. `effect_key` is unique: the same step books once."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("workspace_id", "effect_key"),
        Index("ix_ledger_entries_party", "workspace_id", "party_key", "created_at"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    kind: Mapped[code]
    """`refund` or `payment`."""
    party: Mapped[name_]
    party_key: Mapped[name_] = mapped_column(default=lambda row: party_key(row.get_current_parameters()["party"]))
    """The party's letters and digits alone, so that another way to write a name is no other party."""
    amount: Mapped[money]
    currency: Mapped[code]
    reference: Mapped[name_]
    reason: Mapped[str]
    due_on: Mapped[date | None]
    run_id: Mapped[int] = mapped_column(BigId, index=True)
    run_ref: Mapped[code]
    """Public id of the run, for its address."""
    effect_key: Mapped[name_]
    created_at: Mapped[created]
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[name_ | None]


class WorkItem(Base):
    """A task an agent opened for people."""

    __tablename__ = "work_items"
    __table_args__ = (UniqueConstraint("workspace_id", "effect_key"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    title: Mapped[name_]
    detail: Mapped[str]
    team: Mapped[code]
    priority: Mapped[code]
    due_on: Mapped[date | None]
    state: Mapped[code] = mapped_column(default="open")
    run_id: Mapped[int] = mapped_column(BigId, index=True)
    run_ref: Mapped[code]
    """Public id of the run, for its address."""
    effect_key: Mapped[name_]
    created_at: Mapped[created]
    closed_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """A signed outbound call and its answer."""

    __tablename__ = "webhook_deliveries"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    url: Mapped[str]
    payload: Mapped[json_]
    effect_key: Mapped[name_]
    status: Mapped[int | None]
    answer: Mapped[str | None]
    created_at: Mapped[created]


class Attachment(Base):
    """A file given to a run. The bytes lie under the data folder by their SHA-256."""

    __tablename__ = "attachments"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    run_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("runs.id"), index=True)
    field: Mapped[code]
    name: Mapped[name_]
    media_type: Mapped[name_]
    size: Mapped[int]
    sha256: Mapped[sha256]
    created_at: Mapped[created]
