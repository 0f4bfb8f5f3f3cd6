"""Workspaces: founding one, its settings and its teams."""

import re
import secrets
import unicodedata
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.accounts.services import checked_name
from app.audit.services import record
from app.db import db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.workspaces import queries
from app.workspaces.deadlines import DeadlineSteps
from app.workspaces.domains import checked_domains, company_domains_of
from app.workspaces.hours import BusinessHours, NeverOpen
from app.workspaces.models import TEAMS, Membership, Role, Team, Workspace

HOLD_SECONDS = (0, 60)
CARD_HOURS = (1, 168)
MOST_HOLIDAYS = 200
MAX_TEAMS = 50
RESERVED = frozenset({"new"})


def create_workspace(name: str, *, by: User) -> Workspace:
    """A workspace with the five teams and `by` as its owner. Flushes; approval rules are the caller's next step.

    Its company's domain is the founder's, unless anybody can have an address there: then it has none, and
    every recipient is outside.
    """
    name = checked_name(name)
    workspace = _found(name, company_domains_of(by.email))
    db.session.add_all(Team(workspace_id=workspace.id, key=key, name=key.capitalize()) for key in TEAMS)
    db.session.add(Membership(workspace_id=workspace.id, user_id=by.id, role=Role.OWNER, teams=[]))
    db.session.flush()
    after = {"name": name, "slug": workspace.slug}
    record("member:workspace:created", f"{by.name} created {name}", workspace_id=workspace.id, actor=by, after=after)
    return workspace


def change_settings(
    workspace: Workspace, *, name: str, domains: list[str], hold_seconds: int, timezone: str, by: User
) -> None:
    """Change what the workspace decides for itself. Raises Invalid with the field that does not fit."""
    wanted = {
        "name": checked_name(name),
        "domains": checked_domains(domains),
        "hold_seconds": _between(hold_seconds, HOLD_SECONDS, "hold_seconds"),
        "timezone": checked_timezone(timezone),
    }
    _change(workspace, wanted, by)


def change_deadlines(workspace: Workspace, steps: DeadlineSteps, *, by: User) -> None:
    """Change what happens to cards asked from now on, and when. Raises Invalid for a wait out of bounds."""
    expire = _between(steps.expire, CARD_HOURS, "card_hours")
    if steps != workspace.steps:
        _change(workspace, {"card_hours": expire, "deadline_steps": steps.kept()}, by)


def change_hours(workspace: Workspace, hours: BusinessHours, *, by: User) -> None:
    """Change when the workspace is open. Raises Invalid when that is never in the next year."""
    if len(hours.holidays) > MOST_HOLIDAYS:
        raise Invalid(f"Enter at most {MOST_HOLIDAYS} holidays.", field="holidays")
    try:
        hours.next_opening(now())
    except NeverOpen as never:
        field = "holidays" if any(hours.week or ()) else "monday"
        raise Invalid(f"{never.sentence} Enter some hours, or choose always open.", field=field) from never
    _change(workspace, {"business_hours": hours.kept()}, by)


def require_two(workspace: Workspace, *, rules: bool, versions: bool, by: Membership) -> None:
    """Say whether rules, and versions of agents, need a second person. Only an owner takes that away again.

    Raises Invalid when nobody else could agree, NotAllowed.
    """
    wanted = {"rules_need_two": rules, "versions_need_two": versions}
    if by.role != Role.OWNER and any(getattr(workspace, name) and not on for name, on in wanted.items()):
        raise NotAllowed("Only an owner can let one person publish alone again.")
    able = queries.deciders(workspace.id)
    if (rules and sum(one.role in (Role.OWNER, Role.ADMIN) for one in able) < 2) or (versions and len(able) < 2):
        raise Invalid("There is nobody else who could agree. Invite an admin first.", field="rules_need_two")
    _change(workspace, wanted, by.user)


def _change(workspace: Workspace, wanted: dict[str, Any], by: User) -> None:
    """Take over what differs, with one line in the audit log; nothing when nothing does."""
    before = {key: getattr(workspace, key) for key in wanted}
    changed = [key for key, value in wanted.items() if before[key] != value]
    if not changed:
        return
    for key in changed:
        setattr(workspace, key, wanted[key])
    record(
        "member:workspace:settings",
        f"{by.name} changed the settings: {', '.join(key.replace('_', ' ') for key in changed)}",
        workspace_id=workspace.id,
        actor=by,
        subject=f"workspace:{workspace.public_id}",
        before={key: before[key] for key in changed},
        after={key: wanted[key] for key in changed},
    )


def add_team(workspace: Workspace, name: str, *, by: User) -> Team:
    """A new team. Its key is made from its name and stays. Raises Conflict when it exists."""
    name, teams = checked_name(name), queries.teams_of(lock_workspace(workspace))
    if len(teams) >= MAX_TEAMS:
        raise Invalid(f"A workspace has at most {MAX_TEAMS} teams.", field="name")
    _refuse_twin(name, teams)
    key = slugify(name)[:40].strip("-")
    if not key or any(team.key == key for team in teams):
        key = f"{key[:34]}-{secrets.token_hex(2)}".strip("-")
    team = Team(workspace_id=workspace.id, key=key, name=name)
    db.session.add(team)
    db.session.flush()
    record(
        "member:team:added",
        f"{by.name} added the team {name}",
        workspace_id=workspace.id,
        actor=by,
        subject=f"team:{key}",
        after={"name": name},
    )
    return team


def rename_team(workspace: Workspace, team: Team, name: str, *, by: User) -> None:
    """Change how the team is called; what belongs to it stays. Raises Conflict when another has the name."""
    name = checked_name(name)
    _refuse_twin(name, [other for other in queries.teams_of(lock_workspace(workspace)) if other.id != team.id])
    before, team.name = team.name, name
    if before == name:
        return
    record(
        "member:team:renamed",
        f"{by.name} renamed the team {before} to {name}",
        workspace_id=workspace.id,
        actor=by,
        subject=f"team:{team.key}",
        before={"name": before},
        after={"name": name},
    )


def checked_timezone(name: str) -> str:
    """A zone of the tz database."""
    if name not in available_timezones():
        raise Invalid("Choose a time zone from the list, like Europe/Amsterdam.", field="timezone")
    return name


def slugify(name: str) -> str:
    """Lower-case words with dashes; empty when the name has no letters or digits of ours."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("&", "")).strip("-")


def _found(name: str, domains: list[str]) -> Workspace:
    """The row, under the name's own address if that is free: the unique address decides."""
    base = slugify(name)[:32].strip("-") or "workspace"
    longer = f"{base}-{secrets.token_hex(3)}"
    for slug in (longer,) if base in RESERVED or len(base) < 2 else (base, longer):
        workspace = Workspace(slug=slug, name=name, domains=domains)
        try:
            with db.session.begin_nested():
                db.session.add(workspace)
        except IntegrityError:
            continue
        return workspace
    raise Conflict("This name is taken. Choose another.")


def _refuse_twin(name: str, teams: list[Team]) -> None:
    if any(team.name.casefold() == name.casefold() for team in teams):
        raise Conflict(f"There is a team {name} already.")


def _between(value: int, limits: tuple[int, int], field: str) -> int:
    low, high = limits
    if not low <= value <= high:
        raise Invalid(f"Enter a number from {low} to {high}.", field=field)
    return value


def lock_workspace(workspace: Workspace) -> Workspace:
    """One change at a time to who and what belongs to the workspace."""
    db.session.execute(select(Workspace.id).where(Workspace.id == workspace.id).with_for_update())
    return workspace
