"""Handing over the result of a run: no tool that a model can call, but an action that rules and cards can be about."""

from typing import Any

from app.dataflow.labels import Flow, Sink
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext
from app.integrations.tools.values import Arguments


class Result(Arguments):
    output: str
    """What the agent wrote, as Markdown."""


def describe(args: Result, ctx: ToolContext) -> Action:
    return Action(title="Hand over the result", button="Approve the result", body=("The result", args.output))


def run(args: Result, ctx: ToolContext) -> dict[str, Any]:
    """The engine ends the run with it; there is nothing more to do."""
    return {"output": args.output}


TOOL = Tool(
    name="hand_over_result",
    version=1,
    title="Hand over its result",
    summary="Ends the run with what the agent wrote.",
    arguments=Result,
    risk=Risk.LOW,
    effect=EffectClass.LOCAL,
    flow=Flow(Sink.INSIDE, content=frozenset({"output"}), reads_untrusted=False, reads_private=False),
    run=run,
    describe=describe,
    by_name_only=True,
    undo="The result stays on the run. People decide what to do with it",
)
