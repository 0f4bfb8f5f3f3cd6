"""The seven tools: strict arguments, exact descriptions, effects that happen once."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import func, select

from app import mail
from app.db import db
from app.integrations import files
from app.integrations.models import LedgerEntry, WebhookDelivery, WorkItem
from app.integrations.tools import send_webhook
from app.integrations.tools.base import EffectClass, ToolContext, ToolRefused
from app.integrations.tools.registry import TOOLS
from app.keys import signing
from tests.factories import a_run
from tests.integrations import samples
from tests.integrations.samples import upload

REFUND = {"party": "Hartwell Ltd", "amount": "1840.00", "reference": "INV-7", "reason": "Charged twice"}
PAYMENT = {"party": "Mill & Co", "amount": 99.5, "reference": "2026-114", "due_on": "2026-12-01"}
TASK = {"title": "Call Hartwell", "detail": "They asked twice.", "priority": "high"}
MESSAGE = {"to": ["Ada@fennelrye.example", "bob@northwind.example"], "subject": "Hello", "body": "Dear both"}
EFFECTS = [
    ("book_refund", REFUND, LedgerEntry),
    ("schedule_payment", PAYMENT, LedgerEntry),
    ("open_task", TASK, WorkItem),
]


@pytest.fixture
def context(app: Flask) -> ToolContext:
    """A call of a run in a fresh workspace, with nothing uncommitted."""
    run = a_run()
    given = ToolContext(
        run.workspace_id, run.id, run.public_id, "run:1:0", "finance", "EUR", ("fennelrye.example",), ()
    )
    db.session.commit()
    return given


def call(name: str, arguments: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    tool = TOOLS[name]
    result = tool.run(tool.arguments.model_validate(arguments), context)
    db.session.commit()
    return result


def described(name: str, arguments: dict[str, Any], context: ToolContext) -> Any:
    tool = TOOLS[name]
    return tool.describe(tool.arguments.model_validate(arguments), context)


@pytest.mark.parametrize("name", TOOLS)
def test_no_tool_takes_what_it_does_not_know(name: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        TOOLS[name].arguments.model_validate({"surprise": 1})


@pytest.mark.parametrize(("name", "arguments", "model"), EFFECTS)
def test_an_effect_is_found_again_by_its_key(context: ToolContext, name: str, arguments: Any, model: Any) -> None:
    assert TOOLS[name].settled(context) is None

    result = call(name, arguments, context)

    assert TOOLS[name].settled(context) == result
    assert TOOLS[name].settled(replace(context, effect_key="run:1:1")) is None
    assert TOOLS[name].settled(replace(context, workspace_id=context.workspace_id + 1)) is None
    assert db.session.scalar(select(func.count()).select_from(model)) == 1


def test_a_refund_says_exactly_what_it_will_do(context: ToolContext) -> None:
    action = described("book_refund", REFUND, context)

    assert action.title == "Refund €1,840.00 to Hartwell Ltd"
    assert (action.amount, action.currency, action.button) == (184000, "EUR", "Approve €1,840.00")
    assert call("book_refund", REFUND, context)["amount"] == 184000


def test_a_payment_is_booked_with_its_day(context: ToolContext) -> None:
    assert described("schedule_payment", PAYMENT, context).title == "Pay €99.50 to Mill & Co on 1 Dec 2026"

    call("schedule_payment", PAYMENT, context)

    assert db.session.scalars(select(LedgerEntry)).one().amount == 9950


@pytest.mark.parametrize(
    ("amount", "minor"), [("0.01", 1), ("1", 100), (1840, 184000), (0.1, 10), ("19.90", 1990), (1e5, 10_000_000)]
)
def test_an_amount_is_exact(context: ToolContext, amount: Any, minor: int) -> None:
    assert described("book_refund", REFUND | {"amount": amount}, context).amount == minor


@pytest.mark.parametrize(
    "amount",
    ["0", "0.00", "-5", "+5", "1,840.00", "1 840", "1e3", "٤٥", "１０", "10\u200b", "0x10", "NaN", "Infinity", "", "01",
     ".5", "5.", "€5", "1.2345", True, None, float("nan"), float("inf"), [5], "9" * 13],
)  # fmt: skip
def test_an_amount_that_could_be_misread_is_refused(amount: Any) -> None:
    with pytest.raises(ValidationError):
        TOOLS["book_refund"].arguments.model_validate(REFUND | {"amount": amount})


def test_a_currency_without_cents_takes_none(context: ToolContext) -> None:
    yen = replace(context, currency="JPY")

    assert described("book_refund", REFUND | {"amount": "1840"}, yen).amount == 1840
    with pytest.raises(ToolRefused):
        described("book_refund", REFUND | {"amount": "18.40"}, yen)


@pytest.mark.parametrize("party", ["", "  ", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "x" * 201])
def test_a_name_that_could_mislead_is_refused(party: str) -> None:
    with pytest.raises(ValidationError):
        TOOLS["book_refund"].arguments.model_validate(REFUND | {"party": party})


def test_text_is_kept_in_one_form() -> None:
    arguments: Any = TOOLS["book_refund"].arguments.model_validate(REFUND | {"party": " Cafe\u0301 "})

    assert arguments.party == "Café"


def test_mail_is_kept_once_in_development(context: ToolContext) -> None:
    tool = TOOLS["send_mail"]
    assert tool.effect_class(context) is EffectClass.LOCAL

    result = call("send_mail", MESSAGE, context)

    message = mail.find_by_key(context.effect_key)
    assert message and message.recipients == ["ada@fennelrye.example", "bob@northwind.example"]
    assert result == tool.settled(context) == {"state": "kept", "recipients": 2}


def test_mail_shows_who_is_outside_and_what_they_will_read(context: ToolContext) -> None:
    action = described("send_mail", MESSAGE, context)

    assert ("Outside the company", "1 of 2") in action.facts
    assert action.recipients == ("ada@fennelrye.example", "bob@northwind.example")
    assert action.body == ("Hello", "Dear both")


@pytest.mark.parametrize(
    "to",
    [
        [],
        ["nobody"],
        ["a@x.example\r\nBcc: b@x.example"],
        ["a@x.example, b@x.example"],
        [f"a{n}@x.example" for n in range(201)],
    ],
)
def test_recipients_are_plain_addresses_and_not_too_many(to: list[str]) -> None:
    with pytest.raises(ValidationError):
        TOOLS["send_mail"].arguments.model_validate(MESSAGE | {"to": to})


def test_mail_that_no_server_took_is_a_refusal(
    app: Flask, context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], smtp_url="smtp://127.0.0.1:9"))
    assert TOOLS["send_mail"].effect_class(context) is EffectClass.ONCE

    with pytest.raises(ToolRefused, match="Not sent"):
        call("send_mail", MESSAGE, context)

    assert mail.find_by_key(context.effect_key) is None


class Hook(http.server.BaseHTTPRequestHandler):
    """A receiver that keeps what it was sent and answers with the statuses it is given, 200 at last."""

    seen: list[tuple[dict[str, str], bytes]]
    says: list[int]

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(({k.lower(): v for k, v in self.headers.items()}, content))
        self.send_response(self.says.pop(0) if self.says else 200)
        self.end_headers()
        self.wfile.write(b"ok")


@pytest.fixture
def hook(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    handler: Any = type("OneHook", (Hook,), {"seen": [], "says": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}/hook"
    allowed = frozenset({f"127.0.0.1:{server.server_port}"})
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], egress_allow=allowed))
    monkeypatch.setattr(send_webhook, "PAUSES_SECONDS", (0.0, 0.0))
    yield handler
    server.shutdown()
    server.server_close()


def test_a_webhook_is_signed_and_carries_its_key(context: ToolContext, hook: Any) -> None:
    result = call("send_webhook", {"url": hook.url, "payload": {"b": 1, "a": "é"}}, context)

    [(headers, content)] = hook.seen
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    key = signing.key_for_call(context.workspace_id)
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["idempotency-key"] == context.effect_key
    assert json.loads(content) == {"a": "é", "b": 1}
    assert result == TOOLS["send_webhook"].settled(context) == {"status": 200, "answer": "ok"}


def test_a_webhook_is_tried_again_with_the_same_key(context: ToolContext, hook: Any) -> None:
    hook.says = [503, 500]

    call("send_webhook", {"url": hook.url, "payload": {}}, context)

    assert len({(h["idempotency-key"], h["webhook-id"], h["webhook-signature"]) for h, _ in hook.seen}) == 1
    assert len(hook.seen) == 3


@pytest.mark.parametrize("status", [302, 400, 410])
def test_a_webhook_that_was_not_accepted_is_a_refusal(context: ToolContext, hook: Any, status: int) -> None:
    hook.says = [status]

    with pytest.raises(ToolRefused, match=str(status)):
        call("send_webhook", {"url": hook.url, "payload": {}}, context)

    assert TOOLS["send_webhook"].settled(context) is None
    assert db.session.scalars(select(WebhookDelivery)).one().status == status


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://10.0.0.1/", "https://user@x.example/", "ftp://x.example"]
)
def test_a_webhook_into_the_network_never_reaches_a_card(context: ToolContext, url: str) -> None:
    with pytest.raises(ToolRefused):
        described("send_webhook", {"url": url, "payload": {}}, context)


def test_a_large_payload_is_refused() -> None:
    with pytest.raises(ValidationError, match="64 KB"):
        TOOLS["send_webhook"].arguments.model_validate({"url": "https://x.example", "payload": {"a": "x" * 70_000}})


def given_file(name: str, content: bytes, context: ToolContext) -> Any:
    attachment = files.keep(upload(name, content), workspace_id=context.workspace_id, field="files")
    files.attach([attachment], run_id=context.run_id)
    db.session.commit()
    return attachment


def test_an_attached_table_is_read_as_a_table(context: ToolContext) -> None:
    attachment = given_file("Orders.csv", b"order,total\nA-1,18.50\n", context)

    result = call("read_attachment", {"name": "orders.csv"}, context)

    assert result["tables"] == [{"name": "", "header": ["order", "total"], "rows": [["A-1", "18.50"]]}]
    assert [(e.kind, e.title, e.ref) for e in context.read] == [("attachment", "Orders.csv", attachment.public_id)]


def test_an_attached_pdf_is_read_by_its_id(context: ToolContext) -> None:
    attachment = given_file("a.pdf", samples.a_pdf("Total due 42"), context)

    assert "[page 1]\nTotal due 42" in call("read_attachment", {"name": attachment.public_id}, context)["text"]


def test_a_long_file_is_cut_and_says_so(context: ToolContext) -> None:
    given_file("a.txt", b"\n\n".join([b"word " * 150] * 100), context)

    result = call("read_attachment", {"name": "a.txt"}, context)

    assert result["truncated"] and len(result["text"]) < 42_000


def test_another_runs_file_is_not_there(context: ToolContext) -> None:
    given_file("a.txt", b"secret", replace(context, run_id=a_run().id))

    with pytest.raises(ToolRefused, match="no attached file"):
        call("read_attachment", {"name": "a.txt"}, context)


def test_every_tool_tells_the_timeline_what_it_did() -> None:
    assert all(tool.phrase for tool in TOOLS.values())
