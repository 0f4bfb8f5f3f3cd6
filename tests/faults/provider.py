"""A model provider on loopback that speaks chat completions and says, and fails, exactly as a test tells it to."""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from tests.faults.servers import Exchange, Loopback


@dataclass(frozen=True)
class Fault:
    """What the next request meets instead of an answer, or before it."""

    seconds: float = 0
    """Silence before anything is sent."""
    status: int = 0
    """Answer with this status instead; 0 answers normally."""
    body: str = ""
    """Send these bytes as the answer; '' writes a proper one."""
    headers: tuple[tuple[str, str], ...] = ()


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """One tool call of a turn."""
    return {"name": tool, "arguments": json.dumps(arguments)}


def broken_call(tool: str, text: str) -> dict[str, Any]:
    """A tool call whose arguments are `text`, whatever that is."""
    return {"name": tool, "arguments": text}


class Provider(Loopback):
    """The n-th answer to a conversation is `turns[n]`: text, or a list of calls. The last one repeats."""

    def __init__(self) -> None:
        self.turns: list[str | list[dict[str, Any]]] = ["Done."]
        self.faults: deque[Fault] = deque()
        self.always = Fault()
        self.asked = 0
        self.called = threading.Event()
        """Set when a request has arrived, before it is answered."""
        super().__init__()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self) -> None:
        self.turns, self.always, self.asked = ["Done."], Fault(), 0
        self.faults.clear()
        self.called.clear()

    def answer(self, exchange: Exchange) -> None:
        self.asked += 1
        fault = self.faults.popleft() if self.faults else self.always
        self.called.set()
        time.sleep(fault.seconds)
        if fault.status:
            exchange.send(fault.status, fault.body or '{"error": {"message": "no"}}', *fault.headers)
        else:
            exchange.send(200, fault.body or json.dumps(self._completion(json.loads(exchange.body))))

    def _completion(self, request: dict[str, Any]) -> dict[str, Any]:
        taken = sum(message["role"] == "assistant" for message in request["messages"])
        turn = self.turns[min(taken, len(self.turns) - 1)]
        message: dict[str, Any] = {"role": "assistant", "content": turn if isinstance(turn, str) else None}
        if isinstance(turn, list):
            message["tool_calls"] = [
                {"id": f"call-{taken}-{n}", "type": "function", "function": function} for n, function in enumerate(turn)
            ]
        return {
            "id": f"chatcmpl-{self.asked}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request["model"],
            "choices": [
                {"index": 0, "finish_reason": "stop" if isinstance(turn, str) else "tool_calls", "message": message}
            ],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }
