"""Which addresses that customers give may be called: read strictly, resolved once, public or not called at all.

The operator's EGRESS_ALLOW lets exact host:port pairs through. Whoever connects must connect to the
addresses checked here and resolve nothing again: a second answer may differ from the first.
"""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from flask import current_app

from app.errors import DomainError

MAX_URL = 2_000
WEB_PORTS = frozenset({80, 443})

IP = IPv4Address | IPv6Address
Resolver = Callable[[str, int], list[str]]

# What `is_global` lets through although it leads inwards or nowhere.
_REFUSED_4 = tuple(
    IPv4Network(n) for n in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")
)
_REFUSED_6 = tuple(IPv6Network(n) for n in ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20"))
_UNICAST_6 = IPv6Network("2000::/3")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")
_INWARD = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "private")


class OutboundRefused(DomainError):
    """The guard did not open the connection: nothing was sent."""

    status = 422
    sentence = "This address cannot be reached from LeenOps."


@dataclass(frozen=True)
class Target:
    """Where an address leads: the host as it is resolved, and whether the operator allowed exactly it."""

    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


def check(url: str) -> Target:
    """Read `url` without touching the network. Raises OutboundRefused with what to change."""
    if len(url) > MAX_URL or _NOT_IN_URL.search(url):
        raise OutboundRefused("Enter the address without spaces or control characters.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise OutboundRefused("Enter a full address like https://company.example/path.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise OutboundRefused("Enter an address that starts with https:// or http://.")
    if "@" in parts.netloc:
        raise OutboundRefused("Leave the name and password out of the address.")
    host = _plain_host(host)
    port = {"http": 80, "https": 443}[parts.scheme] if port is None else port
    is_allowed = f"{host}:{port}" in _allowed() or f"[{host}]:{port}" in _allowed()
    if not is_allowed:
        _refuse_inward(host, port)
    return Target(parts.scheme, host, port, _path(parts), is_allowed)


def addresses(target: Target, resolver: Resolver | None = None) -> list[str]:
    """Every address that `target` resolves to. Raises OutboundRefused unless all of them are public."""
    found = list(dict.fromkeys((resolver or resolve)(target.host, target.port)))
    if not found:
        raise OutboundRefused(f"{target.host} has no address.")
    if not target.is_allowed and not all(is_public(ip_address(each)) for each in found):
        raise OutboundRefused(f"{target.host} leads into a private network, which LeenOps does not call.")
    return found


def pinned_address(url: str) -> str:
    """One checked address of `url`, for a client that connects by itself. Raises OutboundRefused."""
    try:
        return addresses(check(url))[0]
    except OSError as error:
        raise OutboundRefused("The host could not be found.") from error


def is_public(ip: IP) -> bool:
    """Whether `ip` is an ordinary address of the public internet: no tunnel, no relay, no metadata service."""
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_4)
    if ip.scope_id or ip not in _UNICAST_6 or any(ip in net for net in _REFUSED_6):
        return False  # mapped, NAT64, unique local, link-local and multicast addresses lie outside 2000::/3
    is_isatap = (int(ip) >> 32) & 0xFDFFFFFF == 0x00005EFE  # carries an IPv4 address, private or not
    return ip.is_global and not is_isatap


def resolve(host: str, port: int) -> list[str]:
    """The system's answer."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in infos]


def _allowed() -> frozenset[str]:
    pairs: frozenset[str] = current_app.config["SETTINGS"].egress_allow
    return pairs


def _plain_host(host: str) -> str:
    """`host` as the resolver will see it: lower case, ASCII, no trailing dot, no disguised number."""
    if "%" in host:
        raise OutboundRefused("Enter the host without a zone or escapes.")
    if ":" in host:
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise OutboundRefused("Enter a full address like https://company.example/path.") from None
    try:
        plain = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise OutboundRefused("Enter the host name in its usual form.") from None
    labels = plain.split(".")
    if len(plain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise OutboundRefused("Enter the host name in its usual form.")
    if _NUMBER.fullmatch(labels[-1]):  # 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 all mean 127.0.0.1 to a resolver
        try:
            return str(IPv4Address(plain))
        except ValueError:
            raise OutboundRefused("Enter the host name in its usual form.") from None
    return plain


def _refuse_inward(host: str, port: int) -> None:
    try:
        if not is_public(ip_address(host)):
            raise OutboundRefused(f"{host} leads into a private network, which LeenOps does not call.")
    except ValueError:
        if "." not in host or host.endswith(tuple(f".{name}" for name in _INWARD)):
            raise OutboundRefused(f"{host} is a name of a private network, which LeenOps does not call.") from None
    if port not in WEB_PORTS and port < 1024:
        raise OutboundRefused(f"Port {port} is not one that web services use.")


def _path(parts: SplitResult) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return path if path.isascii() else _quoted(path)


def _quoted(path: str) -> str:
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path)
