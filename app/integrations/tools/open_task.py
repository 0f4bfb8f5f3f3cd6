"""Opening a task for people."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from app.dataflow.labels import Flow, Sink
from app.integrations import tracker
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext
from app.integrations.tools.values import Arguments, Line, Note


class Task(Arguments):
    title: Line = Field(description="What is to be done, starting with a verb.")
    detail: Note = Field(default="", description="What the person needs to know.")
    team: Literal["", "engineering", "marketing", "finance", "operations", "support"] = Field(
        default="", description="Whose task it is; left out, the agent's own team."
    )
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    due_on: date | None = Field(default=None, description="The day it is due, like 2026-12-01.")


def run(args: Task, ctx: ToolContext) -> dict[str, Any]:
    return tracker.open_item(
        ctx,
        title=args.title,
        detail=args.detail,
        team=args.team or ctx.team,
        priority=args.priority,
        due_on=args.due_on,
    )


def describe(args: Task, ctx: ToolContext) -> Action:
    facts = [("Task", args.title), ("For", (args.team or ctx.team).capitalize()), ("Priority", args.priority)]
    if args.due_on:
        facts.append(("Due", f"{args.due_on.day} {args.due_on:%b %Y}"))
    return Action(
        title=f"Open a task: {args.title}",
        facts=tuple(facts),
        button="Approve the task",
        body=(args.title, args.detail) if args.detail else None,
    )


def phrase(args: Task, result: dict[str, Any]) -> str:
    return f"Opened a task: {args.title}"


TOOL = Tool(
    name="open_task",
    version=1,
    title="Open a task",
    summary="Open a task for a team of people, when a person should look at something or do it.",
    arguments=Task,
    risk=Risk.LOW,
    effect=EffectClass.LOCAL,
    flow=Flow(Sink.INSIDE, content=frozenset({"title", "detail"}), reads_untrusted=False, reads_private=False),
    run=run,
    describe=describe,
    undo="Yes. Close the task",
    settled=tracker.settled,
    phrase=phrase,
)
