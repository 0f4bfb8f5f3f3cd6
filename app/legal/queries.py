"""Looking up versions at work."""

from collections.abc import Sequence

from sqlalchemy import select

from app.db import db
from app.errors import NotFound
from app.legal.models import PolicyVersion

PAGE = 50


def find_version(slug: str, version: str) -> PolicyVersion | None:
    """The version of this number, at whatever stage."""
    query = select(PolicyVersion).where(PolicyVersion.slug == slug, PolicyVersion.version == version)
    return db.session.scalar(query)


def get_version(public_id: str) -> PolicyVersion:
    """One version. Raises NotFound."""
    found = db.session.scalar(select(PolicyVersion).where(PolicyVersion.public_id == public_id))
    if found is None:
        raise NotFound()
    return found


def version_rows(*, before: int | None = None) -> Sequence[PolicyVersion]:
    """Up to PAGE + 1 versions, newest row first; the extra one says there are more."""
    query = select(PolicyVersion).order_by(PolicyVersion.id.desc()).limit(PAGE + 1)
    return db.session.scalars(query.where(PolicyVersion.id < before) if before else query).all()
