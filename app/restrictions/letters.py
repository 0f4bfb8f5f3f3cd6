"""Measures in words: on screen, in the logs, and in the owners' mail."""

from app.access import Capability
from app.formats import in_utc
from app.restrictions import notice
from app.restrictions.models import Level, Restriction
from app.workspaces.models import Workspace

SWITCHABLE = {
    Capability.START_RUNS: "Starting runs",
    Capability.SEND_OUTSIDE: "Sending mail and calling other systems",
    Capability.MOVE_MONEY: "Booking refunds and scheduling payments",
    Capability.UPLOAD: "Adding knowledge",
    Capability.INVITE: "Inviting members",
}
"""What can be switched off one by one, in the customer's words."""


def in_words(measure: Restriction) -> str:
    """What the measure does: "Suspended", or what it switches off, or which of them it announces."""
    if measure.is_notice:
        return f"Announced: {_what(measure.announces or '', measure.capabilities).lower()}"
    return _what(measure.level, measure.capabilities)


def _what(level: str, capabilities: list[str]) -> str:
    if level == Level.SUSPENDED:
        return "Suspended"
    return "Switched off: " + ", ".join(SWITCHABLE[Capability(c)].lower() for c in capabilities)


def letter(workspace: Workspace, measure: Restriction, *, all_clear: bool = False) -> str:
    """What the owners read in their mail, for a measure in force, for one that ended and for one announced.

    `all_clear`: after one ended, nothing else limits the workspace.
    """
    if measure.is_notice:
        return _notice_letter(workspace, measure)
    if not measure.is_active:
        now_on = "Everything works again." if all_clear else "Other measures stay in force."
        ended = f"A measure on {workspace.name} has ended: {in_words(measure).lower()}."
        return f"{ended} {now_on}\n\n{measure.lift_reason}"
    if measure.level == Level.SUSPENDED:
        effect = f"All runs in {workspace.name} have stopped. Members can still sign in, read and export."
    else:
        effect = f"For {workspace.name} we have {in_words(measure).lower()}. Everything else works."
    return (
        f"{effect}\n\n{_grounds(measure)}\n\n"
        "A person decided this. To have it looked at again, write to hello@leenops.com."
    )


def _notice_letter(workspace: Workspace, measure: Restriction) -> str:
    if not measure.is_active:
        withdrawn = f"What we announced for {workspace.name} is withdrawn: {in_words(measure).lower()}."
        return f"{withdrawn}\n\n{measure.lift_reason}"
    agreed = notice.promise(workspace)
    basis = f" ({agreed.source})" if agreed.agreement else ""
    assert measure.earliest_at is not None, "a notice says when"
    if measure.announces == Level.SUSPENDED:
        plan = f"We intend to suspend {workspace.name}: all runs would stop."
    else:
        plan = f"We intend to switch off in {workspace.name}: {in_words(measure).partition('off: ')[2]}."
    return (
        f"{plan} This can take effect from {in_utc(measure.earliest_at)}{basis}. Until then everything works.\n\n"
        f"{_grounds(measure)}\n\n"
        "A person decided this. If it is put right before then, or if you see it otherwise, write to "
        "hello@leenops.com."
    )


def _grounds(measure: Restriction) -> str:
    ground, clause = measure.ground.replace("_", " "), measure.clause or "not named"
    return f"Why: {measure.reason}\n\nGround: {ground}.\nClause: {clause}."
