"""Calling another system over HTTP, signed after Standard Webhooks."""

import base64
import hashlib
import hmac
import json
import time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from app import outbound
from app.dataflow.labels import Flow, Sink
from app.dataflow.origins import Kind
from app.db import db, now
from app.integrations import queries
from app.integrations.models import WebhookDelivery
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext, ToolRefused
from app.integrations.tools.values import Arguments, Line
from app.keys import signing

MAX_PAYLOAD = 64 * 1024
MAX_ANSWER = 4_000
PAUSES_SECONDS = (0.5, 2.0)
"""Before the second and third attempt; all carry the same idempotency key."""


def _small(payload: dict[str, Any]) -> dict[str, Any]:
    if len(canonical(payload)) > MAX_PAYLOAD:
        raise ValueError(f"keep the payload under {MAX_PAYLOAD // 1024} KB")
    return payload


class Call(Arguments):
    url: Annotated[Line, Field(max_length=2_000)] = Field(description="Where to, starting with https://.")
    payload: Annotated[dict[str, Any], AfterValidator(_small)] = Field(description="The JSON object to send.")


def run(args: Call, ctx: ToolContext) -> dict[str, Any]:
    """POST the payload until it is answered, three times at most. Any answer but 2xx is a refusal."""
    content = canonical(args.payload)
    answer = _answered(args.url, content, _headers(content, ctx))
    db.session.add(
        WebhookDelivery(
            workspace_id=ctx.workspace_id,
            url=args.url,
            payload=args.payload,
            effect_key=ctx.effect_key,
            status=answer.status,
            answer=_text(answer),
        )
    )
    db.session.flush()
    if not 200 <= answer.status < 300:
        raise ToolRefused(f"{answer.host} answered {answer.status} and did not accept it.")
    return _result(answer.status, _text(answer))


def canonical(payload: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent: the same for the same payload."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def signature(key: bytes, message_id: str, timestamp: int, content: bytes) -> str:
    """The `webhook-signature` header for this content."""
    signed = f"{message_id}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _headers(content: bytes, ctx: ToolContext) -> dict[str, str]:
    message_id = "msg_" + hashlib.sha256(ctx.effect_key.encode()).hexdigest()[:24]
    timestamp = int(now().timestamp())
    return {
        "content-type": "application/json",
        "idempotency-key": ctx.effect_key,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(signing.key_for_call(ctx.workspace_id), message_id, timestamp, content),
    }


def _answered(url: str, content: bytes, headers: dict[str, str]) -> outbound.Answer:
    for pause in (*PAUSES_SECONDS, None):
        try:
            # No redirects: a signed payload goes to the address on the card and nowhere else.
            answer = outbound.request(
                "POST", url, headers=headers, body=content, timeout_seconds=10, max_bytes=MAX_ANSWER, redirects=0
            )
            if answer.status < 500 and answer.status != 429 or pause is None:
                return answer
        except outbound.OutboundRefused as refused:
            raise ToolRefused(f"Not sent: {refused.sentence}") from refused
        except outbound.OutboundFailed as failed:
            if pause is None and not failed.sent:
                raise ToolRefused(f"Not sent: {failed}") from failed
            if pause is None:
                raise
        time.sleep(pause)
    raise AssertionError("unreachable")


def settled(ctx: ToolContext) -> dict[str, Any] | None:
    delivery = queries.find_delivery(ctx.workspace_id, ctx.effect_key)
    if delivery is None or not 200 <= (delivery.status or 0) < 300:
        return None
    return _result(delivery.status or 0, delivery.answer or "")


def describe(args: Call, ctx: ToolContext) -> Action:
    """Raises ToolRefused for an address the guard would not call."""
    try:
        host = outbound.check(args.url).host
    except outbound.OutboundRefused as refused:
        raise ToolRefused(refused.sentence) from refused
    return Action(
        title=f"Send data to {host}",
        facts=(("Goes to", host), ("Address", args.url), ("Signed", "Yes, with this workspace's signing secret")),
        recipients=(host,),
        button=f"Approve sending to {host}",
        body=("Data", json.dumps(args.payload, indent=2, ensure_ascii=False, sort_keys=True)),
    )


def phrase(args: Call, result: dict[str, Any]) -> str:
    return f"Sent data to {urlsplit(args.url).hostname}, which answered {result.get('status')}"


def _text(answer: outbound.Answer) -> str:
    return answer.body.decode("utf-8", "replace").replace("\x00", "")


def _result(status: int, answer: str) -> dict[str, Any]:
    return {"status": status, "answer": answer}


TOOL = Tool(
    name="send_webhook",
    version=1,
    title="Send a webhook",
    summary="POST a JSON object, signed, to another system's address. Returns its status and answer.",
    arguments=Call,
    risk=Risk.HIGH,
    effect=EffectClass.KEYED,
    flow=Flow(Sink.OUTSIDE, {"url": Kind.LINK}, frozenset({"payload"}), reads_private=False),
    run=run,
    describe=describe,
    sends_outside=True,
    reversible=False,
    undo="No. Only the receiver can take it back",
    settled=settled,
    phrase=phrase,
)
