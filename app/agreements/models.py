"""Agreements that a customer and LeenOps signed, and the clauses of our policies that they change."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, code, created, fk_workspace, json_, json_list, name_, pk, public_id


class Kind(StrEnum):
    """What was signed. Which of two wins where they conflict is said in terms.py."""

    MSA = "msa"
    ORDER_FORM = "order_form"
    DPA = "dpa"
    AMENDMENT = "amendment"


class State(StrEnum):
    """What people did with it. Whether it is in force on a day follows from its dates."""

    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


class Effect(StrEnum):
    """What an override does to the clause it names."""

    REPLACES = "replaces"
    SUPPLEMENTS = "supplements"
    DISAPPLIES = "disapplies"


class Party(StrEnum):
    """Whom a signatory signed for."""

    CUSTOMER = "customer"
    LEENOPS = "leenops"


class Agreement(Base):
    """One signed agreement. A draft may be edited; an active one never: it is amended or ended."""

    __tablename__ = "agreements"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    kind: Mapped[code]
    title: Mapped[name_]
    reference: Mapped[name_]
    """The number on the paper, like OF-2026-014."""
    state: Mapped[code] = mapped_column(default=State.DRAFT)
    signed_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day as agreed; None is open."""
    amends_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("agreements.id"))
    """What an amendment changes. It stands and falls with that."""
    document_name: Mapped[name_ | None]
    document_sha256: Mapped[str | None]
    document_size: Mapped[int | None]
    signatories: Mapped[json_list]
    """{name, role, party, signed_on} of each who signed."""
    note: Mapped[str] = mapped_column(default="")
    """For staff."""
    version: Mapped[int] = mapped_column(default=1)
    """Goes up with each edit, so that nobody activates what they have not read."""
    authors: Mapped[json_list]
    """Ids of all staff who wrote any of it: none of them may activate it."""
    created_by: Mapped[int]
    created_at: Mapped[created]
    activated_by: Mapped[int | None]
    activated_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    """The last day it applied, where it was ended before its time."""
    end_reason: Mapped[str | None]

    @property
    def is_draft(self) -> bool:
        return self.state == State.DRAFT

    @property
    def last_day(self) -> date | None:
        """The last day that it can apply; None while open."""
        return min((day for day in (self.ends_on, self.ended_on) if day), default=None)


class Override(Base):
    """What an agreement does to one clause of one policy, and the figures that it agrees there."""

    __tablename__ = "agreement_overrides"
    __table_args__ = (UniqueConstraint("agreement_id", "policy", "clause"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("agreements.id"), index=True)
    policy: Mapped[code]
    """The policy's slug."""
    clause: Mapped[name_]
    """The clause's anchor, which survives renumbering."""
    effect: Mapped[code]
    text: Mapped[str]
    """As agreed, in Markdown; empty where a clause does not apply."""
    parameters: Mapped[json_]
    """Figures by name; parameters.py says which there are, their units and bounds."""
