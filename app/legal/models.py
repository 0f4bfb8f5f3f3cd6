"""Published policy versions: the checksum that keeps a published text unchanged."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db import Base, code, created, json_, pk, sha256


class PolicyVersion(Base):
    """That this version of this policy was published with exactly this text."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("slug", "version"),)
    id: Mapped[pk]
    slug: Mapped[code]
    version: Mapped[code]
    text_sha256: Mapped[sha256]
    front_matter: Mapped[json_]
    imported_at: Mapped[created]
