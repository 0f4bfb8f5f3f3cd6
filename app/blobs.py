"""Bytes kept in a folder by their SHA-256: the same content is kept once, and no name ever becomes a path."""

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path


def keep(folder: Path, content: bytes) -> str:
    """Write whole or not at all; the SHA-256 it is found by. The same content is there already."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(folder, digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(out.name, path)
    return digest


def path_of(folder: Path, sha256: str) -> Path:
    """Where the content with this digest lies. Raises ValueError for anything but a digest."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("not a SHA-256")
    return folder / sha256[:2] / sha256


def last_part(given_name: str) -> str:
    """The last part of a file's name, composed (NFC), without what cannot be seen or could end a name."""
    last = unicodedata.normalize("NFC", given_name).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
