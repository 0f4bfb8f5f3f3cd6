"""Sign-ins as rows: opened with a new token, ended by a revoked row. The token itself is never stored."""

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import update

from app.accounts.models import LoginSession, User
from app.db import changed, db, now

LASTS = timedelta(days=14)
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def new_token() -> tuple[str, str]:
    """A secret of 256 bits for a cookie or a link, and what we keep of it."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def open_session(user: User, *, address: str, user_agent: str) -> tuple[LoginSession, str]:
    """A new sign-in for `user`, and the token for its cookie. Flushes."""
    token, kept = new_token()
    moment = now()
    row = LoginSession(
        user_id=user.id,
        token_hash=kept,
        address=address[:200],
        device=device(user_agent),
        seen_at=moment,
        expires_at=moment + LASTS,
    )
    db.session.add(row)
    db.session.flush()
    return row, token


def revoke(user: User, *, only: LoginSession | None = None, but: LoginSession | None = None) -> int:
    """End the person's sign-ins: all, `only` one, or all `but` one. Returns how many ended. Flushes."""
    query = update(LoginSession).where(LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None))
    if only is not None:
        query = query.where(LoginSession.id == only.id)
    if but is not None:
        query = query.where(LoginSession.id != but.id)
    ended = changed(query.values(revoked_at=now()))
    return ended


def device(user_agent: str) -> str:
    """The browser and system in words, as far as the browser says."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[^\x20-\x7e]", "", user_agent)[:60] or "Unknown device"
