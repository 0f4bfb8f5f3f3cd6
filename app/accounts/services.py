"""People: who is looking, signing in and out, passwords."""

import structlog
from flask import request, session
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.accounts import passwords, queries, sessions
from app.accounts.models import LoginSession, User
from app.audit.services import SYSTEM, record
from app.db import begin_mode, db, now
from app.errors import Conflict, Invalid
from app.mail import checked_address

log = structlog.get_logger()
SEEN_SECONDS = 60
_HERE = "leenops.session"


class WrongPassword(Invalid):
    """The address and the password do not belong together, or there is no such account: nobody can tell which."""

    sentence = "This address and password do not match an account. Check both, or set a new password."


def current_user() -> User | None:
    """The person who sends this request, or None. Read once per request; notes each minute that they were here."""
    found = current_session()
    return found.user if found else None


def current_session() -> LoginSession | None:
    """The sign-in that this request's cookie opens."""
    if _HERE not in request.environ:  # not on g: a test's application context outlives its requests
        token = session.get("sid")
        found = queries.find_session(sessions.digest(token)) if isinstance(token, str) else None
        request.environ[_HERE] = found
        if found is not None:
            _note_presence(found)
    here: LoginSession | None = request.environ[_HERE]
    return here


def check(email: str, password: str) -> int:
    """The id of the account they open. Raises WrongPassword, after the same time whatever is wrong.

    Reads on a connection of its own: hashing takes 30 ms, and no lock may be held for that long.
    """
    found = _stored(email)
    if not passwords.fits(password, found[1] if found else None) or found is None:
        log.info("accounts.sign_in_refused")
        raise WrongPassword(field="email")
    return found[0]


def sign_in(user: User, password: str | None = None) -> LoginSession:
    """Open a session on this device with a new token; whatever the cookie held before is gone. Flushes.

    With the `password` just checked, an outdated hash is renewed.
    """
    session.clear()
    row, token = sessions.open_session(
        user, address=request.remote_addr or "", user_agent=request.headers.get("User-Agent", "")
    )
    session["sid"] = token
    session.permanent = True
    request.environ[_HERE] = row
    if password and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    record("member:session:opened", f"{user.name} signed in", workspace_id=None, actor=user, subject=_ref(row))
    return row


def sign_out() -> User | None:
    """End this device's session; a copy of its cookie is worth nothing from then on. Returns who left."""
    row = current_session()
    session.clear()
    request.environ[_HERE] = None
    if row is None:
        return None
    end_session(row, by=row.user)
    return row.user


def end_session(row: LoginSession, *, by: User) -> None:
    """End one sign-in. Ending it twice changes nothing."""
    if sessions.revoke(row.user, only=row):
        summary = f"{by.name} signed out {row.device}"
        record("member:session:ended", summary, workspace_id=None, actor=by, subject=_ref(row))


def end_other_sessions(user: User, *, keep: LoginSession) -> int:
    """End every sign-in of the person but this one. Returns how many ended."""
    if ended := sessions.revoke(user, but=keep):
        record("member:session:others_ended", f"{user.name} signed out everywhere else", workspace_id=None, actor=user)
    return ended


def sign_out_everywhere(user: User, *, by: User | None = None) -> int:
    """End every sign-in of the person, for example because an operator says so. Returns how many ended."""
    ended = sessions.revoke(user)
    summary = f"{user.name} was signed out everywhere"
    record("system:account:signed_out", summary, workspace_id=None, actor=by or SYSTEM)
    return ended


def create_user(email: str, name: str, password_hash: str) -> User:
    """An account with a confirmed address. Flushes. Raises Conflict when the address has one."""
    plain = checked_address(email)
    user = User(email=plain, name=checked_name(name), password_hash=password_hash, verified_at=now())
    try:
        with db.session.begin_nested():  # the unique address decides, also between two at the same moment
            db.session.add(user)
    except IntegrityError as error:
        raise Conflict("There is an account with this address already.") from error
    record("member:account:created", f"{user.name} created an account", workspace_id=None, actor=user)
    return user


def rename(user: User, name: str) -> None:
    """Change how the person is shown from now on; what is recorded keeps the old name."""
    before, user.name = user.name, checked_name(name)
    if before != user.name:
        then, since = {"name": before}, {"name": user.name}
        summary = f"{before} is now {user.name}"
        record("member:account:renamed", summary, workspace_id=None, actor=user, before=then, after=since)


def set_password(user: User, password_hash: str) -> None:
    """Store a new password and end every sign-in: whoever knew the old one is out."""
    user.password_hash = password_hash
    sessions.revoke(user)
    record("member:account:password", f"{user.name} changed their password", workspace_id=None, actor=user)


def checked_password(password: str, *, about: tuple[str, ...] = ()) -> str:
    """The hash of a good new password. Raises Invalid with what to change."""
    if weakness := passwords.weakness(password, about=about):
        raise Invalid(weakness, field="password")
    return passwords.hash_password(password)


def checked_name(name: str) -> str:
    """A name as it goes into pages and mail: one line, 1 to 80 characters, no address of a site in it."""
    plain = " ".join(name.split())
    if not plain or len(plain) > 80:
        raise Invalid("Enter a name of 1 to 80 characters.", field="name")
    if not plain.isprintable() or "://" in plain or any(c in plain for c in "<>"):
        raise Invalid("Enter the name without links or signs like < and >.", field="name")
    return plain


def _stored(email: str) -> tuple[int, str] | None:
    mode = begin_mode.set("DEFERRED")
    try:
        with db.engine.connect() as connection:
            query = select(User.id, User.password_hash).where(User.email == checked_address(email))
            row = connection.execute(query).first()
        return (row[0], row[1]) if row else None
    except Invalid:
        return None
    finally:
        begin_mode.reset(mode)


def _note_presence(found: LoginSession) -> None:
    if (now() - found.seen_at).total_seconds() < SEEN_SECONDS:
        return
    seen = update(LoginSession).where(LoginSession.id == found.id).values(seen_at=now())
    mode = begin_mode.set("IMMEDIATE")
    try:  # at this point a request only reads, so this goes on a connection of its own
        with db.engine.begin() as connection:
            connection.execute(seen)
    except OperationalError:
        log.info("accounts.presence_not_noted")
    finally:
        begin_mode.reset(mode)


def _ref(row: LoginSession) -> str:
    return f"session:{row.public_id}"
