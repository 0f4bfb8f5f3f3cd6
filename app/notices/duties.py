"""What a member must still answer before going on: changed policies that bind those who use LeenOps.

A version counts for a person from its effective date, or later where a signed agreement gives their
workspace more notice. From then on going on with LeenOps means accepting it, but only for who was
reached by its notice; everybody else, and everybody where a click is asked for, is shown it first.
"""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from flask import current_app

from app.agreements.queries import counts_from
from app.audit.services import record
from app.consent.models import Act
from app.consent.queries import last_words
from app.consent.services import Text, engage
from app.legal import library
from app.legal.models import State
from app.legal.texts import Acceptance, Policy
from app.notices import queries, services
from app.notices.models import Delivery
from app.workspaces.models import Membership, Role

KEPT = 20_000
"""How many settled memberships a process remembers."""
SETTLED_SECONDS = 30
"""And for how long: an answer given to another process counts here after it."""
BANNER_DAYS = 90
"""How long after its publication a change is still pointed at in the console."""
_KEY = "settled-duties"
_DID = {Act.ACCEPTED: "accepted", Act.DECLINED: "declined", Act.CONTINUED_USE: "went on using LeenOps under"}


class Next(StrEnum):
    """What comes next for a member and a version that counts for them."""

    SHOW = "show"
    """It must be shown to them, and answered, before they go on."""
    NOTE = "note"
    """They were reached and go on: write that down."""
    READ_ONLY = "read_only"
    """They declined: they may read and export."""


@dataclass(frozen=True)
class Duty:
    policy: Policy
    next: Next
    basis: str = ""
    """How they were reached, for Next.NOTE."""


def duty_of(membership: Membership) -> Duty | None:
    """The first thing a member must answer or have written down; None when all is settled, which is remembered."""
    key = (membership.public_id, library.shelf().marks, library.today())
    settled: dict[object, float] = current_app.extensions.setdefault(_KEY, {})
    if time.monotonic() < settled.get(key, 0):
        return None
    found = find_duty(membership)
    if found is None:
        if len(settled) >= KEPT:
            settled.clear()
        settled[key] = time.monotonic() + SETTLED_SECONDS
    return found


def binding(on: date) -> list[Policy]:
    """The versions in force on a day that took the place of another and bind those who go on."""
    current = (library.find_in_force(slug, on) for slug in library.slugs())
    return [p for p in current if p and p.acceptance != Acceptance.NONE and library.predecessor(p)]


def concerns(policy: Policy, membership: Membership) -> bool:
    """Whether a version came after the member's account: what was in force then was accepted with it."""
    return policy.effective_on > membership.user.created_at.date()


def find_duty(membership: Membership) -> Duty | None:
    """As duty_of, asked of the database."""
    today = library.today()
    due = [p for p in binding(today) if concerns(p, membership) and counts_from(p, membership.workspace) <= today]
    if not due:
        return None
    names = [(p.slug, p.version) for p in due]
    answers = last_words(membership.user_id, membership.workspace_id, names)
    told = queries.notices_to(membership.user_id, names)
    duties = [_duty(p, answers.get((p.slug, p.version)), told.get((p.slug, p.version))) for p in due]
    order = list(Next)
    return min((d for d in duties if d), key=lambda d: order.index(d.next), default=None)


def _duty(policy: Policy, answer: Act | None, told: tuple[object, Delivery] | None) -> Duty | None:
    if answer == Act.DECLINED:
        return Duty(policy, Next.READ_ONLY)
    if answer == Act.ACCEPTED:
        return None
    if policy.acceptance == Acceptance.CLICK:
        return Duty(policy, Next.SHOW)
    if answer == Act.CONTINUED_USE:
        return None
    reached = told is not None and told[1] in (Delivery.SENT, Delivery.SEEN)
    return Duty(policy, Next.NOTE, _basis(told[1])) if reached and told else Duty(policy, Next.SHOW)


def _basis(delivery: Delivery) -> str:
    return "seen in the console" if delivery == Delivery.SEEN else "notice by mail"


def forget(membership: Membership) -> None:
    """Look anew when the member's next page is asked for."""
    settled: dict[object, float] = current_app.extensions.get(_KEY, {})
    settled.pop((membership.public_id, library.shelf().marks, library.today()), None)


def note_seen(membership: Membership, policy: Policy, *, address: str) -> None:
    """Write into the ledger that a member has seen what changes: they said nothing by it. Flushes."""
    _engage(membership, policy, Act.SEEN, "seen in the console", address, authority="")


def answer(membership: Membership, policy: Policy, act: Act, *, basis: str, address: str) -> None:
    """Write what a member did about a version into the ledger, and that they have seen its notice. Flushes."""
    notice = queries.notices_to(membership.user_id, [(policy.slug, policy.version)]).get((policy.slug, policy.version))
    if notice is not None:
        services.mark_seen(notice[0].id, membership.user)
    _engage(membership, policy, act, basis, address, authority=authority_of(membership))
    record(
        f"member:policy:{act.value}",
        f"{membership.user.name} {_DID[act]} {policy.title} {policy.version}",
        workspace_id=membership.workspace_id,
        actor=membership.user,
        subject=f"policy:{policy.slug}",
        after={"version": policy.version, "sha256": policy.sha256, "basis": basis},
    )


def authority_of(membership: Membership) -> str:
    """The sentence a member's answer rests on."""
    if membership.role == Role.OWNER:
        return f"I have the authority to answer for {membership.workspace.name}."
    return f"I use LeenOps as a member of {membership.workspace.name} and answer for myself."


def _engage(membership: Membership, policy: Policy, act: Act, basis: str, address: str, *, authority: str) -> None:
    engage(
        act,
        Text(policy.slug, policy.version, policy.sha256),
        user=membership.user,
        workspace=membership.workspace,
        authority=authority,
        basis=basis,
        address=address,
    )


@dataclass(frozen=True)
class Pending:
    """A changed policy that waits for a member to read it, and the day it begins to count for them."""

    policy: Policy
    counts_from: date
    answer: Act | None = None


def banner_of(membership: Membership) -> Pending | None:
    """The changed policy that a member was told of and has neither read nor answered: the next to count, if any."""
    unread = [p for p, delivery, answer in _told(membership) if answer is None and delivery != Delivery.SEEN]
    waiting = [Pending(p, counts_from(p, membership.workspace)) for p in unread]
    return min(waiting, key=lambda p: p.counts_from, default=None)


def pending(membership: Membership) -> list[Pending]:
    """What a member was told of lately and what they said about it, the next to count first."""
    found = [Pending(p, counts_from(p, membership.workspace), answer) for p, _, answer in _told(membership)]
    return sorted(found, key=lambda p: p.counts_from)


def _told(membership: Membership) -> list[tuple[Policy, Delivery, Act | None]]:
    """The changes of the last BANNER_DAYS that come or are in force and that a member was told of."""
    recent = [p for p in library.changes(library.today() - timedelta(days=BANNER_DAYS)) if library.predecessor(p)]
    open_ = {(p.slug, p.version): p for p in recent if library.state(p) in (State.SCHEDULED, State.IN_FORCE)}
    if not open_:
        return []
    told = queries.notices_to(membership.user_id, list(open_))
    answers = last_words(membership.user_id, membership.workspace_id, told)
    return [(policy, told[name][1], answers.get(name)) for name, policy in open_.items() if name in told]
