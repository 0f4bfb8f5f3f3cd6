"""What a person reads in the mail about a changed policy."""

from collections.abc import Mapping
from datetime import date

from app.formats import day
from app.legal import library
from app.legal.texts import Acceptance, Policy

_TEXT = """Hello {name},

our {title} changes on {day}.{later} In plain words:

{points}

What changes, word by word:
{base}/legal/{slug}/compare/{before}...{version}

The whole text:
{base}/legal/{slug}/v{version}

{what}{answer}

LeenOps
"""
_WHAT = {
    Acceptance.NONE: "You need to do nothing. If you have a question, write to hello@leenops.com.",
    Acceptance.CONTINUED_USE: (
        "If you go on using LeenOps from {day} on, you accept the change. If you do not want\n"
        "to, say so in the console: your data stays readable and yours to export."
    ),
    Acceptance.CLICK: (
        "From {day} on the console asks you to accept or decline. Whatever you choose, your\n"
        "data stays readable and yours to export."
    ),
}


def letter(policy: Policy, *, name: str, base_url: str, starts_for: Mapping[str, date]) -> tuple[str, str]:
    """Subject and text of the mail that announces `policy` to a person.

    `starts_for` says from when it counts for each of their workspaces, by name: later than for others where an
    agreement gives more notice.
    """
    first = min(starts_for.values(), default=policy.effective_on)
    starts, before = day(first), library.predecessor(policy)
    points = "\n".join(f"- {note.says}" for note in policy.notes) or f"- {policy.summary}"
    text = _TEXT.format(
        name=name,
        title=policy.title[0].lower() + policy.title[1:],
        day=starts,
        later=_later(policy, first, starts_for),
        points=points,
        base=base_url,
        slug=policy.slug,
        before=before.version if before else policy.version,
        version=policy.version,
        what=_WHAT[Acceptance(policy.acceptance)].format(day=starts),
        answer="" if policy.acceptance == Acceptance.NONE else f"\n\nTo read it there and answer:\n{base_url}/w/",
    )
    return f"{policy.title}: what changes on {starts}", text


def _later(policy: Policy, first: date, starts_for: Mapping[str, date]) -> str:
    """Where an agreement moves the day: which workspace has which."""
    agreed = [f"{name} on {day(on)}" for name, on in sorted(starts_for.items()) if on != policy.effective_on]
    if not agreed:
        return ""
    if set(starts_for.values()) == {first}:
        return "\nThat is the day by your agreement with us; for others it is earlier."
    return f"\nBy your agreement with us it changes later for {' and for '.join(agreed)}."


_RECALLED = """Hello {name},

on {day} our {title} was to change to version {version}. We have withdrawn that
change: it does not take effect, and you need to do nothing.

What applies to you now:
{base}/legal/{slug}

LeenOps
"""


def recalled(policy: Policy, *, name: str, base_url: str, starts_for: Mapping[str, date]) -> tuple[str, str]:
    """Subject and text of the mail which says that an announced version will not come. As `letter`."""
    text = _RECALLED.format(
        name=name,
        title=policy.title[0].lower() + policy.title[1:],
        day=day(min(starts_for.values(), default=policy.effective_on)),
        version=policy.version,
        base=base_url,
        slug=policy.slug,
    )
    return f"{policy.title}: the announced change is withdrawn", text
