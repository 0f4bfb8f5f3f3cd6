"""The rules a workspace starts with: small money alone, larger money two people, outside mail one."""

from typing import Any

from app.approvals.policy import ONE_PERSON, Effect, RuleLine
from app.workspaces.models import Role

LIMIT = 25_000
"""Minor units."""
MANY = 20
"""Recipients of one mail."""
TWO_PEOPLE: tuple[dict[str, Any], ...] = ({"role": None, "count": 2},)
OWNER: tuple[dict[str, Any], ...] = ({"role": Role.OWNER.value, "count": 1},)


def _when(field: str, op: str, value: int) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _line(
    name: str, tool: str, effect: Effect, quorum: tuple[dict[str, Any], ...], *conditions: dict[str, Any]
) -> RuleLine:
    return RuleLine(None, name, tool, "*", "*", conditions, effect, quorum)


STARTING_RULES: tuple[RuleLine, ...] = (
    _line("refunds above 250 need two people", "book_refund", Effect.ASK, TWO_PEOPLE, _when("amount", ">", LIMIT)),
    _line(
        "payments above 250 need two people", "schedule_payment", Effect.ASK, TWO_PEOPLE, _when("amount", ">", LIMIT)
    ),
    _line("refunds up to 250 in one run go on alone", "book_refund", Effect.ALLOW, (), _when("run_total", "<=", LIMIT)),
    _line("payments need a person", "schedule_payment", Effect.ASK, ONE_PERSON),
    _line(
        "mail to more than 20 people needs the owner", "send_mail", Effect.ASK, OWNER, _when("recipients", ">", MANY)
    ),
    _line("mail to someone outside needs a person", "send_mail", Effect.ASK, ONE_PERSON, _when("outside", ">", 0)),
    _line(
        "mail inside the company goes on alone",
        "send_mail",
        Effect.ALLOW,
        (),
        _when("outside", "<=", 0),
        _when("recipients", "<=", MANY),
    ),
    _line("calls to other systems need a person", "send_webhook", Effect.ASK, ONE_PERSON),
)
"""In order; the first that fits an action decides."""
