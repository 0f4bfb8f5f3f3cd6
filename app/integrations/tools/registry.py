"""Every tool there is, by name."""

from app.integrations.tools import (
    book_refund,
    open_task,
    read_attachment,
    result,
    schedule_payment,
    search_knowledge,
    send_mail,
    send_webhook,
)
from app.integrations.tools.base import Tool

TOOLS: dict[str, Tool] = {
    module.TOOL.name: module.TOOL
    for module in (
        search_knowledge,
        read_attachment,
        open_task,
        send_mail,
        send_webhook,
        book_refund,
        schedule_payment,
    )
}
"""What a model can be offered."""
RESULT = result.TOOL
ACTIONS = {**TOOLS, RESULT.name: RESULT}
"""What rules and cards can be about."""
