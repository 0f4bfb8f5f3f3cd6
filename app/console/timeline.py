"""A run as people read it: its state in words, its steps on the rail, and the lanes beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.approvals.inbox import waits_for
from app.approvals.models import Approval
from app.approvals.queries import cards_of
from app.db import now
from app.runs.models import EventKind, Run, RunEvent, RunState
from app.runs.queries import STEPS_SHOWN, events
from app.workspaces.models import Membership

LANE = 120


@dataclass(frozen=True)
class Step:
    """One line of the log with its bar: start and width in a lane of 120 units of working time."""

    event: RunEvent
    start: int
    width: int
    lane: str
    """do (model) | read (tool) | rule | none"""


@dataclass(frozen=True)
class Timeline:
    """Everything the run's pane shows."""

    run: Run
    steps: Sequence[Step]
    hidden: int
    """How many earlier steps are not shown."""
    waiting: Sequence[Approval]
    working_ms: int
    waiting_ms: int
    is_over: bool
    total_ms: int
    is_yours: bool
    """Whether it waits for the person looking."""


def timeline(run: Run, member: Membership) -> Timeline:
    """The pane of `run` as `member` sees it, with the last steps of its log."""
    log = events(run)
    total = max(sum(e.duration_ms for e in log), 1)
    steps, at = [], 0
    for event in log:
        width = max(2, round(event.duration_ms / total * LANE)) if event.duration_ms else 0
        start = min(round(at / total * LANE), LANE - max(width, 3))
        steps.append(Step(event, start, width, _lane(event)))
        at += event.duration_ms
    waiting = [card for card in cards_of(run.id) if card.state in ("pending", "approved") and not card.consumed_at]
    since = (now() - run.waiting_since).total_seconds() * 1000 if run.waiting_since else 0
    return Timeline(
        run=run,
        steps=steps,
        hidden=max(0, run.seq - STEPS_SHOWN),
        waiting=waiting,
        working_ms=run.working_ms,
        waiting_ms=run.waiting_ms + int(since),
        is_over=run.is_finished or run.state == RunState.HALTED,
        total_ms=total,
        is_yours=any(card.is_pending and waits_for(card, member) for card in waiting),
    )


def _lane(event: RunEvent) -> str:
    match event.kind:
        case EventKind.MODEL_CALL:
            return "do"
        case EventKind.TOOL_CALL:
            return "read"
        case EventKind.APPROVAL:
            return "rule"
    return "none"
