"""The Sandbox model as pydantic-ai takes it."""

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from app.runs.sandbox.case import Call
from app.runs.sandbox.conversation import read
from app.runs.sandbox.plans import GENERAL, PLANS
from app.runs.sandbox.steps import advance

MODEL_NAME = "Sandbox model"


def model() -> FunctionModel:
    """A model that needs no key and no network."""
    return FunctionModel(respond, model_name=MODEL_NAME)


async def respond(messages: Sequence[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next turn: tool calls with the reason for them, or the final answer."""
    case, turns = read(messages, info)
    answer = advance(PLANS.get(case.plan, GENERAL), case, turns)
    if isinstance(answer, str):
        return ModelResponse(parts=[TextPart(answer)])
    return ModelResponse(parts=[*_reasons(answer), *_calls(answer, len(turns) + 1)])


def _reasons(calls: list[Call]) -> list[TextPart]:
    """Why it wants to act, for the person who decides."""
    said = list(dict.fromkeys(call.why for call in calls if call.why))
    return [TextPart(" ".join(said))] if said else []


def _calls(calls: list[Call], turn: int) -> list[ToolCallPart]:
    return [ToolCallPart(c.tool, c.args, tool_call_id=f"call-{turn}-{n}") for n, c in enumerate(calls, 1)]
