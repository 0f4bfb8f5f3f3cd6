"""Which plans there are, and which of them are sold on a day. Pricing, checkout, invoices and limits ask here."""

from datetime import date

from sqlalchemy import select

from app.billing.models import Plan
from app.db import db
from app.errors import NotFound


def plans_on_sale(on: date) -> list[Plan]:
    """The version of each plan that is sold on this day (UTC), in the order they are shown."""
    current = {plan.code: plan for plan in _begun(on)}
    return sorted((plan for plan in current.values() if plan.available), key=lambda plan: (plan.position, plan.code))


def get_plan(code: str, version: str) -> Plan:
    """Exactly this version, sold or not. Raises NotFound."""
    plan = db.session.scalar(select(Plan).where(Plan.code == code, Plan.version == version))
    if plan is None:
        raise NotFound("There is no such plan.")
    return plan


def announced(on: date) -> list[Plan]:
    """Versions that are published and not yet sold, the next first."""
    query = select(Plan).where(Plan.published_on <= on, Plan.effective_from > on)
    return list(db.session.scalars(query.order_by(Plan.effective_from, Plan.position)))


def _begun(on: date) -> list[Plan]:
    """Every version that was ever sold by then, the newest of each plan last."""
    query = select(Plan).where(Plan.effective_from <= on)
    return list(db.session.scalars(query.order_by(Plan.effective_from)))
