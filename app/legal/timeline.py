"""The versions of one policy in time: each after the one before, and a material change not without notice."""

from app.legal.texts import BrokenPolicy, Policy

NOTICE_DAYS = 30
"""How long before it takes effect a material change is announced: what content/legal/policy-changes promises."""


def check_timeline(policies: list[tuple[Policy, str]]) -> None:
    """Published versions of one policy, each with the name it goes by in a complaint. Raises BrokenPolicy."""
    ordered = sorted(policies, key=lambda named: named[0].order)
    for (before, _), (after, name) in zip(ordered, ordered[1:], strict=False):
        if after.order == before.order:
            raise _broken(after, name, "version", f"{after.version} and {before.version} are the same number.")
        if after.effective_on <= before.effective_on:
            raise _broken(
                after, name, "effective_on", f"it takes effect on {after.effective_on}, but {before.version} "
                f"does so on {before.effective_on}: each version follows the one before.",
            )  # fmt: skip
        if after.is_material and after.notice_days < NOTICE_DAYS:
            raise _broken(after, name, "notice_days", f"a material change needs at least {NOTICE_DAYS} days of notice.")


def _broken(policy: Policy, name: str, field: str, why: str) -> BrokenPolicy:
    return BrokenPolicy(name, policy.line_of(field), why, field)
