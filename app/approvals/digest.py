"""What an approval is bound to."""

from typing import Any

from app.digests import sha256_json


def action_digest(*, agent_version: str, tool: str, tool_version: int, target: str, args: dict[str, Any]) -> str:
    """The digest of one exact action: this version, this tool, this target, these arguments."""
    return sha256_json(
        {"agent_version": agent_version, "tool": tool, "tool_version": tool_version, "target": target, "args": args}
    )
