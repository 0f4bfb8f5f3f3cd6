"""Reading rule sets, always within one workspace."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.db import Base, db
from app.errors import NotFound
from app.rules.models import RuleDraft, RuleSet
from app.rules.policy import RuleLine

PAGE = 25
_SETS = Base.metadata.tables[RuleSet.__tablename__]
_LIVE = select(_SETS.c.number, _SETS.c.id, _SETS.c.digest).where(
    _SETS.c.workspace_id == bindparam("workspace"), _SETS.c.retired_at.is_(None)
)


class InForce(NamedTuple):
    """What the agents of a workspace are held to."""

    number: int = 0
    """Of the rule set; 0 in a workspace that never had one."""
    lines: tuple[RuleLine, ...] = ()
    """In order."""


def in_force(workspace_id: int) -> InForce:
    """The rules in force and their number. The gate asks at each of its transactions."""
    found = db.session.execute(_LIVE, {"workspace": workspace_id}).first()
    return InForce(found[0], _lines(*found[1:])) if found is not None else InForce()


def rules_in_force(workspace_id: int) -> tuple[RuleLine, ...]:
    """The rules in force, in order."""
    return in_force(workspace_id).lines


@lru_cache(256)
def _lines(rule_set_id: int, digest: str) -> tuple[RuleLine, ...]:
    """A set never changes, so a process reads it once; the digest is there for databases that begin anew."""
    kept = db.session.scalar(select(_SETS.c.rules).where(_SETS.c.id == rule_set_id, _SETS.c.digest == digest))
    return tuple(RuleLine.of(line) for line in kept or ())


def live_set(workspace_id: int) -> RuleSet | None:
    """The rule set in force; None in a workspace that never had one."""
    return db.session.scalar(select(RuleSet).where(RuleSet.workspace_id == workspace_id, RuleSet.retired_at.is_(None)))


def get_set(workspace_id: int, number: int) -> RuleSet:
    """One version. Raises NotFound, also for numbers that no column holds."""
    if not 0 < number < 2**31:
        raise NotFound()
    found = db.session.scalar(select(RuleSet).where(RuleSet.workspace_id == workspace_id, RuleSet.number == number))
    if found is None:
        raise NotFound()
    return found


def sets(workspace_id: int, *, before: int | None = None) -> tuple[Sequence[RuleSet], int | None]:
    """A page of versions, newest first, and the number to go on from."""
    query = select(RuleSet).where(RuleSet.workspace_id == workspace_id)
    query = query.where(RuleSet.number < before) if before else query
    rows = db.session.scalars(query.order_by(RuleSet.number.desc()).limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].number if len(rows) > PAGE else None


def draft_of(workspace_id: int) -> RuleDraft | None:
    """The changes that are not in force yet."""
    return db.session.get(RuleDraft, workspace_id)
