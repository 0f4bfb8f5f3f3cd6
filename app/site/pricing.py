"""What LeenOps costs, from the same rows that everything else about plans reads."""

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.access import public
from app.billing.models import Period, Plan
from app.billing.queries import announced, plans_on_sale
from app.db import now
from app.errors import NotFound
from app.web import render

bp = Blueprint("pricing", __name__)


@bp.get("/pricing")
@public
def show() -> ResponseReturnValue:
    today = now().date()
    plans = plans_on_sale(today)
    return render(
        "pricing/show.html",
        plans=plans,
        period=_period(request.args.get("period", Period.MONTH)),
        free_months=_free_months(plans),
        never_charged=list(dict.fromkeys(sentence for plan in plans for sentence in plan.never_charged)),
        coming=announced(today),
    )


def _period(asked: str) -> Period:
    """Raises NotFound for one that nothing is sold by: a wrong address is not answered as if it were right."""
    if asked not in list(Period):
        raise NotFound("Plans are paid by the month or by the year.")
    return Period(asked)


def _free_months(plans: Sequence[Plan]) -> int:
    """How many months a year costs less than twelve months, where that is the same for every plan; otherwise 0."""
    saved = set()
    for plan in plans:
        month, year = plan.price(Period.MONTH), plan.price(Period.YEAR)
        if month and year and month.amount:
            whole, rest = divmod(12 * month.amount - year.amount, month.amount)
            saved.add(0 if rest else whole)
    return max(0, saved.pop()) if len(saved) == 1 else 0
