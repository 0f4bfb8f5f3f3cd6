"""One way to say what a value is, so that the same thing always has the same digest."""

import hashlib
import json
from typing import Any


def sha256_json(value: Any) -> str:
    """SHA-256 over canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
