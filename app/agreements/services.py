"""Keeping agreements: a draft is written by some, activated by somebody else, and from then on only ended."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, update

from app.agreements import letters, queries, rules
from app.agreements.documents import Kept
from app.agreements.models import Agreement, Effect, Override, State
from app.agreements.parameters import Value, stored
from app.agreements.parameters import checked as checked_figures
from app.agreements.rules import LAST_DAY, Facts, check_facts, check_override, check_ready
from app.audit.services import record
from app.db import changed, db, now
from app.errors import Conflict, Invalid
from app.formats import short_day
from app.workspaces.models import Workspace

STALE = "Somebody changed this draft meanwhile. Read it again as it is now."
NOT_SO = {
    State.DRAFT: "Only a draft can be changed. Amend it or end it instead.",
    State.ACTIVE: "It is not active, so there is nothing to end.",
}


def draft(workspace: Workspace, facts: Facts, *, by: Any) -> Agreement:
    """A new draft, which counts for nothing yet. Flushes. Raises Invalid with the field that does not fit."""
    check_facts(facts, workspace)
    agreement = Agreement(workspace_id=workspace.id, created_by=by.id, authors=[by.id], **_columns(facts))
    db.session.add(agreement)
    db.session.flush()
    _record(agreement, "drafted", by)
    return agreement


def change(agreement: Agreement, facts: Facts, *, seen: int, by: Any) -> None:
    """Write other facts into a draft. Flushes. Raises Conflict unless it is still the draft that was `seen`."""
    check_facts(facts, queries.workspace_of(agreement))
    before = letters.facts(agreement)
    _edit(agreement, by, _columns(facts), seen=seen)
    rules.check_scope(agreement, [override.policy for override in queries.overrides_of(agreement)])
    _record(agreement, "changed", by, before=before, theirs=False)


def put_override(
    agreement: Agreement, *, policy: str, clause: str, effect: Effect, text: str, figures: Mapping[str, Any], by: Any
) -> Override:
    """Say what a draft does to a clause, in place of what it said before. Flushes. Raises Invalid or Conflict."""
    typed: dict[str, Value] = checked_figures(figures)
    text = text.strip()
    check_override(agreement, policy, clause, effect, text, typed)
    _edit(agreement, by)
    row = queries.find_override(agreement, policy, clause)
    if row is None:
        if len(queries.overrides_of(agreement)) >= rules.MAX_OVERRIDES:
            raise Invalid(f"An agreement changes at most {rules.MAX_OVERRIDES} clauses.", field="clause")
        row = Override(agreement_id=agreement.id, policy=policy, clause=clause)
        db.session.add(row)
    row.effect, row.text, row.parameters = effect, text, stored(typed)
    db.session.flush()
    _record(agreement, "changed", by, after=letters.override_facts(row), theirs=False)
    return row


def remove_override(agreement: Agreement, override: Override, *, by: Any) -> None:
    """Leave a clause as the policy has it. Flushes. Raises Conflict unless it is a draft."""
    _edit(agreement, by)
    db.session.execute(delete(Override).where(Override.id == override.id, Override.agreement_id == agreement.id))
    _record(agreement, "changed", by, before=letters.override_facts(override), theirs=False)


def attach(agreement: Agreement, document: Kept, *, by: Any) -> None:
    """Put the signed document in a draft, in place of one before. Flushes. Raises Conflict unless it is a draft."""
    given = {"document_name": document.name, "document_sha256": document.sha256, "document_size": document.size}
    before = agreement.document_sha256
    _edit(agreement, by, given)
    _record(agreement, "changed", by, before={"document_sha256": before}, after=given, theirs=False)


def activate(agreement: Agreement, *, seen: int, by: Any) -> None:
    """Let it count from its first day on, and tell the owners.

    Only somebody who wrote none of it, and only what they have `seen`. Raises Conflict otherwise, or while
    something is missing.
    """
    overrides = queries.overrides_of(agreement)
    if not agreement.is_draft:
        raise Conflict("It has been activated already.")
    if agreement.version != seen:
        raise Conflict(STALE)
    check_ready(agreement, overrides, by.id)
    _take(agreement, State.DRAFT, seen, {"state": State.ACTIVE, "activated_by": by.id, "activated_at": now()})
    _record(agreement, "activated", by, after=letters.facts(agreement) | letters.overrides_facts(overrides))
    letters.tell_activated(agreement, queries.workspace_of(agreement))


def end(agreement: Agreement, *, last_day: date, reason: str, by: Any) -> None:
    """Let it count until `last_day` and no longer, and tell the owners. What amends it falls with it.

    Never backwards: what applied on a day that is over stays so. Raises Invalid, or Conflict when it is not active.
    """
    reason, earliest = reason.strip(), now().date() - timedelta(days=1)
    if not reason:
        raise Invalid("Say why it ends. The customer reads it.", field="reason")
    if last_day < earliest:
        raise Invalid(f"Choose {short_day(earliest)} or later as the last day.", field="last_day")
    if last_day > LAST_DAY:
        raise Invalid(f"Choose {short_day(LAST_DAY)} or earlier as the last day.", field="last_day")
    if agreement.ends_on is not None and last_day > agreement.ends_on:
        raise Invalid(f"It ends on {short_day(agreement.ends_on)} by itself.", field="last_day")
    values = {"state": State.ENDED, "ended_by": by.id, "ended_at": now(), "ended_on": last_day, "end_reason": reason}
    amendments = queries.amendments_of(agreement)
    _take(agreement, State.ACTIVE, agreement.version, values)
    after = {"last_day": str(last_day), "reason": reason, "falls_with_it": [one.reference for one in amendments]}
    _record(agreement, "ended", by, before=letters.facts(agreement), after=after)
    letters.tell_ended(agreement, queries.workspace_of(agreement), amendments)


def discard(agreement: Agreement, *, by: Any) -> None:
    """Take a draft away, with what it said. Raises Conflict unless it is a draft."""
    _edit(agreement, by)
    _record(agreement, "discarded", by, before=letters.facts(agreement))
    db.session.execute(delete(Override).where(Override.agreement_id == agreement.id))
    db.session.execute(delete(Agreement).where(Agreement.id == agreement.id))


def _edit(agreement: Agreement, by: Any, values: Mapping[str, Any] | None = None, *, seen: int | None = None) -> None:
    """Change a draft as it was read, and note who did: `authors` is only safe to rewrite when nobody else did."""
    authors = agreement.authors if by.id in agreement.authors else [*agreement.authors, by.id]
    expected = agreement.version if seen is None else seen
    _take(agreement, State.DRAFT, expected, {**(values or {}), "version": expected + 1, "authors": authors})


def _take(agreement: Agreement, state: State, version: int, values: Mapping[str, Any]) -> None:
    """The one way a row changes: only from the state and version that were read. Raises Conflict."""
    taken = changed(
        update(Agreement)
        .where(Agreement.id == agreement.id, Agreement.state == state, Agreement.version == version)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(agreement)
    if taken != 1:
        raise Conflict(STALE if agreement.state == state else NOT_SO[state])


def _columns(facts: Facts) -> dict[str, Any]:
    plain = ("kind", "title", "reference", "signed_on", "starts_on", "ends_on", "note")
    signed = [vars(who) | {"signed_on": str(who.signed_on)} for who in facts.signatories]
    amends = facts.amends.id if facts.amends else None
    return {name: getattr(facts, name) for name in plain} | {"signatories": signed, "amends_id": amends}


def _record(
    agreement: Agreement,
    action: str,
    by: Any,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    theirs: bool = True,
) -> None:
    """In our own chain and, where it concerns the customer, in theirs."""
    kind, subject = f"staff:agreement:{action}", f"agreement:{agreement.public_id}"
    words = f"{letters.name(agreement)} {action}"
    change = {"before": before, "after": after if after is not None else letters.facts(agreement)}
    whose = queries.workspace_of(agreement)
    if theirs:
        actor = ("LeenOps support", f"staff:{by.public_id}")
        record(kind, words, workspace_id=whose.id, actor=actor, subject=subject, **change)
    record(kind, f"{whose.name}: {words}", workspace_id=None, actor=by, subject=subject, **change)
