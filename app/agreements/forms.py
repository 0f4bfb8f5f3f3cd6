"""The shape of an agreement as staff fill it in. What it may say is decided in rules.py."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from app.agreements.models import Agreement, Effect, Kind, Override, Party
from app.agreements.parameters import TABLE, Rate, read
from app.agreements.rules import MAX_SIGNATORIES, Facts, Signatory
from app.errors import Invalid, NotFound

ROWS = 4
"""Empty places for signatories that a new form shows."""
MAX_NAME = 120
Errors = dict[str, list[str]]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRICE = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class SignatoryRow:
    """One line of the form."""

    name: str = ""
    role: str = ""
    party: str = Party.CUSTOMER
    signed_on: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.role or self.signed_on)

    def signatory(self) -> Signatory | None:
        """Who signed; None while something is missing."""
        on = as_day(self.signed_on)
        fits = self.name and self.role and on and self.party in list(Party)
        if not fits or len(self.name) > MAX_NAME or len(self.role) > MAX_NAME or on is None:
            return None
        return Signatory(self.name, self.role, Party(self.party), on)


@dataclass(frozen=True)
class AgreementForm:
    """What was typed, cleaned; `errors()` says what is missing."""

    kind: str = ""
    title: str = ""
    reference: str = ""
    signed_on: str = ""
    starts_on: str = ""
    ends_on: str = ""
    amends: str = ""
    note: str = ""
    signatories: tuple[SignatoryRow, ...] = ()

    @classmethod
    def of(cls, typed: MultiDict[str, str]) -> "AgreementForm":
        words = {name: one_line(typed.get(name, "")) for name in _PLAIN}
        columns = [typed.getlist(f"signatory_{name}") for name in ("name", "role", "party", "on")]
        rows = [SignatoryRow(*map(one_line, row)) for row in zip(*columns, strict=False)]
        filled = tuple(row for row in rows if not row.is_empty)[: MAX_SIGNATORIES + 1]
        return cls(**words, note=text(typed.get("note", "")), signatories=filled)

    @classmethod
    def from_row(cls, row: Agreement, amends: str) -> "AgreementForm":
        words = {name: str(getattr(row, name) or "") for name in (*_PLAIN[:-1], "note")}
        return cls(**words, amends=amends, signatories=tuple(SignatoryRow(**who) for who in row.signatories))

    @property
    def rows(self) -> list[SignatoryRow]:
        """What is filled in, and empty places."""
        empty = max(ROWS - len(self.signatories), 1)
        parties = [Party.CUSTOMER, Party.LEENOPS]
        return [*self.signatories, *(SignatoryRow(party=parties[n % 2]) for n in range(empty))][:MAX_SIGNATORIES]

    def errors(self) -> Errors:
        """What to do before it can be kept, by field."""
        problems = (
            ("kind", "Choose what was signed.", self.kind not in list(Kind)),
            ("signed_on", "Give the day it was signed.", as_day(self.signed_on) is None),
            ("starts_on", "Give the day from which it applies.", as_day(self.starts_on) is None),
            ("ends_on", "Give its last day, or leave this empty.", bool(self.ends_on) and as_day(self.ends_on) is None),
            ("note", "Use at most 2,000 characters.", len(self.note) > 2000),
            ("signatories", "Give name, role and day of each who signed.", not all(map(_is_whole, self.signatories))),
        )
        return {name: [sentence] for name, sentence, wrong in problems if wrong}

    def facts(self, amendable: Sequence[Agreement]) -> Facts:
        """Typed. Only for a form without errors()."""
        signed_on, starts_on = as_day(self.signed_on), as_day(self.starts_on)
        assert signed_on is not None and starts_on is not None, "errors() comes first"
        return Facts(
            kind=Kind(self.kind),
            title=self.title,
            reference=self.reference,
            signed_on=signed_on,
            starts_on=starts_on,
            ends_on=as_day(self.ends_on),
            amends=next((one for one in amendable if one.public_id == self.amends), None),
            signatories=tuple(who for row in self.signatories if (who := row.signatory())),
            note=self.note,
        )


_PLAIN = ("kind", "title", "reference", "signed_on", "starts_on", "ends_on", "amends")


@dataclass(frozen=True)
class OverrideForm:
    """What an agreement does to one clause, as typed."""

    policy: str = ""
    clause: str = ""
    effect: str = ""
    text: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    """By name; a price in the parts amount, currency and unit."""

    @classmethod
    def of(cls, typed: MultiDict[str, str]) -> "OverrideForm":
        words = {name: one_line(typed.get(name, "")) for name in ("policy", "clause", "effect")}
        figures = {name: one_line(typed.get(name, "")) for name in (*_WHOLE, *_RATE)}
        return cls(**words, text=text(typed.get("text", "")), figures=figures)

    @classmethod
    def from_row(cls, row: Override) -> "OverrideForm":
        figures: dict[str, str] = {}
        for name, value in read(row.parameters).items():
            if isinstance(value, Rate):
                figures |= {"overage_rate": f"{Decimal(value.minor) / 100:.2f}"}
                figures |= {"overage_currency": value.currency, "overage_unit": value.unit}
            else:
                figures[name] = str(value)
        return cls(row.policy, row.clause, row.effect, row.text, figures)

    def typed_figures(self) -> dict[str, Any]:
        """Raises Invalid for what is no number. Whether it is within bounds is the rules' question."""
        found: dict[str, Any] = {}
        for name in _WHOLE:
            if given := self.figures.get(name, ""):
                if not (given.isascii() and given.isdigit() and len(given) < 6):
                    raise Invalid(f"{TABLE[name].label}: enter a whole number.", field=name)
                found[name] = int(given)
        if price := self.figures.get("overage_rate", ""):
            if not _PRICE.fullmatch(price):
                raise Invalid("Write the price like 0.02.", field="overage_rate")
            parts = {key: self.figures.get(f"overage_{key}", "") for key in ("currency", "unit")}
            found["overage_rate"] = {"minor": int(Decimal(price) * 100), **parts}
        return found

    def chosen_effect(self) -> Effect:
        """Raises Invalid when none was chosen."""
        if self.effect not in list(Effect):
            raise Invalid("Choose what happens to the clause.", field="effect")
        return Effect(self.effect)


_WHOLE = tuple(name for name in TABLE if name != "overage_rate")
_RATE = ("overage_rate", "overage_currency", "overage_unit")


def as_day(given: str) -> date | None:
    """A day written 2026-06-20; None for anything else."""
    try:
        return date.fromisoformat(given) if _DAY.fullmatch(given) else None
    except ValueError:
        return None


def day_asked(given: str) -> date | None:
    """The day of an address: None is today. Raises NotFound for what is no day."""
    day = as_day(given.strip())
    if given.strip() and day is None:
        raise NotFound("There is no such day. Write it as year, month and day, like 2026-06-20.")
    return day


def one_line(given: str) -> str:
    """Text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in given).split())


def text(given: str) -> str:
    """Text with its line breaks and without other control characters."""
    given = given.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in given if c == "\n" or c.isprintable()).strip()


def _is_whole(row: SignatoryRow) -> bool:
    return row.signatory() is not None
