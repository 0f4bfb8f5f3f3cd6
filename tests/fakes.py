"""Stand-ins for the real ports: a model that says what the test wrote, tools that count what they did."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from app.approvals.gate import ApprovalGate
from app.dataflow.labels import Flow, Sink
from app.integrations.tools.base import Action, EffectClass, Risk, Tool, ToolContext
from app.restrictions.services import standing_of
from app.runs.models import Run
from app.runs.ports import Ports


def call(tool: str, **args: Any) -> ToolCallPart:
    """One tool call of a scripted turn."""
    return ToolCallPart(tool, args)


def scripted(*turns: Any) -> FunctionModel:
    """A model whose n-th turn is the n-th item: text, a list of calls, an exception, or a function of the messages."""

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        taken = sum(isinstance(message, ModelResponse) for message in messages)
        turn = turns[min(taken, len(turns) - 1)]
        turn = turn(messages) if callable(turn) and not isinstance(turn, type) else turn
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, str):
            return ModelResponse(parts=[TextPart(turn)])
        return ModelResponse(parts=[replace(part, tool_call_id=f"c{taken}-{index}") for index, part in enumerate(turn)])

    return FunctionModel(respond)


def returns(messages: list[ModelMessage]) -> list[ToolReturnPart]:
    """What the model was told about its calls, oldest first."""
    return [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]


class Pay(BaseModel):
    model_config = ConfigDict(extra="forbid")
    party: str
    amount: int


QUIET = Flow(Sink.INSIDE, reads_untrusted=False, reads_private=False)
"""What the guard has nothing to say about."""


class Counted:
    """A tool that counts its effects by key, in memory, as the outside world would."""

    def __init__(
        self,
        name: str = "pay",
        effect: EffectClass = EffectClass.LOCAL,
        risk: Risk = Risk.HIGH,
        flow: Flow | None = QUIET,
    ) -> None:
        self.done: list[str] = []
        self.fail: Exception | None = None
        self.before: Callable[[], None] = lambda: None
        self.tool = Tool(
            name=name,
            version=1,
            title=name.capitalize(),
            summary=f"{name} someone",
            arguments=Pay,
            risk=risk,
            effect=effect,
            run=self._run,
            describe=lambda args, ctx: Action(
                title=f"{name.capitalize()} {args.amount} to {args.party}", amount=args.amount, currency="EUR"
            ),
            moves_money=risk is Risk.HIGH,
            flow=flow,
        )

    def _run(self, args: Pay, ctx: ToolContext) -> dict[str, Any]:
        self.before()
        if self.fail is not None:
            raise self.fail
        self.done.append(ctx.effect_key)
        return {"paid": args.amount}


def ports(model: Any, *tools: Counted, **changes: Any) -> Ports:
    """The engine's ports with this model and these tools, and the real gate and standing."""

    def model_for(run: Run) -> Any:
        return model

    made = Ports(
        model=model_for,
        gate=ApprovalGate,
        standing=standing_of,
        tools={counted.tool.name: counted.tool for counted in tools},
        owner="test",
        lease_seconds=15,
        model_timeout_seconds=5,
        model_deadline_seconds=60,
    )
    return replace(made, **changes)
