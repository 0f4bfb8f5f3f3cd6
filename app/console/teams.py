"""Team limits: a member who is limited to teams acts only on what belongs to them."""

from app.access import membership
from app.errors import NotAllowed, NotFound
from app.runs import queries
from app.runs.models import Run
from app.workspaces.queries import limited_teams


def allow_team(team: str, sentence: str = "This belongs to another team.") -> None:
    """Go on only if the member may act for `team`. Raises NotAllowed."""
    limits = limited_teams(membership())
    if limits and team not in limits:
        raise NotAllowed(sentence)


def allow_run(run: Run) -> None:
    """Go on only if the member may act for the team of the run's agent. Raises NotAllowed."""
    allow_team(run.agent.team, f"{run.agent.name} belongs to another team.")


def allow_what_run_left(run_ref: str, *, workspace_id: int) -> None:
    """The same for what a run left behind, by the run's public id; what no run answers for is closed to the limited."""
    if not limited_teams(membership()):
        return
    try:
        run = queries.get_run(run_ref, workspace_id=workspace_id)
    except NotFound:
        raise NotAllowed("This belongs to another team.") from None
    allow_run(run)
