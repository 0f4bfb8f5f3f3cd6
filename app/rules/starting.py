"""The rules a workspace starts with: small money alone, larger money two people, outside mail one."""

from typing import Any

from app.rules.policy import ONE_PERSON, Effect, RuleLine
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
    key: str, name: str, tool: str, effect: Effect, quorum: tuple[dict[str, Any], ...], *conditions: dict[str, Any]
) -> RuleLine:
    return RuleLine(key, name, tool, effect, quorum, conditions)


STARTING_RULES: tuple[RuleLine, ...] = (
    _line(
        "refunds-two",
        "refunds above 250 need two people",
        "book_refund",
        Effect.ASK,
        TWO_PEOPLE,
        _when("amount", ">", LIMIT),
    ),
    _line(
        "payments-two",
        "payments above 250 need two people",
        "schedule_payment",
        Effect.ASK,
        TWO_PEOPLE,
        _when("amount", ">", LIMIT),
    ),
    _line(
        "refunds-alone",
        "refunds up to 250 in one run go on alone",
        "book_refund",
        Effect.ALLOW,
        (),
        _when("run_total", "<=", LIMIT),
    ),
    _line("payments", "payments need a person", "schedule_payment", Effect.ASK, ONE_PERSON),
    _line(
        "mail-many",
        "mail to more than 20 people needs the owner",
        "send_mail",
        Effect.ASK,
        OWNER,
        _when("recipients", ">", MANY),
    ),
    _line(
        "mail-outside",
        "mail to someone outside needs a person",
        "send_mail",
        Effect.ASK,
        ONE_PERSON,
        _when("outside", ">", 0),
    ),
    _line(
        "mail-inside",
        "mail inside the company goes on alone",
        "send_mail",
        Effect.ALLOW,
        (),
        _when("outside", "<=", 0),
        _when("recipients", "<=", MANY),
    ),
    _line("calls", "calls to other systems need a person", "send_webhook", Effect.ASK, ONE_PERSON),
)
"""In order; the first that fits an action decides."""
