"""Publishing plans: a file becomes rows once, and from then on may not change."""

from itertools import zip_longest
from pathlib import Path

from sqlalchemy import select

from app.audit.services import record
from app.billing import shelf
from app.billing.marked import BrokenPlan
from app.billing.models import Plan, PlanMeter, PlanPrice
from app.billing.shelf import PlanFile
from app.db import db


def import_plans(folder: Path | None = None) -> int:
    """Publish every version in content/plans that is not yet. Flushes. Returns how many were new.

    Raises BrokenPlan when a published file was changed or removed, or one cannot be read: nothing is
    published then, and what was before stays.
    """
    published = _published()
    fresh = [plan for plan in check_plans(folder) if plan.key not in published]
    for file in fresh:
        db.session.add(_rows(file))
    db.session.flush()
    for file in fresh:
        _tell(file)
    return len(fresh)


def check_plans(folder: Path | None = None) -> list[PlanFile]:
    """Every file, read and compared with what was published; changes nothing. Raises BrokenPlan."""
    files = {file.key: file for file in shelf.read_all(folder)}
    for key, plan in _published().items():
        if key not in files:
            raise BrokenPlan(
                f"content/plans/{plan.code}/{plan.version}.yaml, line 1: it was removed after it was published. "
                "Restore it. To sell a plan no longer, publish a version with available: false."
            )
        if files[key].facts["source_sha256"] != plan.source_sha256:
            raise BrokenPlan(
                f"{files[key].name}, line {_first_difference(plan.source, files[key].facts['source'])}: it was changed "
                "after it was published. Restore it and publish a new version instead."
            )
    return list(files.values())


def _published() -> dict[tuple[str, str], Plan]:
    return {(plan.code, plan.version): plan for plan in db.session.scalars(select(Plan).order_by(Plan.id))}


def _rows(file: PlanFile) -> Plan:
    prices = [PlanPrice(**price) for price in file.prices]
    return Plan(**file.facts, prices=prices, meters=[PlanMeter(**meter) for meter in file.meters])


def _tell(file: PlanFile) -> None:
    code, version = file.key
    record(
        "system:plan:published",
        f"Published the plan {file.facts['name']} {version}",
        workspace_id=None,
        subject=f"plan:{code}/{version}",
        after={"sha256": file.facts["source_sha256"], "effective_from": str(file.facts["effective_from"])},
    )


def _first_difference(before: str, after: str) -> int:
    """The line, counted from 1; the last one when only line endings differ."""
    pairs = list(zip_longest(before.splitlines(), after.splitlines()))
    return next((number for number, (was, now) in enumerate(pairs, 1) if was != now), len(pairs) or 1)
