"""The Sandbox model as pydantic-ai takes it."""

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from app.runs.sandbox.conversation import read
from app.runs.sandbox.plans import GENERAL, PLANS
from app.runs.sandbox.steps import advance

MODEL_NAME = "Sandbox model"


def sandbox_model() -> FunctionModel:
    """A model that needs no key and no network."""
    return FunctionModel(respond, model_name=MODEL_NAME)


async def respond(messages: Sequence[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next turn: tool calls, or the final answer."""
    case, turns = read(messages, info)
    answer = advance(PLANS.get(case.plan, GENERAL), case, turns)
    if isinstance(answer, str):
        return ModelResponse(parts=[TextPart(answer)])
    ids = (f"call-{len(turns) + 1}-{n}" for n in range(1, len(answer) + 1))
    return ModelResponse(parts=[ToolCallPart(c.tool, c.args, tool_call_id=i) for c, i in zip(answer, ids, strict=True)])
