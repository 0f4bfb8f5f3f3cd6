"""Runs that are ready to be advanced."""

from collections.abc import Callable
from typing import Any

import pytest

from app.db import db
from app.runs import prompt
from app.runs.models import Run, RunCheckpoint
from app.workspaces.models import Workspace
from tests.factories import a_run, a_workspace, an_agent
from tests.factories.rules import a_rule, in_force


@pytest.fixture
def ready(app: Any) -> Callable[..., Run]:
    """`ready("pay")`: a queued run whose version may use these tools."""

    def make(*tools: str, **fields: Any) -> Run:
        said = {name: fields.pop(name) for name in ("settings", "instructions") if name in fields}
        agent = an_agent(a_workspace(), version={"tools": list(tools)} | said)
        run = a_run(agent, **fields)
        workspace = db.session.get_one(Workspace, run.workspace_id)
        history = prompt.opening(run.version, run.input, [], workspace=workspace)
        db.session.add(RunCheckpoint(run_id=run.id, history=history, results={}, read=[], labels=[]))
        db.session.commit()
        return run

    return make


@pytest.fixture
def allow(app: Any) -> Callable[[Run], None]:
    """Let every tool of the run's workspace act alone."""

    def make(run: Run) -> None:
        in_force(run.workspace_id, a_rule("allow"))

    return make
