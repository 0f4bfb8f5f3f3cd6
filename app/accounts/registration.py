"""Becoming a member, and getting back in. Every answer is the same whether or not the address has an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from sqlalchemy import func, select, update

from app import jobs, mail
from app.accounts import passwords, queries, services, sessions
from app.accounts.models import PasswordReset, Registration, User
from app.audit.services import record
from app.consent.models import Act
from app.consent.services import Text, engage
from app.db import changed, db, now
from app.errors import Gone

AUTHORITY = "I have the authority to accept these terms for the organisation I act for."
CONFIRM_WITHIN = timedelta(hours=24)
RESET_WITHIN = timedelta(hours=1)
MAILS_PER_HOUR = 3
"""To one address, so that nobody's mailbox can be filled from our form."""

LinkTo = Callable[[str], str]
"""Makes the absolute address of a page from its token."""


class Terms(Protocol):
    """The version in force of a policy."""

    @property
    def slug(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def register(
    email: str, name: str, password_hash: str, *, terms: Terms, address: str, link_to: LinkTo, sign_in: str
) -> None:
    """Write down who asked for an account and mail the address; the owner of a mailbox decides. Flushes.

    The row becomes an account only by `confirm`, with the link and the password together: a link alone
    would confirm an account whose password somebody else chose.
    """
    plain, name = mail.checked_address(email), services.checked_name(name)
    if user := queries.find_user(plain):
        _tell_owner(user, sign_in)
        return
    token, kept = sessions.new_token()
    moment = now()
    db.session.add(
        Registration(
            email=plain,
            name=name,
            password_hash=password_hash,
            token_hash=kept,
            slug=terms.slug,
            version=terms.version,
            text_sha256=terms.sha256,
            authority=AUTHORITY,
            address=address,
            created_at=moment,
            expires_at=moment + CONFIRM_WITHIN,
        )
    )
    db.session.flush()
    if _asked_lately(plain) <= MAILS_PER_HOUR:
        text = _CONFIRM.format(name=name, link=link_to(token))
        mail.send(to=[plain], subject="Confirm your address for LeenOps", text=text, key=f"confirm:{kept[:40]}")


def confirm(registration: Registration, password: str) -> User:
    """Make the account. Raises WrongPassword unless it is the password chosen when registering."""
    if not passwords.fits(password, registration.password_hash):
        raise services.WrongPassword("Enter the password you chose when you created the account.", field="password")
    won = changed(
        update(Registration)
        .where(Registration.id == registration.id, Registration.confirmed_at.is_(None))
        .values(confirmed_at=now())
    )
    if won != 1:
        raise Gone("This address is confirmed already. Sign in with it.")
    user = services.create_user(registration.email, registration.name, registration.password_hash)
    _accept(user, registration)
    return user


def join(email: str, name: str, password_hash: str, *, terms: Terms, address: str) -> User:
    """An account for somebody whose mailed invitation proves the address. Raises Conflict when there is one."""
    user = services.create_user(email, name, password_hash)
    accepted = Registration(
        slug=terms.slug, version=terms.version, text_sha256=terms.sha256, authority=AUTHORITY, address=address,
        created_at=now(),
    )  # fmt: skip
    _accept(user, accepted)
    return user


def ask_reset(email: str) -> None:
    """Queue a look whether the address has an account: the answer, and its time, are the same for every address.

    The argument is the address itself, because only the job may look; it stays in the row and is gone with it.
    """
    jobs.enqueue(jobs.MAIL_RESET, mail.checked_address(email))


def forgot(email: str, *, link_to: LinkTo) -> None:
    """Mail a way to a new password, if the address has an account. Flushes."""
    user = queries.find_user(email)
    if user is None or _resets_lately(user) >= MAILS_PER_HOUR:
        return
    token, kept = sessions.new_token()
    db.session.add(PasswordReset(user_id=user.id, token_hash=kept, expires_at=now() + RESET_WITHIN))
    db.session.flush()
    text = _RESET.format(name=user.name, link=link_to(token))
    mail.send(to=[user.email], subject="Set a new password for LeenOps", text=text, key=f"reset:{kept[:40]}")


def reset(way: PasswordReset, password_hash: str) -> User:
    """Set the new password, end every sign-in and every other way to a new password. Raises Gone the second time."""
    won = changed(
        update(PasswordReset).where(PasswordReset.id == way.id, PasswordReset.used_at.is_(None)).values(used_at=now())
    )
    if won != 1:
        raise Gone("This link has been used. Ask for a new one.")
    others = update(PasswordReset).where(PasswordReset.user_id == way.user_id, PasswordReset.used_at.is_(None))
    db.session.execute(others.values(used_at=now()))
    services.set_password(way.user, password_hash)
    return way.user


def tell_password_changed(user: User, *, forgot_link: str) -> None:
    """Say by mail that the password changed, so that a person notices when it was not them."""
    key = f"password:{user.public_id}:{now().isoformat()}"
    text = _CHANGED.format(name=user.name, link=forgot_link)
    mail.send(to=[user.email], subject="Your LeenOps password was changed", text=text, key=key)


def _accept(user: User, what: Registration) -> None:
    engage(
        Act.ACCEPTED,
        Text(what.slug, what.version, what.text_sha256),
        user=user,
        authority=what.authority,
        basis="registration",
        address=what.address,
        at=what.created_at,
    )
    after = {"policy": what.slug, "version": what.version, "sha256": what.text_sha256, "authority": what.authority}
    summary = f"{user.name} accepted {what.slug} {what.version}"
    record("member:terms:accepted", summary, workspace_id=None, actor=user, after=after)


def _tell_owner(user: User, sign_in: str) -> None:
    text = _EXISTS.format(name=user.name, link=sign_in)
    key = f"exists:{user.public_id}:{now():%Y%m%d%H}"
    mail.send(to=[user.email], subject="You already have a LeenOps account", text=text, key=key)


def _asked_lately(email: str) -> int:
    lately = Registration.created_at > now() - timedelta(hours=1)
    query = select(func.count()).select_from(Registration).where(Registration.email == email, lately)
    return db.session.scalar(query) or 0


def _resets_lately(user: User) -> int:
    lately = PasswordReset.created_at > now() - timedelta(hours=1)
    query = select(func.count()).select_from(PasswordReset).where(PasswordReset.user_id == user.id, lately)
    return db.session.scalar(query) or 0


_CONFIRM = """Hello {name},

somebody, we think you, asked for a LeenOps account with this address.
Open this page within 24 hours and enter the password you chose:

{link}

If it was not you, do nothing: without the password no account is made.

LeenOps
"""
_EXISTS = """Hello {name},

somebody, we think you, asked for a LeenOps account with this address.
You have one already. Sign in, or set a new password, here:

{link}

If it was not you, do nothing: nothing has changed.

LeenOps
"""
_RESET = """Hello {name},

open this page within one hour to set a new password for LeenOps:

{link}

If you did not ask for this, do nothing: your password stays as it is.

LeenOps
"""
_CHANGED = """Hello {name},

the password of your LeenOps account was changed just now, and every other
device was signed out. If it was not you, set a new one at once:

{link}

LeenOps
"""
