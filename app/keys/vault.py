"""Sealing secrets: AES-256-GCM, bound by associated data to the one place where a secret belongs.

A blob names its format and its master key: `v1.<master key id>.<base64 of nonce and ciphertext>`. Moved
to another workspace, row or field it does not open. The newest master key seals, all of them open.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from app.config import Settings
from app.errors import Misconfigured, Unavailable

FORMAT = "v1"
NONCE_BYTES = 12


class Undecryptable(Unavailable):
    """The master key that sealed this is gone, or the blob was changed or moved."""

    sentence = "This secret can no longer be opened. Add it again."


def binding(workspace_id: int, key: str, provider: str, field: str) -> str:
    """The associated data of one secret: whose, which row, for what, which column."""
    return "|".join((str(workspace_id), key, provider, field))


def seal(plain: str, aad: str) -> str:
    """`plain` as a blob that opens only with the same `aad`."""
    masters = _masters()
    if not masters:
        raise Misconfigured("LEENOPS_MASTER_KEYS must be set before a secret can be kept.")
    name, master = masters[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(master).encrypt(nonce, plain.encode(), _context(name, aad))
    return f"{FORMAT}.{name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_(blob: str, aad: str) -> str:
    """What was sealed. Raises Undecryptable, which carries nothing of the blob."""
    version, _, rest = blob.partition(".")
    name, _, encoded = rest.rpartition(".")
    master = dict(_masters()).get(name)
    if version != FORMAT or master is None:
        raise Undecryptable()
    try:
        raw = base64.urlsafe_b64decode(encoded)
        return AESGCM(master).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _context(name, aad)).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise Undecryptable() from None


def master_of(blob: str) -> str:
    """The id of the master key a blob was sealed with: rotation is complete when none names an old one."""
    return blob.partition(".")[2].rpartition(".")[0]


def _context(name: str, aad: str) -> bytes:
    return f"leenops|{FORMAT}|{name}|{aad}".encode()


def _masters() -> tuple[tuple[str, bytes], ...]:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.master_keys
