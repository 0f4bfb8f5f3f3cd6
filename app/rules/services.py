"""Writing the rules: changes gather in one draft, and publishing it makes the next numbered rule set.

Flushes; the views commit. Every change of the draft names the version it was made on, so that two people
never write over each other, and what was published stays for ever.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sqlalchemy import delete, update

from app.accounts.models import User
from app.audit.services import record
from app.db import changed, db, hold, now
from app.digests import sha256_json
from app.errors import Conflict, Invalid, NotFound
from app.rules.models import RuleDraft, RuleSet
from app.rules.policy import Effect, Mode, RuleLine
from app.rules.queries import draft_of, live_set
from app.rules.starting import STARTING_RULES
from app.workspaces.models import Workspace

MOST = 200
"""Rules of one workspace."""
Lines = list[RuleLine]


def default_rules(workspace: Workspace) -> None:
    """Give a new workspace the rules it starts with."""
    _add(workspace.id, 1, list(STARTING_RULES), note="The rules every workspace starts with", by=None)


def lines_of(kept: RuleSet | RuleDraft | None) -> Lines:
    """The rules of a set or a draft, in order."""
    return [RuleLine.of(line) for line in kept.rules] if kept else []


def new_key() -> str:
    """What a new rule is known by, in every version to come."""
    return secrets.token_hex(6)


def save_rule(workspace_id: int, rule: RuleLine, *, seen: int, by: User) -> RuleDraft:
    """Put `rule` into the draft: in the place of the one with its key, or as the last.

    Raises Conflict when the draft is not the version `seen`, Invalid when there are too many.
    """

    def put(lines: Lines) -> Lines:
        if any(line.key == rule.key for line in lines):
            return [rule if line.key == rule.key else line for line in lines]
        if len(lines) >= MOST:
            raise Invalid(f"A workspace has at most {MOST} rules. Delete one first.")
        return [*lines, rule]

    return _change(workspace_id, put, seen=seen, by=by)


def put_before(workspace_id: int, rule: RuleLine, before: str, *, seen: int, by: User) -> RuleDraft:
    """Put a new rule into the draft just before the one with the key `before`, or first. Raises Conflict, Invalid."""

    def put(lines: Lines) -> Lines:
        if len(lines) >= MOST:
            raise Invalid(f"A workspace has at most {MOST} rules. Delete one first.")
        place = next((place for place, line in enumerate(lines) if line.key == before), 0)
        return [*lines[:place], rule, *lines[place:]]

    return _change(workspace_id, put, seen=seen, by=by)


def delete_rule(workspace_id: int, key: str, *, seen: int, by: User) -> RuleDraft:
    """Leave the rule out of the draft. Raises NotFound, Conflict."""

    def leave_out(lines: Lines) -> Lines:
        rule = _one(lines, key)
        return [line for line in lines if line is not rule]

    return _change(workspace_id, leave_out, seen=seen, by=by)


def move_rule(workspace_id: int, key: str, *, places: int, seen: int, by: User) -> RuleDraft:
    """Move the rule up (negative) or down by so many places, no further than the ends. Raises NotFound, Conflict."""

    def move(lines: Lines) -> Lines:
        rule = _one(lines, key)
        rest = [line for line in lines if line is not rule]
        rest.insert(max(0, lines.index(rule) + places), rule)
        return rest

    return _change(workspace_id, move, seen=seen, by=by)


def switch_rule(workspace_id: int, key: str, mode: Mode, *, seen: int, by: User) -> RuleDraft:
    """Enforce the rule, only watch it, or switch it off. Raises NotFound, Conflict."""

    def switch(lines: Lines) -> Lines:
        rule = _one(lines, key)
        return [replace(line, mode=mode) if line is rule else line for line in lines]

    return _change(workspace_id, switch, seen=seen, by=by)


def restore(workspace_id: int, old: RuleSet, *, seen: int, by: User) -> RuleDraft:
    """Let the draft say what an earlier version said. Raises Conflict."""
    return _change(workspace_id, lambda _: lines_of(old), seen=seen, by=by)


def _one(lines: Lines, key: str) -> RuleLine:
    found = next((line for line in lines if line.key == key), None)
    if found is None:
        raise NotFound("This rule is not there any more.")
    return found


def _change(workspace_id: int, change: Callable[[Lines], Lines], *, seen: int, by: User) -> RuleDraft:
    """The draft after `change`, begun from the rules in force when there is none. `seen` is 0 for none."""
    hold("rules", workspace_id)  # who begins a draft at the same moment finds this one
    draft = draft_of(workspace_id)
    if (draft.version if draft else 0) != seen:
        raise Conflict("Somebody else changed the draft meanwhile.")
    if draft is None:
        live = live_set(workspace_id)
        draft = RuleDraft(
            workspace_id=workspace_id,
            base=live.number if live else 0,
            rules=[line.kept() for line in change(lines_of(live))],
            changed_by=by.id,
            changed_at=now(),
        )
        db.session.add(draft)
        db.session.flush()
        return draft
    kept = [line.kept() for line in change(lines_of(draft))]
    mine = update(RuleDraft).where(RuleDraft.workspace_id == workspace_id, RuleDraft.version == seen)
    if changed(mine.values(rules=kept, version=seen + 1, changed_by=by.id, changed_at=now())) != 1:
        raise Conflict("Somebody else changed the draft meanwhile.")
    db.session.refresh(draft)
    return draft


def discard(workspace_id: int, *, seen: int) -> None:
    """Throw the draft away. Raises Conflict when it is not the version `seen`."""
    mine = delete(RuleDraft).where(RuleDraft.workspace_id == workspace_id, RuleDraft.version == seen)
    if changed(mine) != 1:
        raise Conflict("Somebody else changed or published the draft meanwhile. Look at it again.")


def publish(workspace_id: int, *, seen: int, note: str, by: User, approved_by: User | None = None) -> RuleSet:
    """Put the draft in force as the next rule set. Cards whose rule changed are voided and asked again.

    Raises Conflict when the draft is not the version `seen` or others were published since it was begun, Invalid
    without a note or when it changes nothing.
    """
    hold("rules", workspace_id)
    draft, live = draft_of(workspace_id), live_set(workspace_id)
    if draft is None or draft.version != seen:
        raise Conflict("Somebody else changed or published the draft meanwhile. Look at it again.")
    if draft.base != (live.number if live else 0):
        raise Conflict("Other rules were put in force since this draft was begun. Discard it and begin anew.")
    if not note.strip():
        raise Invalid("Say why the rules change.", field="note")
    if live is not None and live.digest == sha256_json(draft.rules):
        raise Invalid("The draft says the same as the rules in force.")
    lines = lines_of(draft)
    discard(workspace_id, seen=seen)
    if live is not None:
        _retire(live)
    made = _add(workspace_id, live.number + 1 if live else 1, lines, note=note.strip()[:500], by=by)
    record(
        "member:rules:published",
        f"{by.name} put the rules of version {made.number} in force",
        workspace_id=workspace_id,
        actor=by,
        subject=f"rules:{made.number}",
        before={"rules": live.rules} if live else None,
        after={"rules": made.rules, "note": made.note} | ({"approved_by": approved_by.name} if approved_by else {}),
    )
    return made


def switch_off_at_once(workspace_id: int, keys: Collection[str], *, note: str) -> RuleSet | None:
    """Switch rules off in what is in force, as the next version, and in the draft. None when none of them is on.

    For what must not wait for a person: it can only take away what agents may do alone.
    """
    hold("rules", workspace_id)
    live, draft = live_set(workspace_id), draft_of(workspace_id)
    if live is None or not any(line.key in keys and line.mode is Mode.ENFORCE for line in lines_of(live)):
        return None
    off = _switched_off(lines_of(live), keys)
    _retire(live)
    made = _add(workspace_id, live.number + 1, off, note=note[:500], by=None)
    if draft is not None and draft.base == live.number:
        draft.rules = [line.kept() for line in _switched_off(lines_of(draft), keys)]
        draft.base, draft.version = made.number, draft.version + 1
    record(
        "system:rules:switched_off",
        f"{note} Version {made.number} of the rules is in force",
        workspace_id=workspace_id,
        subject=f"rules:{made.number}",
        before={"rules": live.rules},
        after={"rules": made.rules},
    )
    return made


def _switched_off(lines: Lines, keys: Collection[str]) -> Lines:
    allows = [line.effect is Effect.ALLOW and line.key in keys for line in lines]
    return [replace(line, mode=Mode.OFF) if off else line for line, off in zip(lines, allows, strict=True)]


def _retire(live: RuleSet) -> None:
    retired = update(RuleSet).where(RuleSet.id == live.id, RuleSet.retired_at.is_(None))
    if changed(retired.values(retired_at=now())) != 1:
        raise Conflict("Other rules were put in force since this draft was begun. Discard it and begin anew.")


def _add(workspace_id: int, number: int, lines: Sequence[RuleLine], *, note: str, by: User | None) -> RuleSet:
    kept = [line.kept() for line in lines]
    made = RuleSet(
        workspace_id=workspace_id,
        number=number,
        rules=kept,
        digest=sha256_json(kept),
        note=note,
        written_by=by.id if by else None,
    )
    db.session.add(made)
    db.session.flush()
    return made
