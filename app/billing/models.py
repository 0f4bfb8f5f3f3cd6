"""Plans: what LeenOps sells, as versions that never change. Who bought a version keeps what it says."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, BigId, created, json_list, money, name_, pk, sha256, text_
from app.db import code as code_


class Period(StrEnum):
    """How long one payment lasts."""

    MONTH = "month"
    YEAR = "year"


class Meter(StrEnum):
    """What is counted, apart from seats. Model tokens are not: customers pay their own provider for them."""

    RUNS = "runs"
    """Runs started in a calendar month, UTC. One that is tried again stays one run."""
    AGENTS = "agents"
    """Agents that exist, whatever their state."""
    KNOWLEDGE_MB = "knowledge_mb"
    """Documents kept as knowledge, in millions of bytes, rounded up."""


class Plan(Base):
    """One version of one plan, as its file in content/plans says it. Never updated, never deleted."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("code", "version"), UniqueConstraint("code", "effective_from"))
    id: Mapped[pk]
    code: Mapped[code_]
    version: Mapped[code_]
    name: Mapped[name_]
    summary: Mapped[str]
    position: Mapped[int]
    """Where it stands among the others, smallest first."""
    published_on: Mapped[date]
    effective_from: Mapped[date]
    """Sold from this day (UTC) until the day of the next version."""
    available: Mapped[bool]
    """False: from this version on the plan is no longer sold."""
    by_agreement: Mapped[bool]
    """Without a price of its own: the order form says it."""
    currency: Mapped[code_]
    seat_roles: Mapped[json_list]
    """The roles that take a seat; members in any other are free."""
    seats_included: Mapped[int | None]
    """None: as agreed."""
    hard_cap: Mapped[bool]
    """At a limit work waits for a person. False: it goes on at the price of the meter."""
    cancel_notice_days: Mapped[int]
    """How long before the end of the paid period a cancellation must arrive; 0: any time before."""
    kept_days: Mapped[int]
    """How long after the end the workspace can still be read and exported."""
    refund_window_days: Mapped[int]
    """Within so many days of the first purchase or a renewal the fee is paid back in full if asked."""
    refunds_unused_months: Mapped[bool]
    """Full months not used are paid back when we end the plan, or a material change is declined."""
    cancellation_clause: Mapped[name_]
    refund_clause: Mapped[name_]
    """What they rest on: a policy's slug, or `slug#anchor`."""
    never_charged: Mapped[json_list]
    """Sentences."""
    source: Mapped[text_]
    """The file, to the letter."""
    source_sha256: Mapped[sha256]
    imported_at: Mapped[created]
    prices: Mapped[list["PlanPrice"]] = relationship(lazy="selectin", order_by="PlanPrice.id")
    meters: Mapped[list["PlanMeter"]] = relationship(lazy="selectin", order_by="PlanMeter.id")

    def price(self, period: Period) -> "PlanPrice | None":
        """What `period` costs; None for a plan by agreement."""
        return next((price for price in self.prices if price.period == period), None)

    def meter(self, meter: Meter) -> "PlanMeter":
        """What the plan says about `meter`; every plan says something about each."""
        return next(row for row in self.meters if row.meter == meter)

    @property
    def is_free(self) -> bool:
        return bool(self.prices) and not any(price.amount for price in self.prices)


class PlanPrice(Base):
    """What a plan costs for a period, without tax."""

    __tablename__ = "plan_prices"
    __table_args__ = (UniqueConstraint("plan_id", "period"),)
    id: Mapped[pk]
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plans.id"))
    period: Mapped[code_]
    amount: Mapped[money]
    seat_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units for each further seat; None: no further seats."""


class PlanMeter(Base):
    """How much of something a plan includes, and what more of it costs when that was agreed."""

    __tablename__ = "plan_meters"
    __table_args__ = (UniqueConstraint("plan_id", "meter"),)
    id: Mapped[pk]
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plans.id"))
    meter: Mapped[code_]
    included: Mapped[int | None] = mapped_column(BigInteger)
    """None: as agreed."""
    over_amount: Mapped[int | None] = mapped_column(BigInteger)
    """Minor units for each `over_units` begun in a month; None: more is not sold."""
    over_units: Mapped[int | None] = mapped_column(BigInteger)
