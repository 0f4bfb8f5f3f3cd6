"""Support staff: signing in with a second factor, and who of them may do what."""

import hashlib
import secrets
from datetime import timedelta

import pyotp
from flask import request, session
from sqlalchemy import select, update

from app.access import StaffPermission
from app.accounts import passwords
from app.accounts.models import StaffMember, StaffSession
from app.accounts.services import checked_name
from app.audit.services import record
from app.db import begin_mode, changed, db, new_public_id, now
from app.errors import Conflict, Invalid
from app.keys.vault import open_, seal
from app.mail import checked_address

HOURS = 8
STEP_SECONDS = 30
_HERE = "leenops.staff"
P = StaffPermission
ROLES: dict[str, frozenset[StaffPermission]] = {
    "support": frozenset({P.VIEW, P.INCIDENTS}),
    "trust": frozenset({P.VIEW, P.RESTRICT, P.INCIDENTS}),
    "legal": frozenset({P.VIEW, P.POLICIES, P.AGREEMENTS}),
    "admin": frozenset(P),
}


class SignInRefused(Invalid):
    """Address, password or code do not fit; nobody can tell which."""

    sentence = "This address, password and code do not belong together. Check all three."


class WrongCode(SignInRefused):
    """The password was right. Said to nobody; counted, because the code is all that is left to guess."""


def current_staff() -> StaffMember | None:
    """The staff member who sends this request, or None. Read once per request."""
    if _HERE not in request.environ:
        token = session.get("staff_sid")
        request.environ[_HERE] = _find(token) if isinstance(token, str) else None
    here: StaffMember | None = request.environ[_HERE]
    return here


def staff_permits(staff: StaffMember, permission: StaffPermission) -> bool:
    """Whether one of their roles holds `permission`."""
    return any(permission in ROLES.get(role, ()) for role in staff.roles)


def create_staff(email: str, name: str, password: str, roles: list[str], totp_secret: str | None = None) -> StaffMember:
    """A new staff member with a second factor of their own. Flushes. Raises Conflict when the address has one."""
    plain = checked_address(email)
    if db.session.scalar(select(StaffMember.id).where(StaffMember.email == plain)) is not None:
        raise Conflict("There is a staff member with this address already.")
    member = StaffMember(
        public_id=new_public_id(),
        email=plain,
        name=checked_name(name),
        password_hash=passwords.hash_password(password),
        totp_sealed="",
        roles=roles,
    )
    member.totp_sealed = seal(totp_secret or pyotp.random_base32(), _binding(member))
    db.session.add(member)
    db.session.flush()
    record(
        "system:staff:created",
        f"{member.name} joined the staff",
        workspace_id=None,
        subject=f"staff:{member.public_id}",
        after={"roles": roles},
    )
    return member


def totp_of(member: StaffMember) -> pyotp.TOTP:
    """Their second factor."""
    return pyotp.TOTP(open_(member.totp_sealed, _binding(member)))


def sign_in(email: str, password: str, code: str) -> StaffMember:
    """Open a staff session on this device. Flushes. Raises SignInRefused; WrongCode leaves a line in our log.

    The same work is done whatever is wrong, and a code works once: its time step is taken with a
    conditional update.
    """
    member_id, stored = _stored(email)
    if not passwords.fits(password, stored):
        raise SignInRefused(field="email")
    member = db.session.get_one(StaffMember, member_id)
    if not _take_code(member, code):
        record("staff:session:refused", f"A wrong code for {member.name}", workspace_id=None, actor=member)
        raise WrongCode(field="email")
    session.clear()
    session["staff_sid"] = open_session(member, address=request.remote_addr or "")
    record("staff:session:started", f"{member.name} signed in", workspace_id=None, actor=member)
    return member


def open_session(member: StaffMember, *, address: str) -> str:
    """A new sign-in for `member`: the token for its cookie. Flushes."""
    token = secrets.token_urlsafe(32)
    expires = now() + timedelta(hours=HOURS)
    row = StaffSession(staff_id=member.id, token_hash=_digest(token), address=address, expires_at=expires)
    db.session.add(row)
    db.session.flush()
    return token


def sign_out(member: StaffMember) -> None:
    """End this device's session at once. Flushes."""
    token = session.pop("staff_sid", "")
    row = update(StaffSession).where(StaffSession.token_hash == _digest(token)).values(revoked_at=now())
    db.session.execute(row)
    record("staff:session:ended", f"{member.name} signed out", workspace_id=None, actor=member)


def _stored(email: str) -> tuple[int, str | None]:
    """Id and hash of who may sign in with this address. On a connection of its own, because hashing takes
    30 ms and no lock may be held for that long."""
    mode = begin_mode.set("DEFERRED")
    try:
        with db.engine.connect() as connection:
            query = select(StaffMember.id, StaffMember.password_hash)
            query = query.where(StaffMember.email == checked_address(email), StaffMember.disabled_at.is_(None))
            row = connection.execute(query).first()
        return (row[0], row[1]) if row else (0, None)
    except Invalid:
        return (0, None)
    finally:
        begin_mode.reset(mode)


def _take_code(member: StaffMember, code: str) -> bool:
    """Whether `code` is right now (or one step off) and was not used before."""
    factor, code = totp_of(member), code.strip().replace(" ", "")
    here = int(now().timestamp()) // STEP_SECONDS
    for step in (here, here - 1, here + 1):
        if secrets.compare_digest(factor.at(step * STEP_SECONDS).encode(), code.encode("utf-8", "replace")):
            taken = changed(
                update(StaffMember)
                .where(StaffMember.id == member.id, StaffMember.totp_last_step < step)
                .values(totp_last_step=step)
            )
            return taken == 1
    return False


def _find(token: str) -> StaffMember | None:
    query = (
        select(StaffMember)
        .join(StaffSession, StaffSession.staff_id == StaffMember.id)
        .where(StaffSession.token_hash == _digest(token), StaffSession.revoked_at.is_(None))
        .where(StaffSession.expires_at > now(), StaffMember.disabled_at.is_(None))
    )
    return db.session.scalar(query)


def _binding(member: StaffMember) -> str:
    return f"staff|{member.public_id}|totp"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
