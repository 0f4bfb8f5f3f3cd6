"""Sending mail on the workspace's behalf."""

import hashlib
from typing import Any

from pydantic import Field

from app import mail, smtp
from app.dataflow.labels import Flow, Sink
from app.dataflow.origins import Kind
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext, ToolRefused
from app.integrations.tools.values import Addresses, Arguments, Line, Prose
from app.mail import MailState


class Message(Arguments):
    to: Addresses = Field(description="Mail addresses, at most 200. With several, none sees the others.")
    subject: Line
    body: Prose = Field(description="Plain text.")


def effect(ctx: ToolContext) -> EffectClass:
    """Kept mail is a row of ours; sent mail is out of our hands."""
    return EffectClass.LOCAL if mail.settings().keeps_mail else EffectClass.ONCE


def run(args: Message, ctx: ToolContext) -> dict[str, Any]:
    """Keep it, or send it before returning. Raises MailOutcomeUnknown when nobody can say."""
    keeps, problem = mail.settings().keeps_mail, None
    if not keeps:
        problem = _send(args, ctx)
    mail.write(
        to=args.to,
        subject=args.subject,
        text=args.body,
        workspace_id=ctx.workspace_id,
        key=ctx.effect_key,
        state=MailState.KEPT if keeps else MailState.SENT,
    )
    return _result("kept" if keeps else "sent", len(args.to), problem)


def _send(args: Message, ctx: ToolContext) -> str | None:
    same_each_time = hashlib.sha256(ctx.effect_key.encode()).hexdigest()[:20]
    try:
        return mail.hand_over(to=args.to, subject=args.subject, text=args.body, message_id=same_each_time)
    except (smtp.MailRefused, smtp.MailServerAway) as error:
        raise ToolRefused(f"Not sent: {error}.") from error


def settled(ctx: ToolContext) -> dict[str, Any] | None:
    message = mail.find_by_key(ctx.effect_key)
    return _result(message.state, len(message.recipients), message.problem) if message else None


def describe(args: Message, ctx: ToolContext) -> Action:
    outside = [address for address in args.to if address.rpartition("@")[2] not in ctx.company_domains]
    facts = [("Goes to", people(args.to)), ("Subject", args.subject)]
    if outside:
        facts.insert(1, ("Outside the company", f"{len(outside)} of {len(args.to)}"))
    return Action(
        title=f"Send “{args.subject}” to {people(args.to)}",
        facts=tuple(facts),
        recipients=tuple(args.to),
        button=f"Approve sending to {people(args.to)}",
        body=(args.subject, args.body),
    )


def people(addresses: list[str]) -> str:
    return addresses[0] if len(addresses) == 1 else f"{len(addresses)} people"


def phrase(args: Message, result: dict[str, Any]) -> str:
    verb = "Kept the mail" if result.get("state") == "kept" else "Sent"
    return f"{verb} “{args.subject}” to {people(args.to)}"


def _result(state: str, count: int, problem: str | None) -> dict[str, Any]:
    return {"state": state, "recipients": count} | ({"problem": problem} if problem else {})


TOOL = Tool(
    name="send_mail",
    version=1,
    title="Send mail",
    summary="Send a plain-text mail to one or more addresses. It leaves the company and cannot be called back.",
    arguments=Message,
    risk=Risk.MEDIUM,
    effect=effect,
    flow=Flow(
        Sink.RECIPIENTS,
        {"to": Kind.ADDRESS},
        frozenset({"subject", "body"}),
        reads_untrusted=False,
        reads_private=False,
    ),
    run=run,
    describe=describe,
    sends_outside=True,
    reversible=False,
    undo="No. Sent mail cannot be called back",
    settled=settled,
    phrase=phrase,
)
