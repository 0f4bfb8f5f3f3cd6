"""Adding, disabling and, for the engine alone, opening model keys."""

import hashlib
import hmac
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from app import egress, events
from app.audit.services import record
from app.db import changed, db, new_public_id, now
from app.errors import Conflict, Invalid
from app.keys import vault
from app.keys.models import ModelKey

PROVIDERS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
"""Each protocol and the address of its maker; any server that speaks it may stand in."""
SHORTEST = 8
LONGEST = 500


class KeyDisabled(Conflict):
    sentence = "This model key is disabled. Give the agent another one."


def add_key(workspace_id: int, *, name: str, provider: str, base_url: str, secret: str, by: Any) -> ModelKey:
    """Seal and keep a key that an agent may use. Flushes. Raises Invalid, naming the field."""
    if provider not in PROVIDERS:
        raise Invalid("Choose a provider.", field="provider")
    secret, address = _checked_secret(secret), checked_base_url(base_url or PROVIDERS[provider])
    mark = fingerprint(secret)
    if twin := _active_with(workspace_id, mark, address):
        raise Invalid(f"This key is already here as “{twin.name}”.", field="secret")
    key = ModelKey(
        public_id=new_public_id(),
        workspace_id=workspace_id,
        name=name.strip(),
        provider=provider,
        base_url=address,
        hint=secret[-4:],
        fingerprint=mark,
        added_by=by.id,
    )
    key.sealed = vault.seal(secret, _binding(key))
    db.session.add(key)
    db.session.flush()
    record(
        "member:key:added",
        f"Added the model key “{key.name}”",
        workspace_id=workspace_id,
        actor=by,
        subject=f"key:{key.public_id}",
        after={"provider": provider, "base_url": address, "fingerprint": mark},
    )
    events.publish(workspace_id, "keys")
    return key


def disable_key(key: ModelKey, *, by: Any) -> None:
    """Nothing uses `key` from its next model call on. Raises Conflict when it already is disabled."""
    ended = changed(
        update(ModelKey)
        .where(ModelKey.id == key.id, ModelKey.workspace_id == key.workspace_id, ModelKey.disabled_at.is_(None))
        .values(disabled_at=now(), sealed="")
    )
    if ended != 1:
        raise Conflict("This key is already disabled.")
    record(
        "member:key:disabled",
        f"Disabled the model key “{key.name}” and deleted what was sealed",
        workspace_id=key.workspace_id,
        actor=by,
        subject=f"key:{key.public_id}",
    )
    events.publish(key.workspace_id, "keys")


def reveal(key: ModelKey) -> str:
    """The key itself, for the call that needs it and nowhere else. Raises KeyDisabled or Undecryptable."""
    if key.disabled_at is not None:
        raise KeyDisabled()
    return vault.open_(key.sealed, _binding(key))


def mark_used(key: ModelKey) -> None:
    db.session.execute(update(ModelKey).where(ModelKey.id == key.id).values(used_at=now()))


def checked_base_url(url: str) -> str:
    """`url` without a trailing slash. Raises Invalid unless the outbound guard would let it through.

    Encrypted, because the key goes with every call; the operator's exact EGRESS_ALLOW entries may be plain.
    """
    try:
        target = egress.check(url.strip())
    except egress.OutboundRefused as refused:
        raise Invalid(refused.sentence, field="base_url") from None
    if target.scheme != "https" and not target.is_allowed:
        raise Invalid("Enter a base URL that starts with https://.", field="base_url")
    if "?" in target.path or "#" in url:
        raise Invalid("Leave out everything after ? or # in the base URL.", field="base_url")
    return f"{target.scheme}://{target.authority}{target.path}".rstrip("/")


def fingerprint(secret: str) -> str:
    """A short mark to tell keys apart; without our secret it says nothing about the key."""
    ours = current_app.config["SETTINGS"].secret_key.encode()
    return hmac.new(ours, b"key-fingerprint|" + secret.encode(), hashlib.sha256).hexdigest()[:12]


def _checked_secret(secret: str) -> str:
    plain = secret.strip()
    if not (plain.isascii() and plain.isprintable()) or " " in plain:
        raise Invalid("Paste the key alone, without spaces or line breaks.", field="secret")
    if not SHORTEST <= len(plain) <= LONGEST:
        raise Invalid(f"Paste the whole key: {SHORTEST} to {LONGEST} characters.", field="secret")
    return plain


def _active_with(workspace_id: int, mark: str, address: str) -> ModelKey | None:
    return db.session.scalar(
        select(ModelKey)
        .where(ModelKey.workspace_id == workspace_id, ModelKey.fingerprint == mark)
        .where(ModelKey.base_url == address, ModelKey.disabled_at.is_(None))
        .limit(1)
    )


def _binding(key: ModelKey) -> str:
    return vault.binding(key.workspace_id, key.public_id, key.provider, "sealed")
