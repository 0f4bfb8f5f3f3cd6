"""The figures that an agreement can change: each with its unit, its bounds, and where the standard comes from.

A figure rides on the override that agrees it. Readers ask `terms_for(...).parameter(name)` and get the agreed
value, or the standard one, with its source.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Invalid
from app.formats import money, number

UNITS = {"run": "run", "1000_runs": "1,000 runs", "seat": "seat", "gb": "GB"}
"""What an overage rate can be per, in words."""
CURRENCIES = ("EUR", "USD", "GBP")
HIGHEST_RATE = 10_000_00
_IN_WORDS = {3: "three", 14: "fourteen", 30: "thirty"}
"""The standards as a clause may write them."""


@dataclass(frozen=True)
class Rate:
    """A price in minor units of a currency, per unit."""

    minor: int
    currency: str
    unit: str

    @property
    def in_words(self) -> str:
        return f"{money(self.minor, self.currency)} per {UNITS[self.unit]}"


Value = int | Rate


@dataclass(frozen=True)
class Parameter:
    """One kind of figure. `low` and `high` are inclusive; `standard` is what holds without an agreement."""

    name: str
    label: str
    unit: str
    low: int
    high: int
    standard: int | None
    policy: str
    """The policy that sets the standard: it also decides which agreement may speak about it first."""
    clause: str = ""
    """The clause of that policy, where one alone sets it."""
    one: str = ""
    many: str = ""
    none: str = ""
    """What it says for 1, for more (with {n}), and for zero or no figure of its own."""
    stated_in: str = ""
    """The clause of that policy in whose words the standard stands; `clause` when empty."""

    def is_standard_in(self, words: str) -> bool:
        """Whether the words of a clause state the standard. Without a number of its own there is nothing to state."""
        return not self.standard or re.search(rf"\b({self.standard}|{_IN_WORDS[self.standard]})\b", words) is not None

    def in_words(self, value: Value | None) -> str:
        """What the figure means, as a sentence."""
        if isinstance(value, Rate):
            return self.many.format(n=value.in_words)
        if not value and self.none:
            return self.none
        return self.one if value == 1 else self.many.format(n=number(value or 0))


TABLE = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "liability_cap_months", "Liability cap", "months of fees", 1, 60, 3, "terms", "liability-cap",
            one="Liability is capped at the fees of 1 month.",
            many="Liability is capped at the fees of {n} months.",
        ),
        Parameter(
            "notice_days", "Notice of material changes", "days", 1, 365, 30, "policy-changes",
            stated_in="material-notice",
            one="A material change of a policy begins to count 1 day after notice.",
            many="A material change of a policy begins to count {n} days after notice.",
        ),
        Parameter(
            "refund_window_days", "Time to ask for a refund", "days", 1, 365, 14, "refunds-cancellation",
            stated_in="refund-window",
            one="A refund can be asked for within 1 day.",
            many="A refund can be asked for within {n} days.",
        ),
        Parameter(
            "suspension_notice_hours", "Notice before a suspension", "hours", 0, 720, 0, "enforcement-appeals",
            stated_in="suspension-notice",
            one="A suspension for other reasons than security or law is announced 1 hour before.",
            many="A suspension for other reasons than security or law is announced {n} hours before.",
            none="A suspension is announced first wherever waiting harms nobody.",
        ),
        Parameter(
            "overage_rate", "Price of what goes beyond the plan", "", 0, HIGHEST_RATE, None, "terms", "fees-where",
            many="What goes beyond the plan costs {n}.",
            none="What goes beyond the plan costs what the plan says.",
        ),
    )
}  # fmt: skip


def checked(given: Mapping[str, Any]) -> dict[str, Value]:
    """Figures by name, typed and within their bounds. Raises Invalid that names the one that does not fit."""
    figures: dict[str, Value] = {}
    for name, value in given.items():
        if name not in TABLE:
            raise Invalid("There is no such figure.", field="parameters")
        figures[name] = _rate(value) if name == "overage_rate" else _whole(TABLE[name], value)
    return figures


def stored(figures: Mapping[str, Value]) -> dict[str, Any]:
    """Figures as JSON; `read` reads them back."""
    return {name: vars(value) if isinstance(value, Rate) else value for name, value in figures.items()}


def read(kept: Mapping[str, Any]) -> dict[str, Value]:
    """Figures as they were agreed, also where the bounds have become narrower since."""
    return {name: Rate(**value) if isinstance(value, Mapping) else value for name, value in kept.items()}


def _whole(parameter: Parameter, value: Any) -> int:
    if type(value) is not int or not parameter.low <= value <= parameter.high:
        sentence = f"{parameter.label}: enter {parameter.unit} from {parameter.low} to {parameter.high}."
        raise Invalid(sentence, field=parameter.name)
    return value


def _rate(value: Any) -> Rate:
    rate = Rate(**value) if isinstance(value, Mapping) and set(value) == {"minor", "currency", "unit"} else value
    if not isinstance(rate, Rate) or type(rate.minor) is not int or not 0 <= rate.minor <= HIGHEST_RATE:
        raise Invalid(f"Enter a price up to {money(HIGHEST_RATE)}, like 0.02.", field="overage_rate")
    if rate.currency not in CURRENCIES or rate.unit not in UNITS:
        raise Invalid("Choose a currency and what the price is per.", field="overage_rate")
    return rate
