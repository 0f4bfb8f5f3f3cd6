"""People, their sign-ins, and support staff."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, code, created, fk_user, json_list, name_, pk, public_id, sha256, utc


class User(Base):
    """A person with an account. Addresses are stored lower case and are unique."""

    __tablename__ = "users"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    email: Mapped[name_] = mapped_column(unique=True)
    name: Mapped[name_]
    password_hash: Mapped[str]
    verified_at: Mapped[datetime | None]
    created_at: Mapped[created]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper() or "?"


class LoginSession(Base):
    """One sign-in on one device. The cookie holds a token, the row its SHA-256; revoking the row ends it at once."""

    __tablename__ = "login_sessions"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    user_id: Mapped[fk_user] = mapped_column(index=True)
    token_hash: Mapped[sha256] = mapped_column(unique=True)
    address: Mapped[name_]
    device: Mapped[name_]
    created_at: Mapped[created]
    seen_at: Mapped[utc]
    expires_at: Mapped[utc]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")


class Registration(Base):
    """An account somebody asked for; it becomes a User when the owner of the address confirms it with the password."""

    __tablename__ = "registrations"
    id: Mapped[pk]
    email: Mapped[name_] = mapped_column(index=True)
    name: Mapped[name_]
    password_hash: Mapped[str]
    token_hash: Mapped[sha256] = mapped_column(unique=True)
    slug: Mapped[code]
    version: Mapped[code]
    text_sha256: Mapped[sha256]
    authority: Mapped[str]
    address: Mapped[name_]
    created_at: Mapped[created]
    """Also when the terms were accepted."""
    expires_at: Mapped[utc]
    confirmed_at: Mapped[datetime | None]


class PasswordReset(Base):
    """A mailed way to a new password; works once and expires."""

    __tablename__ = "password_resets"
    id: Mapped[pk]
    user_id: Mapped[fk_user] = mapped_column(index=True)
    token_hash: Mapped[sha256] = mapped_column(unique=True)
    created_at: Mapped[created]
    expires_at: Mapped[utc]
    used_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")


class StaffMember(Base):
    """One of LeenOps' own support staff. Never a member of a workspace by this row."""

    __tablename__ = "staff_members"
    id: Mapped[pk]
    public_id: Mapped[public_id]
    email: Mapped[name_] = mapped_column(unique=True)
    name: Mapped[name_]
    password_hash: Mapped[str]
    totp_sealed: Mapped[str]
    """The TOTP secret, sealed by the vault."""
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last accepted time step: a code works once."""
    roles: Mapped[json_list]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[created]


class StaffSession(Base):
    """One staff sign-in with its second factor."""

    __tablename__ = "staff_sessions"
    id: Mapped[pk]
    staff_id: Mapped[int] = mapped_column(index=True)
    token_hash: Mapped[sha256] = mapped_column(unique=True)
    address: Mapped[name_]
    created_at: Mapped[created]
    expires_at: Mapped[utc]
    revoked_at: Mapped[datetime | None]
