"""What an agreement must fulfil: its facts, what it may say about a clause, and what it lacks before it can count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.agreements import queries
from app.agreements.models import Agreement, Effect, Kind, Override, Party
from app.agreements.parameters import TABLE, Value
from app.agreements.terms import DATA_POLICIES
from app.agreements.wording import KINDS, PARTIES
from app.db import db, now
from app.errors import Conflict, Invalid
from app.formats import short_day
from app.legal import library
from app.workspaces.models import Workspace

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
MAX_SIGNATORIES = 8
MAX_OVERRIDES = 200
MAX_TEXT = 10_000
MAX_TITLE, MAX_REFERENCE = 160, 40


@dataclass(frozen=True)
class Signatory:
    """One person who signed, for whom and when."""

    name: str
    role: str
    party: Party
    signed_on: date


@dataclass(frozen=True)
class Facts:
    """What stands on the paper besides the clauses."""

    kind: Kind
    title: str
    reference: str
    signed_on: date
    starts_on: date
    ends_on: date | None = None
    amends: Agreement | None = None
    signatories: tuple[Signatory, ...] = ()
    note: str = ""


def check_facts(facts: Facts, workspace: Workspace) -> None:
    """Raises Invalid with the field that does not fit."""
    today = now().date()
    last = facts.ends_on or facts.starts_on
    problems = (
        ("title", "Give it the title that stands on the paper.", not facts.title),
        ("reference", "Give its number, like OF-2026-014.", not facts.reference),
        ("title", f"Use at most {MAX_TITLE} characters.", len(facts.title) > MAX_TITLE),
        ("reference", f"Use at most {MAX_REFERENCE} characters.", len(facts.reference) > MAX_REFERENCE),
        ("signed_on", "Give the day it was signed: today or before.", not FIRST_DAY <= facts.signed_on <= today),
        ("starts_on", "Give a start between 2000 and 2100.", not FIRST_DAY <= facts.starts_on <= LAST_DAY),
        ("ends_on", "Let it end on or after the day it starts.", not facts.starts_on <= last <= LAST_DAY),
        ("signatories", f"Name at most {MAX_SIGNATORIES} people.", len(facts.signatories) > MAX_SIGNATORIES),
        ("signatories", "Nobody signs after today.", any(who.signed_on > today for who in facts.signatories)),
        ("signatories", "Look at the year.", any(who.signed_on < FIRST_DAY for who in facts.signatories)),
    )
    for field, sentence, wrong in problems:
        if wrong:
            raise Invalid(sentence, field=field)
    _check_base(facts, workspace)


def _check_base(facts: Facts, workspace: Workspace) -> None:
    """An amendment stands on an active agreement of the same customer, and is no older than that."""
    base = facts.amends
    if facts.kind != Kind.AMENDMENT:
        if base is not None:
            raise Invalid("Only an amendment amends another agreement.", field="amends")
        return
    if base is None or base.workspace_id != workspace.id or base.state != "active":
        raise Invalid("Choose the active agreement that it amends.", field="amends")
    if facts.signed_on < base.signed_on:
        raise Invalid(f"What it amends was signed on {short_day(base.signed_on)}.", field="signed_on")
    if facts.starts_on < base.starts_on:
        raise Invalid(f"What it amends starts on {short_day(base.starts_on)}.", field="starts_on")
    if (last := reaches(base)) and facts.starts_on > last:
        raise Invalid(f"What it amends ends on {short_day(last)}, so this would never apply.", field="starts_on")


def reaches(agreement: Agreement) -> date | None:
    """The last day on which it can count: its own, or that of what it amends, at any remove. None while it is open."""
    days, at = [agreement.last_day], agreement
    while at.amends_id is not None:
        at = db.session.get_one(Agreement, at.amends_id)
        days.append(at.last_day)
    return min((day for day in days if day), default=None)


def check_scope(agreement: Agreement, policies: Sequence[str]) -> None:
    """A data processing addendum, and what amends one, changes the policies on data only. Raises Invalid."""
    root = agreement
    while root.amends_id is not None:
        root = db.session.get_one(Agreement, root.amends_id)
    if root.kind == Kind.DPA and (outside := sorted(set(policies) - DATA_POLICIES)):
        names = ", ".join(_title(slug) for slug in outside)
        raise Invalid(f"A {KINDS[Kind.DPA].lower()} cannot change: {names}.", field="policy")


def check_override(
    agreement: Agreement, policy: str, clause: str, effect: Effect, text: str, figures: Mapping[str, Value]
) -> None:
    """Raises Invalid with the field that does not fit."""
    check_scope(agreement, [policy, *(TABLE[name].policy for name in figures)])
    if queries.find_override(agreement, policy, clause) is None and not _is_there(policy, clause):
        raise Invalid("Choose a clause of a policy in force.", field="clause")
    if effect == Effect.DISAPPLIES and (text or figures):
        raise Invalid("A clause that does not apply has no words and no figures. Clear them.", field="text")
    if effect != Effect.DISAPPLIES and not text:
        raise Invalid("Write down what was agreed, word for word.", field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"Use at most {MAX_TEXT:,} characters.", field="text")
    check_figures(agreement, policy, clause, effect, figures)


def check_figures(agreement: Agreement, policy: str, clause: str, effect: Effect, figures: Mapping[str, Value]) -> None:
    """Each figure once in an agreement; and who puts other words in the place of one says it anew. Raises Invalid.

    Without that, the words of a clause and the figure that the software reads could come to disagree.
    """
    for other in queries.overrides_of(agreement):
        if (other.policy, other.clause) != (policy, clause) and (twice := set(figures) & set(other.parameters)):
            name = sorted(twice)[0]
            raise Invalid(f"{TABLE[name].label} is agreed in another clause of this agreement already.", field=name)
    if effect == Effect.SUPPLEMENTS:
        return
    for name in sorted(_figures_in(agreement, policy, clause) - set(figures)):
        if effect == Effect.DISAPPLIES:
            raise Invalid(f"This clause sets a figure ({TABLE[name].label.lower()}). Replace it.", field="effect")
        raise Invalid(f"The clause you replace sets this figure. Say what it is now: {TABLE[name].label}.", field=name)


def missing(agreement: Agreement) -> list[str]:
    """What it lacks before it can be activated, as things to do."""
    signed = {who["party"] for who in agreement.signatories}
    things = [f"Name who signed for {PARTIES[party].replace('The', 'the')}." for party in Party if party not in signed]
    return things if agreement.document_sha256 else ["Add the signed document.", *things]


def check_ready(agreement: Agreement, overrides: Sequence[Override], by_id: int) -> None:
    """Raises Conflict or Invalid unless `by_id` may activate it as it is."""
    if by_id in agreement.authors:
        raise Conflict("You wrote part of this draft. Somebody else must read and activate it.")
    if things := missing(agreement):
        raise Conflict(" ".join(things))
    figures = {name for override in overrides for name in override.parameters}
    check_scope(agreement, [*(override.policy for override in overrides), *(TABLE[name].policy for name in figures)])
    if agreement.amends_id is not None and db.session.get_one(Agreement, agreement.amends_id).state != "active":
        raise Conflict("What it amends is not active any more.")
    if (last := reaches(agreement)) and agreement.starts_on > last:
        raise Conflict(f"What it amends ends on {short_day(last)}, so this would never apply.")
    for row in overrides:
        check_figures(agreement, row.policy, row.clause, Effect(row.effect), row.parameters)


def _figures_in(agreement: Agreement, policy: str, clause: str) -> set[str]:
    """The figures that this clause sets by itself, or that another agreement in force hung on it."""
    own = {
        p.name
        for p in TABLE.values()
        if p.policy == policy and clause and clause in (p.clause, p.stated_in) and p.standard is not None
    }
    day = max(agreement.starts_on, now().date())
    now_agreed = queries.terms_for(queries.workspace_of(agreement), day)
    decides, adds, _ = now_agreed.settle(policy, clause)
    return own.union(*(change.figures for change in (*adds, decides) if change is not None))


def _is_there(policy: str, clause: str) -> bool:
    found = library.find_in_force(policy)
    return found is not None and any(clause == c.anchor for section in found.sections for c in section.clauses)


def _title(slug: str) -> str:
    found = library.find_in_force(slug)
    return found.title if found else slug
