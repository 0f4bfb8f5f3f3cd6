"""Runs that are ready to be advanced."""

from collections.abc import Callable
from typing import Any

import pytest

from app.approvals.models import Rule
from app.db import db
from app.runs import prompt
from app.runs.models import Run, RunCheckpoint
from app.workspaces.models import Workspace
from tests.factories import a_run, a_workspace, an_agent


@pytest.fixture
def ready(app: Any) -> Callable[..., Run]:
    """`ready("pay")`: a queued run whose version may use these tools."""

    def make(*tools: str, **fields: Any) -> Run:
        agent = an_agent(a_workspace(), version={"tools": list(tools), "settings": fields.pop("settings", {})})
        run = a_run(agent, **fields)
        workspace = db.session.get_one(Workspace, run.workspace_id)
        history = prompt.opening(run.version, run.input, [], workspace=workspace)
        db.session.add(RunCheckpoint(run_id=run.id, history=history, results={}, read=[]))
        db.session.commit()
        return run

    return make


@pytest.fixture
def allow(app: Any) -> Callable[[Run], None]:
    """Let every tool of the run's workspace act alone."""

    def make(run: Run) -> None:
        rule = Rule(
            workspace_id=run.workspace_id, position=1, name="alone", tool="*", conditions=[], effect="allow", quorum=[]
        )  # fmt: skip
        db.session.add(rule)
        db.session.commit()

    return make
