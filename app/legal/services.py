"""Publishing: what is on the shelf is recorded by its checksum, and from then on may not change."""

from sqlalchemy import select

from app.db import db
from app.legal import library
from app.legal.library import BrokenPolicy, Policy
from app.legal.models import PolicyVersion


def import_policies() -> int:
    """Record every version not yet published. Flushes. Returns how many were new.

    Raises BrokenPolicy when a published text was changed or removed, or a file cannot be read; nothing is
    recorded then.
    """
    found = check_policies()
    known = {(row.slug, row.version) for row in db.session.scalars(select(PolicyVersion))}
    fresh = [policy for policy in found if (policy.slug, policy.version) not in known]
    for policy in fresh:
        db.session.add(
            PolicyVersion(
                slug=policy.slug, version=policy.version, text_sha256=policy.sha256, front_matter=policy.front_matter
            )
        )
    db.session.flush()
    return len(fresh)


def check_policies() -> list[Policy]:
    """Every version on the shelf, read and compared with what was published. Raises BrokenPolicy."""
    published = {(row.slug, row.version): row.text_sha256 for row in db.session.scalars(select(PolicyVersion))}
    found = [policy for slug in library.slugs() for policy in library.versions(slug)]
    shelf = {(policy.slug, policy.version): policy.sha256 for policy in found}
    for (slug, version), sha256 in published.items():
        if shelf.get((slug, version)) != sha256:
            raise BrokenPolicy(
                f"content/legal/{slug}/{version}.md was {'changed' if (slug, version) in shelf else 'removed'} "
                "after it was published. Restore it and publish a new version instead."
            )
    return found
