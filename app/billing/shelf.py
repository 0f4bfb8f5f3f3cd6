"""The plans as files: content/plans/<code>/<version>.yaml, read and held to the rules of a plan."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from app.billing.marked import BrokenPlan, Part
from app.billing.models import Meter, Period
from app.config import ROOT
from app.workspaces.models import Role

CONTENT = ROOT / "content" / "plans"
CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,2}")
CLAUSE = re.compile(r"[a-z0-9-]{1,40}(#[a-z0-9-]{1,80})?")
CURRENCIES = ("EUR",)


@dataclass(frozen=True)
class PlanFile:
    """One version of one plan as its file says it: the columns of its rows."""

    name: str
    """Where it lies, for people: content/plans/team/1.0.yaml"""
    facts: dict[str, Any]
    prices: tuple[dict[str, Any], ...]
    meters: tuple[dict[str, Any], ...]
    lines: dict[str, int]
    """On which line a fact stands that other files may contradict."""

    @property
    def key(self) -> tuple[str, str]:
        return self.facts["code"], self.facts["version"]

    @property
    def order(self) -> tuple[int, ...]:
        return order(self.facts["version"])


def order(version: str) -> tuple[int, ...]:
    """To sort by: 1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


def read_all(folder: Path | None = None) -> list[PlanFile]:
    """Every file, by code and version. Raises BrokenPlan with file, line and reason."""
    folder = folder or CONTENT
    found = [_read(path) for path in sorted(folder.glob("*/*")) if not path.name.startswith(".")]
    found.sort(key=lambda plan: (plan.facts["code"], plan.order))
    for _, versions in groupby(found, key=lambda plan: plan.facts["code"]):
        _check_order(versions)
    return found


def _check_order(versions: Iterable[PlanFile]) -> None:
    """Each version takes over from the one before it; two on the same day would both be sold."""
    for before, after in pairwise(versions):
        if after.facts["effective_from"] <= before.facts["effective_from"]:
            raise _overlap(before, after, "effective_from")
        if after.facts["published_on"] < before.facts["published_on"]:
            raise _overlap(before, after, "published_on")


def _overlap(before: PlanFile, after: PlanFile, name: str) -> BrokenPlan:
    earlier = f"that of version {before.facts['version']}, which is {before.facts[name]}"
    return BrokenPlan(f"{after.name}, line {after.lines[name]}: {name} must come after {earlier}.")


def _read(path: Path) -> PlanFile:
    name, content = f"content/plans/{path.parent.name}/{path.name}", path.read_bytes()
    try:
        source = content.decode()
    except UnicodeDecodeError:
        raise BrokenPlan(f"{name}, line 1: this is no text in UTF-8.") from None
    file = Part.of(name, source)
    facts, lines = _facts(file, path)
    facts |= {"source": source, "source_sha256": hashlib.sha256(content).hexdigest()}
    prices = () if facts["by_agreement"] else _prices(file.part("price"))
    meters = _meters(file.part("usage"), facts["by_agreement"])
    file.close()
    return PlanFile(name=name, facts=facts, prices=prices, meters=meters, lines=lines)


def _facts(file: Part, path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    facts: dict[str, Any] = {"code": file.text("code", 40), "version": file.text("version", 14)}
    if (facts["code"], f"{facts['version']}.yaml") != (path.parent.name, path.name):
        raise file.broken("code and version must be those of its folder and name, like team/1.0.yaml.")
    if not CODE.fullmatch(facts["code"]) or not VERSION.fullmatch(facts["version"]):
        raise file.broken("the code is written like team and the version like 1.0.")
    facts |= {"name": file.text("name", 60), "summary": file.text("summary"), "position": file.whole("position")}
    lines = {}
    for name in ("published_on", "effective_from"):
        facts[name] = file.day(name)
        lines[name] = file.line
    if facts["effective_from"] < facts["published_on"]:
        raise file.broken("it cannot take effect before it is published.")
    facts |= {name: file.flag(name) for name in ("available", "by_agreement", "hard_cap")}
    facts["never_charged"] = file.texts("never_charged")
    return facts | _seats(file.part("seats"), facts["by_agreement"]) | _endings(file) | _currency(file), lines


def _currency(file: Part) -> dict[str, Any]:
    currency = file.text("currency", 3)
    if currency not in CURRENCIES:
        raise file.broken(f"currency must be one of {', '.join(CURRENCIES)}.")
    return {"currency": currency}


def _seats(part: Part, by_agreement: bool) -> dict[str, Any]:
    roles = part.texts("roles")
    if not roles or set(roles) - set(Role) or len(set(roles)) != len(roles):
        raise part.broken(f"roles must be some of {', '.join(Role)}.")
    included = None if by_agreement else part.whole("included", 1)
    part.close()
    return {"seat_roles": roles, "seats_included": included}


def _endings(file: Part) -> dict[str, Any]:
    """What happens at the end, and the policy that says so."""
    cancel, refund = file.part("cancellation"), file.part("refunds")
    facts = {
        "cancel_notice_days": cancel.whole("notice_days"),
        "kept_days": cancel.whole("kept_days"),
        "cancellation_clause": _clause(cancel),
        "refund_window_days": refund.whole("window_days"),
        "refunds_unused_months": refund.flag("unused_months"),
        "refund_clause": _clause(refund),
    }
    cancel.close()
    refund.close()
    return facts


def _clause(part: Part) -> str:
    clause = part.text("clause", 121)
    if not CLAUSE.fullmatch(clause):
        raise part.broken("clause must name a policy, like refunds-cancellation or refunds-cancellation#window.")
    return clause


def _prices(part: Part) -> tuple[dict[str, Any], ...]:
    prices = tuple(_price(part.part(period), period) for period in Period)
    part.close()
    return prices


def _price(part: Part, period: Period) -> dict[str, Any]:
    amount = part.whole("amount")
    seat = part.whole("further_seat", 1) if part.has("further_seat") else None
    part.close()
    return {"period": period.value, "amount": amount, "seat_amount": seat}


def _meters(usage: Part, by_agreement: bool) -> tuple[dict[str, Any], ...]:
    meters = tuple(_meter(usage, meter, by_agreement) for meter in Meter)
    usage.close()
    return meters


def _meter(usage: Part, meter: Meter, by_agreement: bool) -> dict[str, Any]:
    part = usage.part(meter.value)
    row: dict[str, Any] = {"meter": meter.value, "included": None, "over_amount": None, "over_units": None}
    if by_agreement:
        if part.text("included", 20) != "as agreed":
            raise part.broken("a plan by agreement includes what is agreed: write as agreed.")
    else:
        row["included"] = part.whole("included")
        if part.has("over"):
            over = part.part("over")
            row |= {"over_amount": over.whole("amount", 1), "over_units": over.whole("units", 1)}
            over.close()
    part.close()
    return row
