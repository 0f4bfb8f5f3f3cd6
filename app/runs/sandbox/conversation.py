"""What the Sandbox model is told: the case it works on, and what became of each call it made."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    SystemPromptPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo

from app.agents.templates import TEMPLATES

_FIELD = re.compile(r"^(?P<label>[^\n]{1,120}) \((?P<name>[a-z][a-z0-9_]*)\):[ \t]*$", re.MULTILINE)
_FILES = re.compile(r"^Attached files:[ \t]*(?P<rest>.*)\Z", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"(?P<name>[^\n,;()][^\n()]*?)\s*\((?P<type>[\w.+-]+/[\w.+-]+),[^)\n]*\)")
_SETTING = re.compile(r"^(?P<key>Plan|Currency|Workspace|Team):[ \t]*(?P<value>[^\n]+)$", re.MULTILINE)
_CHANGES = re.compile(
    r"changes? (?:were |was )?(?:requested|asked for|wanted)\W*(?:by [^:]{1,80})?:?\s*(?P<note>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DECLINED = re.compile(
    r"\b(?:declined|denied|rejected|expired|not approved|not allowed|refused by|voided)\b", re.IGNORECASE
)


class Status(StrEnum):
    DONE = "done"
    DECLINED = "declined"
    CHANGES = "changes"
    FAILED = "failed"
    MISFIT = "misfit"
    """The arguments did not fit."""
    ABSENT = "absent"
    """The agent does not have this tool."""


@dataclass(frozen=True)
class Call:
    """One tool call."""

    tool: str
    args: dict[str, Any]
    why: str = ""
    """The reason, for the person who decides on it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call. `words` say it, for everything but success."""

    status: Status
    content: Any = None
    words: str = ""

    @property
    def done(self) -> bool:
        return self.status == Status.DONE

    def get(self, key: str, default: Any = None) -> Any:
        """A value out of the tool's answer."""
        return self.content.get(key, default) if isinstance(self.content, dict) else default


@dataclass(frozen=True)
class Attached:
    name: str
    media_type: str


@dataclass(frozen=True)
class Case:
    """The job: what it is told to do, and what it is given."""

    instructions: str
    plan: str
    inputs: dict[str, str]
    labels: dict[str, str]
    files: tuple[Attached, ...]
    tools: frozenset[str]
    today: date
    currency: str = ""
    workspace: str = ""
    team: str = ""
    request: str = ""
    """The whole of what was given, as it was written."""

    def given(self, name: str) -> str:
        """An input's text; empty when it was left blank."""
        return self.inputs.get(name, "").strip()

    @property
    def text(self) -> str:
        """Everything the person typed."""
        return "\n".join(v for v in self.inputs.values() if v.strip()) or self.request


Turn = list[tuple[Call, Outcome]]


def read(messages: Sequence[ModelMessage], info: AgentInfo) -> tuple[Case, list[Turn]]:
    """The case and the turns taken so far, out of a message history."""
    instructions = _instructions(messages, info)
    settings = {m["key"]: m["value"].strip() for m in _SETTING.finditer(instructions)}
    request, at = _request(messages)
    body, files = _without_files(request)
    inputs, labels = _fields(body, _order(settings.get("Plan", "")))
    case = Case(
        instructions=_SETTING.sub("", instructions).strip(),
        plan=settings.get("Plan", ""),
        inputs=inputs,
        labels=labels,
        files=files,
        tools=frozenset(tool.name for tool in info.function_tools),
        today=at.astimezone(UTC).date(),
        currency=settings.get("Currency", "").upper(),
        workspace=settings.get("Workspace", ""),
        team=settings.get("Team", ""),
        request=body.strip(),
    )
    return case, _turns(messages)


def _instructions(messages: Sequence[ModelMessage], info: AgentInfo) -> str:
    system = [
        p.content for m in messages if isinstance(m, ModelRequest) for p in m.parts if isinstance(p, SystemPromptPart)
    ]
    said = next((m.instructions for m in reversed(messages) if isinstance(m, ModelRequest) and m.instructions), None)
    return "\n".join(part for part in dict.fromkeys([*system, info.instructions or "", said or ""]) if part)


def _request(messages: Sequence[ModelMessage]) -> tuple[str, datetime]:
    """What the person gave, and when: the time of the request, so that a later turn reckons from the same day."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                text = (
                    part.content
                    if isinstance(part.content, str)
                    else "\n".join(str(c) for c in part.content if isinstance(c, str))
                )
                return text, part.timestamp
    return "", datetime.now(UTC)


def _without_files(request: str) -> tuple[str, tuple[Attached, ...]]:
    """The last `Attached files:` block counts: the engine writes it after everything that was typed."""
    blocks = list(re.finditer(r"^Attached files:", request, re.MULTILINE))
    if not blocks:
        return request, ()
    start = blocks[-1].start()
    listed = _FILES.match(request, start)
    rest = listed["rest"] if listed else ""
    files = [Attached(m["name"].strip().removeprefix("- ").strip(), m["type"]) for m in _FILE.finditer(rest)]
    return (request[:start], tuple(files)) if files else (request, ())


def _order(plan: str) -> list[str]:
    """The names of the template's inputs, as the form lists them."""
    template = TEMPLATES.get(plan)
    return [spec["name"] for spec in template.inputs] if template else []


def _fields(body: str, order: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Blocks of `<label> (<name>):` and a value, in the order of the form.

    A block out of order is part of the text before it: somebody wrote it into a message to replace another field.
    """
    marks: list[re.Match[str]] = []
    for mark in _FIELD.finditer(body):
        seen = [m["name"] for m in marks]
        if mark["name"] not in seen and _follows(mark["name"], seen, order):
            marks.append(mark)
    ends = [*(m.start() for m in marks[1:]), len(body)] if marks else []
    inputs = {m["name"]: body[m.end() : end].strip("\n") for m, end in zip(marks, ends, strict=True)}
    return inputs, {m["name"]: m["label"].strip() for m in marks}


def _follows(name: str, seen: list[str], order: list[str]) -> bool:
    if not order:
        return True
    return name in order and all(order.index(name) > order.index(s) for s in seen)


def _turns(messages: Sequence[ModelMessage]) -> list[Turn]:
    outcomes = _outcomes(messages)
    missing = Outcome(Status.FAILED, words="There was no answer.")
    turns: list[Turn] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            calls = [p for p in message.parts if isinstance(p, ToolCallPart)]
            turn = [(Call(c.tool_name, _arguments(c)), outcomes.get(c.tool_call_id, missing)) for c in calls]
            if turn:
                turns.append(turn)
    return turns


def _arguments(call: ToolCallPart) -> dict[str, Any]:
    try:
        return call.args_as_dict()
    except ValueError:
        return {}


def _outcomes(messages: Iterable[ModelMessage]) -> dict[str, Outcome]:
    settled: dict[str, Outcome] = {}
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, ToolReturnPart):
                settled[part.tool_call_id] = _outcome(part.content, part.outcome)
            elif isinstance(part, RetryPromptPart) and part.tool_name:
                settled[part.tool_call_id] = Outcome(Status.MISFIT, part.content, _words(part.content))
    return settled


def _outcome(content: Any, outcome: str) -> Outcome:
    content = _decoded(content)
    said = _words(content)
    if outcome == "retried":
        return Outcome(Status.MISFIT, content, said)
    if (outcome == "denied" or isinstance(content, str)) and (changes := _CHANGES.search(said)):
        return Outcome(Status.CHANGES, content, changes["note"].strip() or said)
    if outcome == "denied" or (isinstance(content, str) and outcome == "success" and _DECLINED.match(said)):
        return Outcome(Status.DECLINED, content, said)
    if outcome != "success":
        return Outcome(Status.FAILED, content, said)
    return Outcome(Status.DONE, content, "")


def _decoded(content: Any) -> Any:
    """Tool answers may have been stored as JSON text."""
    if isinstance(content, str) and content[:1] in "{[":
        try:
            return json.loads(content)
        except ValueError:
            return content
    return content


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, dict):
        said = next(
            (
                content[k]
                for k in ("sentence", "error", "message", "reason", "note", "detail")
                if isinstance(content.get(k), str)
            ),
            "",
        )
        return said or json.dumps(content, ensure_ascii=False)
    if isinstance(content, list):
        return "; ".join(_words(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in content)
    return str(content)
