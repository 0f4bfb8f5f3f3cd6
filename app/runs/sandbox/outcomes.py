"""What became of each call, out of the answers in the message history."""

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, RetryPromptPart, ToolReturnPart

from app.runs.sandbox.case import Outcome, Status

_CHANGES = re.compile(
    r"changes? (?:were |was )?(?:requested|asked for|wanted)\s*(?:by [^:]{1,80})?[\s:.]*(?P<note>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DECLINED = re.compile(
    r"\b(?:declined|denied|rejected|expired|not approved|not allowed|refused by|voided)\b", re.IGNORECASE
)
_SAYING = ("sentence", "error", "message", "reason", "note", "detail")


def outcomes(messages: Sequence[ModelMessage]) -> dict[str, Outcome]:
    """The outcome of each answered call, by the call's id."""
    settled: dict[str, Outcome] = {}
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, ToolReturnPart):
                settled[part.tool_call_id] = _outcome(_decoded(part.content), part.outcome)
            elif isinstance(part, RetryPromptPart) and part.tool_name:
                settled[part.tool_call_id] = Outcome(Status.MISFIT, part.content, _words(part.content))
    return settled


def _outcome(content: Any, outcome: str) -> Outcome:
    if outcome == "success" and not isinstance(content, str):
        return Outcome(Status.DONE, content)
    said = _words(content)
    if outcome == "retried":
        return Outcome(Status.MISFIT, content, said)
    return _refusal(content, outcome, said) or Outcome(
        Status.DONE if outcome == "success" else Status.FAILED, content, "" if outcome == "success" else said
    )


def _refusal(content: Any, outcome: str, said: str) -> Outcome | None:
    """A person's no or their wish for changes, which may also come as the text of a success."""
    denied = outcome == "denied"
    if (denied or isinstance(content, str)) and (changes := _CHANGES.search(said)):
        return Outcome(Status.CHANGES, content, changes["note"].strip() or said)
    if denied or (outcome == "success" and _DECLINED.match(said)):
        return Outcome(Status.DECLINED, content, said)
    return None


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
        said = next((content[k] for k in _SAYING if isinstance(content.get(k), str)), "")
        return said or json.dumps(content, ensure_ascii=False)
    if isinstance(content, list):
        return "; ".join(_words(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in content)
    return str(content)
