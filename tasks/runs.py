"""Runs as jobs. Premise: safe to call any number of times, because the lease admits one worker at a time."""

import os
import socket

from flask import current_app

from app.access import Capability
from app.approvals.gate import ApprovalGate
from app.db import db
from app.integrations.tools.registry import TOOLS
from app.restrictions.services import standing_of
from app.runs import engine, services
from app.runs.ports import Ports
from app.runs.providers import model_for


def ports() -> Ports:
    """The engine's ports, wired to approvals, restrictions, keys and tools."""
    settings = current_app.config["SETTINGS"]
    return Ports(
        model=model_for,
        gate=ApprovalGate,
        standing=standing_of,
        tools=TOOLS,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        lease_seconds=settings.lease_seconds,
        model_timeout_seconds=settings.model_timeout_seconds,
        model_deadline_seconds=settings.model_deadline_seconds,
    )


def advance(run_id: int) -> None:
    """Work on a run until it finishes, waits or is taken away."""
    engine.advance(run_id, ports())


def park(workspace_id: int) -> None:
    """Halt what is queued in a suspended workspace, in batches; running runs stop at their own next guard."""
    while not standing_of(workspace_id).may(Capability.ACT) and services.park(workspace_id):
        db.session.commit()


def resume(workspace_id: int) -> None:
    """Let a workspace's halted runs go on, in batches; stops if it is suspended again meanwhile."""
    while standing_of(workspace_id).may(Capability.ACT) and services.resume(workspace_id):
        db.session.commit()
