"""Rules: one action held against as many rules as a workspace may have, none of which is the first to fit."""

import statistics
import time
from collections.abc import Iterator

from app.integrations.tools.base import Action
from app.integrations.tools.registry import TOOLS
from app.rules.policy import Effect, Facts, RuleLine, decide
from app.rules.services import MOST
from tasks.bench.figures import Figure, Results

ACTION = Action("Send a letter", recipients=tuple(f"person{n}@fennelrye.example" for n in range(5)))
CONDITIONS = (
    {"field": "recipients", "op": ">", "value": 1},
    {"field": "outside", "op": "<=", "value": 0},
    {"field": "every_recipient", "op": "is", "value": ["elsewhere.example"]},
)


def measure(results: Results, *, quick: bool) -> None:
    """Every rule is about the tool, and only its last condition says no: nothing is left out early."""
    results.add(_figures(200 if quick else 1_000))


def _figures(rounds: int) -> Iterator[Figure]:
    rules = [RuleLine(f"r{n}", "a rule", "send_mail", Effect.ASK, (), CONDITIONS) for n in range(MOST)]
    facts, spent = Facts(ACTION, {}, ("fennelrye.example",)), []
    for _ in range(rounds):
        begun = time.perf_counter()
        decide(TOOLS["send_mail"], facts, rules)
        spent.append(time.perf_counter() - begun)
    yield Figure(f"one action against {MOST} rules, p50", statistics.median(spent) * 1000, "ms", 1)
