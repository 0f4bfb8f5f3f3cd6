"""Reading people and their sign-ins."""

from sqlalchemy import bindparam, select

from app.accounts.models import LoginSession, PasswordReset, Registration, User
from app.db import UtcDateTime, db, now
from app.errors import Gone, Invalid, NotFound
from app.mail import checked_address

PAGE = 25


def find_user(email: str) -> User | None:
    """The person with this address, however it is written, or None. Anything that is no address finds nobody."""
    try:
        plain = checked_address(email)
    except Invalid:
        return None
    return db.session.scalar(select(User).where(User.email == plain))


_OPENED_BY = select(LoginSession).where(
    LoginSession.token_hash == bindparam("token_hash"),
    LoginSession.revoked_at.is_(None),
    LoginSession.expires_at > bindparam("moment", type_=UtcDateTime()),
)


def find_session(token_hash: str) -> LoginSession | None:
    """The sign-in that this token opens now: not revoked, not run out."""
    return db.session.scalar(_OPENED_BY, {"token_hash": token_hash, "moment": now()})


def get_session(public_id: str, *, viewer: User) -> LoginSession:
    """One of the viewer's own sign-ins. Raises NotFound for missing and for somebody else's."""
    query = select(LoginSession).where(LoginSession.public_id == public_id, LoginSession.user_id == viewer.id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def sessions_of(user: User, *, before: str | None = None) -> list[LoginSession]:
    """Up to PAGE + 1 of the person's open sign-ins, newest first; the extra one says there are more."""
    query = select(LoginSession).where(
        LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now()
    )
    if before:
        start = select(LoginSession.id).where(LoginSession.public_id == before, LoginSession.user_id == user.id)
        query = query.where(LoginSession.id < start.scalar_subquery())
    return list(db.session.scalars(query.order_by(LoginSession.id.desc()).limit(PAGE + 1)))


def get_registration(token_hash: str) -> Registration:
    """The open registration behind a mailed link. Raises NotFound, or Gone when it was used or ran out."""
    found = db.session.scalar(select(Registration).where(Registration.token_hash == token_hash))
    if found is None:
        raise NotFound("This link is not complete. Open it from the mail again.")
    if found.confirmed_at is not None or find_user(found.email) is not None:
        raise Gone("This address is confirmed already. Sign in with it.")
    if found.expires_at <= now():
        raise Gone("This link has expired. Create the account again and we send a new one.")
    return found


def get_reset(token_hash: str) -> PasswordReset:
    """The open way to a new password. Raises NotFound, or Gone when it was used or ran out."""
    found = db.session.scalar(select(PasswordReset).where(PasswordReset.token_hash == token_hash))
    if found is None:
        raise NotFound("This link is not complete. Open it from the mail again.")
    if found.used_at is not None or found.expires_at <= now():
        raise Gone("This link has been used or has expired. Ask for a new one.")
    return found
