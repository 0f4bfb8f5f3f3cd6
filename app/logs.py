"""Structured logs: lines people read while developing, JSON in production. Never the values of local variables."""

from typing import Any

import structlog
from structlog.typing import Processor


def configure(*, as_json: bool) -> None:
    """Set up structlog for this process: JSON lines for machines, or text. Errors come with a plain traceback.

    structlog's own default prints what every local variable held, and one of them may be a customer's key.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(processors=[*shared, *(_for_machines() if as_json else _for_people())])


def _for_machines() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _for_people() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
