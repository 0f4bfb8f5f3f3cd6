"""What comes before the views of the public forms: limits, and the secret guard reading all that was sent.

`read` runs before the view, its transaction and its form. Views know `g.typed`, the fields without their secrets,
`g.found`, what was cut out, and `g.too_long`, the fields that nobody read and nobody keeps.
"""

from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import Response, g, request
from werkzeug.datastructures import MultiDict

from app import secret_guard
from app.extensions import limiter

FIELDS = {"name": 2_000, "email": 2_000, "url": 4_000, "topic": 200, "category": 200, "topic_detail": 2_000}
FIELDS |= {"message": secret_guard.LONGEST}
"""What is read of each field, in characters; a longer one is not kept."""
OTHERS = 10_000
"""Characters read of everything else that was sent, which is never used."""
MOST_BYTES = 1_500_000
SENT, TRIED, ALL = "20 per hour", "60 per minute", "1000 per hour"


def network() -> str:
    """The sender's address; of IPv6 the network, because one subscriber has 2**64 addresses in it."""
    given = request.remote_addr or ""
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if not isinstance(address, IPv6Address) or address.ipv4_mapped:
        return given
    return str(IPv6Network((int(address), 64), strict=False))


def _was_taken(response: Response) -> bool:
    return response.status_code == 303


sent = limiter.limit(SENT, key_func=network, deduct_when=_was_taken)
all_sent = limiter.shared_limit(ALL, scope="intake", key_func=lambda: "all", deduct_when=_was_taken)


@limiter.limit(TRIED, key_func=network, exempt_when=lambda: request.method != "POST" and not request.args)
def _count_try() -> None:
    """Raise RateLimitExceeded before the work of reading is done; a view's own limits come after it."""


def read() -> None:
    """Take the secrets out of all that was sent. What is too long to be read is not kept either."""
    _count_try()
    request.max_content_length = MOST_BYTES
    g.found, g.typed, g.too_long = (), MultiDict(), []
    for name, longest in FIELDS.items():
        for value in request.form.getlist(name)[:1]:
            if len(value) > longest:
                g.too_long.append(name)
            else:
                g.typed[name] = _clean(value)
    _clean("\n\n".join(_others())[:OTHERS])
    g.typed["csrf_token"] = request.form.get("csrf_token", "")[:200]


def _others() -> Iterator[str]:
    """What no form of ours sends: further values, fields of other names, and the words of the address."""
    for name, value in request.args.items(multi=True):
        yield from (name, value)
    for name, values in request.form.lists():
        if name in FIELDS:
            yield from values[1:]
        elif name != "csrf_token":
            yield from (name, *values)


def _clean(text: str) -> str:
    scan = secret_guard.scan(text)
    g.found += scan.found
    return scan.text
