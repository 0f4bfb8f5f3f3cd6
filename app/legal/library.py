"""The shelf of published policies: what was, is and will be in force.

The rows are the truth. Each process keeps what it has read and looks for changes at most once in
SHELF_SECONDS, so that a page of a policy asks the database next to nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.db import after_commit, begin_mode, db, now
from app.errors import DomainError, NotFound
from app.formats import day as in_words
from app.legal import texts
from app.legal.models import PolicyVersion, Stage, State
from app.legal.texts import Policy

SHELF_SECONDS = 1.0
_KEY = "policy-shelf"


class AlteredPolicy(DomainError):
    """A published text no longer fits its checksum: it is not shown. `flask policies verify` names it."""

    status = 500
    sentence = "This policy cannot be shown at the moment. Write to hello@leenops.com and we send it to you."


class NoVersionThen(NotFound):
    """No version of this policy was, or can be said to be, in force on that day; says why."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """Every published version as it was read at one moment."""

    versions: Mapping[str, tuple[Policy, ...]]
    """By slug, newest first, without the withdrawn."""
    withdrawn: Mapping[tuple[str, str], Policy]
    altered: frozenset[str]
    """Policies with a published text that does not fit its checksum or cannot be read: nothing of them is shown."""
    marks: tuple[tuple[str, str, str, str], ...]
    """What was read, without the texts: equal marks, equal shelf."""


def shelf() -> Shelf:
    """The published versions, at most SHELF_SECONDS old in another process and fresh in the one that wrote."""
    kept: tuple[float, Shelf] | None = current_app.extensions.get(_KEY)
    if kept is not None and time.monotonic() < kept[0]:
        return kept[1]
    fresh = _read(kept[1] if kept else None)
    current_app.extensions[_KEY] = (time.monotonic() + SHELF_SECONDS, fresh)
    return fresh


def mark(extensions: dict[str, Any]) -> tuple[Shelf, date] | None:
    """What pages made now are made from, without asking the database; None when it is time to look anew."""
    kept: tuple[float, Shelf] | None = extensions.get(_KEY)
    return (kept[1], today()) if kept is not None and time.monotonic() < kept[0] else None


def forget() -> None:
    """Read the shelf anew when it is next asked for."""
    current_app.extensions.pop(_KEY, None)


def forget_after_commit() -> None:
    """For who is about to publish or withdraw."""
    extensions: dict[str, Any] = current_app.extensions
    after_commit(lambda: extensions.pop(_KEY, None))


def versions(slug: str) -> tuple[Policy, ...]:
    """Every published version of a policy, newest first: also its change log. Empty when there is no such policy.

    Raises AlteredPolicy for one whose published texts cannot be trusted.
    """
    here = shelf()
    if slug in here.altered:
        raise AlteredPolicy()
    return here.versions.get(slug, ())


def known_versions(slug: str) -> tuple[Policy, ...]:
    """As versions(). Raises NotFound when there is no such policy."""
    found = versions(slug)
    if not found:
        raise NotFound("There is no policy of that name.")
    return found


def find_in_force(slug: str, on: date | None = None) -> Policy | None:
    """The version in force on a day (today by default), or None."""
    day = on or today()
    return next((policy for policy in versions(slug) if policy.effective_on <= day), None)


def in_force(slug: str) -> Policy:
    """The version in force today. Raises NotFound."""
    policy = find_in_force(slug)
    if policy is None:
        raise NotFound("There is no policy of that name.")
    return policy


def as_of(slug: str, day: date) -> Policy:
    """The version in force on a day up to today. Raises NoVersionThen, NotFound when there is no such policy."""
    found = known_versions(slug)
    title, first = found[0].title, found[-1].effective_on
    if day > today():
        raise NoVersionThen(f"{title}: {in_words(day)} is to come. {_announced_by(slug, day)}")
    policy = find_in_force(slug, day)
    if policy is None:
        raise NoVersionThen(
            f"{title}: no version was in force on {in_words(day)}. The first took effect on {in_words(first)}."
        )
    return policy


def _announced_by(slug: str, day: date) -> str:
    """What can be said about a day to come."""
    coming = [policy for policy in announced(slug) if policy.effective_on <= day]
    if not coming:
        return "No change is announced up to then, but one still can be."
    said = " and ".join(f"version {policy.version} for {in_words(policy.effective_on)}" for policy in coming)
    return f"What is announced up to then: {said}."


def version(slug: str, number: str) -> Policy:
    """Exactly this published version, also a withdrawn one. Raises NotFound."""
    here = shelf()
    found = next((policy for policy in versions(slug) if policy.version == number), None)
    found = found or here.withdrawn.get((slug, number))
    if found is None:
        raise NotFound("There is no such version of this policy.")
    return found


def index() -> list[Policy]:
    """The policies in force, by title."""
    return sorted((p for slug in slugs() if (p := find_in_force(slug))), key=lambda p: p.title.casefold())


def slugs() -> list[str]:
    """The names of the policies that have any published text to show."""
    here = shelf()
    return sorted(slug for slug in here.versions if slug not in here.altered)


def announced(slug: str) -> list[Policy]:
    """The versions whose day has not come, the next one first."""
    return sorted((p for p in versions(slug) if p.effective_on > today()), key=lambda p: p.effective_on)


def changes(since: date | None = None) -> list[Policy]:
    """Every version of every policy that was published or took effect on `since` or later, newest first."""
    found = [p for slug in slugs() for p in versions(slug) if since is None or _changed_last(p) >= since]
    return sorted(found, key=lambda p: (_published(p), p.effective_on, p.title, p.order), reverse=True)


def state(policy: Policy, on: date | None = None) -> State:
    """What a published version is on a day: scheduled, in_force, superseded or withdrawn."""
    day = on or today()
    if (policy.slug, policy.version) in shelf().withdrawn:
        return State.WITHDRAWN
    if policy.effective_on > day:
        return State.SCHEDULED
    current = find_in_force(policy.slug, day)
    return State.IN_FORCE if current is not None and current.version == policy.version else State.SUPERSEDED


def state_of(row: PolicyVersion, on: date | None = None) -> State:
    """What a row is on a day, drafts and all."""
    if row.stage != Stage.PUBLISHED:
        return State(row.stage)
    return state(version(row.slug, row.version), on)


def predecessor(policy: Policy) -> Policy | None:
    """The version before this one."""
    return next((p for p in versions(policy.slug) if p.order < policy.order), None)


def successor(policy: Policy) -> Policy | None:
    """The version after this one."""
    return next((p for p in reversed(versions(policy.slug)) if p.order > policy.order), None)


def last_day(policy: Policy) -> date | None:
    """The last day on which this version was, or will be, in force; None while no end is known."""
    after = successor(policy)
    return after.effective_on - timedelta(days=1) if after else None


def today() -> date:
    """The day it is for policies: a day of UTC."""
    return now().date()


def _changed_last(policy: Policy) -> date:
    """The day a version took effect; while that is to come, the day it was published."""
    return policy.effective_on if policy.effective_on <= today() else _published(policy)


def _published(policy: Policy) -> date:
    return policy.published_on or policy.effective_on


_MARKS = (
    select(PolicyVersion.slug, PolicyVersion.version, PolicyVersion.text_sha256, PolicyVersion.stage)
    .where(PolicyVersion.published_at.is_not(None), PolicyVersion.source != "")
    .order_by(PolicyVersion.id)
)


def _read(before: Shelf | None) -> Shelf:
    """What is published now, on a connection of its own: what this transaction may yet undo is not shown."""
    mode = begin_mode.set("DEFERRED")
    try:
        with db.engine.connect() as connection:
            marks = tuple((row[0], row[1], row[2], row[3]) for row in connection.execute(_MARKS))
            if before is not None and before.marks == marks:
                return before
            sources = select(PolicyVersion.slug, PolicyVersion.version, PolicyVersion.source)
            rows = connection.execute(sources.where(PolicyVersion.published_at.is_not(None))).all()
    finally:
        begin_mode.reset(mode)
    return _arrange({(row[0], row[1]): row[2] for row in rows}, marks)


def _arrange(sources: dict[tuple[str, str], str], marks: tuple[tuple[str, str, str, str], ...]) -> Shelf:
    by_slug: dict[str, list[Policy]] = {}
    withdrawn: dict[tuple[str, str], Policy] = {}
    altered: set[str] = set()
    for slug, number, sha256, stage in marks:
        source = sources[slug, number]
        try:
            policy = texts.parse(source, name=f"{slug}/{number}")
        except texts.BrokenPolicy:
            altered.add(slug)
            continue
        if policy.sha256 != sha256:
            altered.add(slug)
            continue
        if stage == Stage.WITHDRAWN:
            withdrawn[slug, number] = policy
        else:
            by_slug.setdefault(slug, []).append(policy)
    ordered = {slug: tuple(sorted(found, key=lambda p: p.order, reverse=True)) for slug, found in by_slug.items()}
    return Shelf(ordered, withdrawn, frozenset(altered), marks)
