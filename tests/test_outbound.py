"""The guarded client: what it refuses, where it connects, what it carries along."""

import http.server
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest
from flask import Flask

from app import egress, outbound
from app.egress import OutboundRefused

HOSTILE = [
    "ftp://files.example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/",
    "example.com",
    "",
    "http://",
    "http:///path",
    "http://user:word@example.com/",
    "http://user@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://127.0.0.0x1/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://metadata/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[ff02::1]/",
    "http://[2606:4700::5efe:127.0.0.1]/",
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://example.com:port/",
    "http://exa mple.com/",
    "http://example.com/\r\nHost: other",
    "http://example.com\\@127.0.0.1/",
    "http://a..example.com/",
    "http://-a.example.com/",
    "http://exam%70le.com/",
    "http://example.com../",
    "http://" + "a" * 2_000 + ".com/",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_any_lookup(app: Flask, url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(OutboundRefused):
        outbound.request("GET", url, resolver=never)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.com/a?b=c", "hooks.example.com", 443, "/a?b=c"),
        ("https://Hooks.Example.COM.", "hooks.example.com", 443, "/"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/"),
        ("http://hooks.example.com:8080/ü", "hooks.example.com", 8080, "/%C3%BC"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("https://[2606:4700:4700::1111]/", "2606:4700:4700::1111", 443, "/"),
    ],
)
def test_an_ordinary_address_is_read_as_it_will_be_called(
    app: Flask, url: str, host: str, port: int, path: str
) -> None:
    target = egress.check(url)

    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["64:ff9b::a00:1"], ["169.254.169.254"], []]
)
def test_a_public_name_that_leads_inwards_is_refused(app: Flask, answers: list[str]) -> None:
    with pytest.raises(OutboundRefused):
        outbound.request("GET", "https://rebound.example.com/", resolver=lambda host, port: answers)


def test_ordinary_addresses_are_public() -> None:
    assert egress.is_public(ip_address("93.184.216.34"))
    assert egress.is_public(ip_address("2606:4700:4700::1111"))


class Receiver(http.server.ThreadingHTTPServer):
    """A server on the loopback that keeps what it was sent and answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Handler] = []
        self.moved_to = ""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _answer(self) -> None:
        self.server.seen.append(self)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/moved"):
            self.send_response(int(self.path[-3:]))
            self.send_header("Location", self.server.moved_to)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/drip":
            for _ in range(50):
                self.wfile.write(b"x")
                time.sleep(0.1)
        self.wfile.write(b"y" * 5_000 if self.path == "/long" else b"fine")

    do_GET = do_POST = _answer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def allow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`allow("host:port", …)`: the operator's EGRESS_ALLOW for this test."""

    def let(*pairs: str) -> None:
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], egress_allow=frozenset(pairs)))

    return let


def test_an_exactly_allowed_address_is_called(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port}")

    answer = outbound.request("POST", f"http://127.0.0.1:{receiver.server_port}/a", body=b"{}", headers={"X-A": "1"})

    assert (answer.status, answer.body, answer.is_cut) == (200, b"fine", False)
    assert receiver.seen[0].body == b"{}"


def test_allowing_one_port_allows_no_other(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port + 1}")

    with pytest.raises(OutboundRefused):
        outbound.request("GET", f"http://127.0.0.1:{receiver.server_port}/")


def test_the_name_is_resolved_once_and_kept_as_host(receiver: Receiver, allow: Any) -> None:
    allow(f"hooks.example.com:{receiver.server_port}")
    answers = iter([["127.0.0.1"]])

    outbound.request(
        "GET", f"http://hooks.example.com:{receiver.server_port}/", resolver=lambda host, port: next(answers)
    )

    assert receiver.seen[0].headers["Host"] == f"hooks.example.com:{receiver.server_port}"


def test_a_redirect_into_the_network_is_refused(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port}")
    receiver.moved_to = "http://127.0.0.1:9/"

    with pytest.raises(OutboundRefused):
        outbound.request("GET", f"http://127.0.0.1:{receiver.server_port}/moved-302")


def test_redirects_end_after_three(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port}")
    receiver.moved_to = "/moved-302"

    answer = outbound.request("GET", f"http://127.0.0.1:{receiver.server_port}/moved-302")

    assert (answer.status, len(receiver.seen)) == (302, 4)


def test_credentials_and_signatures_do_not_follow_to_another_host(receiver: Receiver, allow: Any) -> None:
    port = receiver.server_port
    allow(f"127.0.0.1:{port}", f"other.example.com:{port}")
    receiver.moved_to = f"http://other.example.com:{port}/"
    secrets = {"Authorization": "Bearer s", "Webhook-Signature": "v1,s", "X-Api-Key": "s", "Cookie": "s"}

    outbound.request(
        "POST",
        f"http://127.0.0.1:{port}/moved-307",
        headers=secrets,
        body=b"kept",
        resolver=lambda host, port: ["127.0.0.1"],
    )

    assert receiver.seen[0].headers["Authorization"] == "Bearer s"
    assert receiver.seen[1].body == b"kept"
    assert not [name for name in secrets if name in receiver.seen[1].headers]


def test_a_long_answer_is_cut(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port}")

    answer = outbound.request("GET", f"http://127.0.0.1:{receiver.server_port}/long", max_bytes=100)

    assert (len(answer.body), answer.is_cut) == (100, True)


def test_a_dripping_answer_ends_with_the_time(receiver: Receiver, allow: Any) -> None:
    allow(f"127.0.0.1:{receiver.server_port}")
    began = time.monotonic()

    with pytest.raises(outbound.OutboundFailed, match="in time") as failed:
        outbound.request("GET", f"http://127.0.0.1:{receiver.server_port}/drip", timeout_seconds=0.5)

    assert failed.value.sent
    assert time.monotonic() - began < 2


def test_nobody_listening_means_nothing_was_sent(app: Flask, allow: Any) -> None:
    allow("127.0.0.1:9")

    with pytest.raises(outbound.OutboundFailed) as failed:
        outbound.request("GET", "http://127.0.0.1:9/", timeout_seconds=2)

    assert not failed.value.sent


def test_a_slow_lookup_ends_with_the_time(app: Flask) -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(3)
        return []

    with pytest.raises(outbound.OutboundFailed, match="looked up"):
        outbound.request("GET", "https://slow.example.com/", timeout_seconds=0.2, resolver=slow)


def test_a_header_of_the_client_itself_cannot_be_set(app: Flask) -> None:
    with pytest.raises(ValueError, match="host"):
        outbound.request("GET", "https://example.com/", headers={"Host": "other"})
