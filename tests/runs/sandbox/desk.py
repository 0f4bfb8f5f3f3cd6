"""A desk to try the Sandbox model at: the real argument models, and tools that remember what they did."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.tools import ToolDefinition

from app.agents.templates import TEMPLATES
from app.integrations.tools.registry import TOOLS
from app.runs.sandbox.answering import respond

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Desk:
    """One job: its knowledge and files, and the answers that people give to its calls."""

    knowledge: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    answers: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    """tool -> (outcome, content) for its first calls; after them it works."""
    currency: str = ""
    """The workspace's; where it is empty, the one that its documents use."""
    done: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    slowest_ms: float = 0

    def work(self, plan: str, **inputs: str) -> str:
        """Run the job to its end and return the final answer."""
        template = TEMPLATES[plan]
        blocks = [f"{s['label']} ({s['name']}):\n{inputs[s['name']]}" for s in template.inputs if inputs.get(s["name"])]
        if self.files:
            blocks.append("Attached files: " + ", ".join(f"{n} (text/plain, 1 kB)" for n in self.files))
        books = f"\nCurrency: {self.currency}" if self.currency else ""
        opening: list[Any] = [
            SystemPromptPart(f"{template.instructions}\n\nPlan: {plan}{books}"),
            UserPromptPart("\n\n".join(blocks), timestamp=TODAY),
        ]
        messages: list[ModelMessage] = [ModelRequest(parts=opening)]
        tools = [ToolDefinition(name=t, parameters_json_schema={}) for t in template.tools]
        info = AgentInfo(
            function_tools=tools,
            allow_text_output=True,
            output_tools=[],
            model_settings=None,
            model_request_parameters=ModelRequestParameters(function_tools=tools),
            instructions=None,
        )
        for _ in range(12):
            began = time.perf_counter()
            response = asyncio.run(respond(messages, info))
            self.slowest_ms = max(self.slowest_ms, (time.perf_counter() - began) * 1000)
            messages.append(response)
            calls = [p for p in response.parts if isinstance(p, ToolCallPart)]
            if not calls:
                return "".join(p.content for p in response.parts if isinstance(p, TextPart))
            messages.append(ModelRequest(parts=list[Any](self._answer(c) for c in calls)))
        raise AssertionError("it never came to an end")

    def _answer(self, call: ToolCallPart) -> ToolReturnPart:
        outcome, content = self._one(call.tool_name, call.args_as_dict())
        return ToolReturnPart(call.tool_name, content, tool_call_id=call.tool_call_id, outcome=outcome)  # type: ignore[arg-type]

    def _one(self, tool: str, args: dict[str, Any]) -> tuple[str, Any]:
        try:
            args = TOOLS[tool].arguments.model_validate(args).model_dump(mode="json")
        except ValidationError as error:
            raise AssertionError(f"{tool} was called with arguments that do not fit: {error}") from error
        if tool == "search_knowledge":
            return "success", {"passages": self._found(args["query"], args["limit"])}
        if tool == "read_attachment":
            content = self.files[args["name"]]
            return "success", content if isinstance(content, dict) else {
                "name": args["name"],
                "text": content,
                "tables": [],
                "truncated": False,
            }
        self.asked.append((tool, args))
        if waiting := self.answers.get(tool):
            return waiting.pop(0)
        self.done.append((tool, args))
        return "success", {"done": True}

    def _found(self, query: str, limit: int) -> list[dict[str, str]]:
        words = {w[:5] for w in re.findall(r"\w{3,}", query.lower())}
        scored = [
            (len(words & {w[:5] for w in re.findall(r"\w{3,}", text.lower())}), name, text)
            for name, text in self.knowledge.items()
        ]
        best = sorted((s for s in scored if s[0]), key=lambda s: -s[0])[:limit]
        return [{"document": name, "place": "section 1", "text": text, "ref": name} for _, name, text in best]

    def calls(self, tool: str) -> list[dict[str, Any]]:
        return [args for name, args in self.done if name == tool]


def demo(*names: str) -> dict[str, str]:
    """Documents of the demo company, a passage for each section."""
    from pathlib import Path

    import app

    folder = Path(app.__file__).parent / "demo_content" / "knowledge"
    return {
        f"{n} {i}": part
        for n in names
        for i, part in enumerate(re.split(r"(?m)^(?=## )", (folder / f"{n}.md").read_text()))
    }
