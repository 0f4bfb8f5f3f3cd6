"""What the Sandbox model is told: the case it works on, and the turns taken so far."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo

from app.agents.templates import TEMPLATES
from app.runs.sandbox.case import Call, Case, Outcome, Status, Turn
from app.runs.sandbox.outcomes import outcomes

_FIELD = re.compile(r"^[^\n]{1,120} \((?P<name>[a-z][a-z0-9_]*)\):[ \t]*$", re.MULTILINE)
_FILES = re.compile(r"^Attached files:", re.MULTILINE)
_FILE = re.compile(r"(?P<name>[^\n,;()][^\n()]*?)\s*\([\w.+-]+/[\w.+-]+,[^)\n]*\)")
_SETTING = re.compile(r"^(?P<key>Plan|Currency|Workspace|Team):[ \t]*(?P<value>[^\n]+)$", re.MULTILINE)
_UNANSWERED = Outcome(Status.FAILED, words="There was no answer.")


def read(messages: Sequence[ModelMessage], info: AgentInfo) -> tuple[Case, list[Turn]]:
    """The case and the turns taken so far, out of a message history."""
    return _case(messages, info), _turns(messages)


def _case(messages: Sequence[ModelMessage], info: AgentInfo) -> Case:
    instructions = _instructions(messages, info)
    settings = {m["key"]: m["value"].strip() for m in _SETTING.finditer(instructions)}
    request, at = _request(messages)
    body, files = _without_files(request)
    return Case(
        instructions=_SETTING.sub("", instructions).strip(),
        plan=settings.get("Plan", ""),
        inputs=_fields(body, _order(settings.get("Plan", ""))),
        files=files,
        tools=frozenset(tool.name for tool in info.function_tools),
        today=at.astimezone(UTC).date(),
        currency=settings.get("Currency", "").upper(),
        workspace=settings.get("Workspace", ""),
        request=body.strip(),
    )


def _instructions(messages: Sequence[ModelMessage], info: AgentInfo) -> str:
    requests = [m for m in messages if isinstance(m, ModelRequest)]
    system = [p.content for m in requests for p in m.parts if isinstance(p, SystemPromptPart)]
    said = next((m.instructions for m in reversed(requests) if m.instructions), "")
    return "\n".join(part for part in dict.fromkeys([*system, info.instructions or "", said]) if part)


def _request(messages: Sequence[ModelMessage]) -> tuple[str, datetime]:
    """What the person gave, and when: the time of the request, so that a later turn reckons from the same day."""
    asked = next((p for m in messages for p in m.parts if isinstance(p, UserPromptPart)), None)
    if asked is None:
        return "", datetime.now(UTC)
    text = [asked.content] if isinstance(asked.content, str) else [c for c in asked.content if isinstance(c, str)]
    return "\n".join(text), asked.timestamp


def _without_files(request: str) -> tuple[str, tuple[str, ...]]:
    """The last `Attached files:` block counts: the engine writes it after everything that was typed."""
    blocks = list(_FILES.finditer(request))
    if not blocks:
        return request, ()
    names = [
        m["name"].strip().removeprefix("- ").strip() for m in _FILE.finditer(request[blocks[-1].end() :].lstrip(" \t"))
    ]
    return (request[: blocks[-1].start()], tuple(names)) if names else (request, ())


def _order(plan: str) -> list[str]:
    """The names of the template's inputs, as the form lists them."""
    template = TEMPLATES.get(plan)
    return [spec["name"] for spec in template.inputs] if template else []


def _fields(body: str, order: list[str]) -> dict[str, str]:
    """Blocks of `<label> (<name>):` and a value, in the order of the form.

    A block out of order is part of the text before it: somebody wrote it into a message to replace another field.
    """
    marks: dict[str, re.Match[str]] = {}
    for mark in _FIELD.finditer(body):
        if mark["name"] not in marks and _follows(mark["name"], list(marks), order):
            marks[mark["name"]] = mark
    ends = [m.start() for m in list(marks.values())[1:]] + [len(body)] * bool(marks)
    return {name: body[m.end() : end].strip("\n") for (name, m), end in zip(marks.items(), ends, strict=True)}


def _follows(name: str, seen: list[str], order: list[str]) -> bool:
    if not order:
        return True
    return name in order and all(order.index(name) > order.index(s) for s in seen)


def _turns(messages: Sequence[ModelMessage]) -> list[Turn]:
    settled = outcomes(messages)
    turns: list[Turn] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            calls = [p for p in message.parts if isinstance(p, ToolCallPart)]
            if calls:
                turns.append(
                    [(Call(c.tool_name, _arguments(c)), settled.get(c.tool_call_id, _UNANSWERED)) for c in calls]
                )
    return turns


def _arguments(call: ToolCallPart) -> dict[str, Any]:
    try:
        return call.args_as_dict()
    except ValueError:
        return {}
