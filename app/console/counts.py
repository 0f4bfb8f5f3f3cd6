"""The counts in the console's menus."""

from app.approvals.inbox import waiting_count
from app.runs.queries import working_count
from app.workspaces.models import Membership


def nav_counts(member: Membership) -> dict[str, int]:
    """How many approvals wait for this member, and how many runs are at work in the workspace."""
    return {"approvals": waiting_count(member), "runs": working_count(member.workspace_id)}
