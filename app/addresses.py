"""Mail addresses as they compare: one form for what is typed, sent to and looked for."""

import re

_ADDRESS = re.compile(r"[a-z0-9.#$&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def plain_address(text: str) -> str:
    """The one mail address that `text` is, in lower case; empty for anything else.

    `%` and `!` before the @ are no part of one: mail servers read a%evil.example@ours.example and
    evil.example!a@ours.example as routes and send them on to evil.example.
    """
    plain = text.strip()
    if _CONTROL.search(text) or len(plain) > 254 or not plain.isascii():  # lower() makes ASCII of some that is none
        return ""
    return plain.lower() if _ADDRESS.fullmatch(plain.lower()) else ""
