"""A run in a worker's hands: what is true of it in the present transaction, and how to let go of it for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from app.access import Capability
from app.agents.models import AgentVersion
from app.db import begin_mode, db, now
from app.integrations.tools.base import Tool, ToolContext
from app.runs.ends import finish, halt, release
from app.runs.errors import SENTENCES
from app.runs.lease import Lease, hold
from app.runs.models import Run, RunCheckpoint, RunState
from app.runs.ports import Gate, Ports, Standing


class Held:
    """The run, the gate and the workspace's standing, each read once per transaction.

    What nobody else changes is read once for all: the version never changes, the checkpoint is the holder's own.
    """

    run: Run
    gate: Gate
    standing: Standing
    version: AgentVersion
    checkpoint: RunCheckpoint

    def __init__(self, lease: Lease, ports: Ports) -> None:
        self.lease, self.ports = lease, ports
        self.transactions = 0
        self.begin()
        self.version = self.run.version
        self.checkpoint = db.session.get_one(RunCheckpoint, self.run.id, populate_existing=True)

    def begin(self) -> None:
        """Begin a transaction in which the lease is ours. Raises LeaseLost."""
        self.transactions += 1
        self.run = hold(self.lease)
        self.gate = self.ports.gate(self.run)
        self.standing = self.ports.standing(self.run.workspace_id)

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Inside, no transaction is open: what was done is committed. Afterwards the run is held again."""
        db.session.commit()
        yield
        self.begin()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, the database is only read, so it may take its time: no write lock is held."""
        db.session.commit()
        mode = begin_mode.set("DEFERRED")
        try:
            yield
            db.session.commit()  # a rollback would forget every row that was loaded
        finally:
            begin_mode.reset(mode)
        self.begin()

    def must_stop(self) -> bool:
        """Whether a person or the workspace's standing ended the work. If so, that is committed."""
        if self.run.cancel_requested_at is not None:
            self.finish(RunState.CANCELLED, "Stopped by a person")
            return True
        if not self.standing.may(Capability.ACT):
            halt(self.run)
            db.session.commit()
            return True
        return False

    def finish(self, state: RunState, words: str, *, tone: str = "ok") -> None:
        """End the run, with every card that still waits. Commits."""
        finish(self.run, state, words, tone=tone)
        self.gate.close("The run ended")
        db.session.commit()

    def fail(self, name: str, detail: str) -> None:
        """End the run by the name of an error. Commits."""
        self.run.error, self.run.error_detail, self.run.summary = name, detail, SENTENCES[name]
        self.finish(RunState.FAILED, SENTENCES[name], tone="danger")

    def wait(self, *, wake_at: datetime | None) -> None:
        """Let go of the run until a person decides, or until `wake_at`. Commits."""
        self.run.waiting_since = now()
        release(self.run, RunState.AWAITING_APPROVAL, wake_at=wake_at)
        db.session.commit()

    @property
    def tools(self) -> dict[str, Tool]:
        """What this version may use, by name."""
        return {name: self.ports.tools[name] for name in self.version.tools if name in self.ports.tools}

    def context(self, key: str) -> ToolContext:
        """Whom the call with this key works for."""
        run = self.run
        return ToolContext(
            workspace_id=run.workspace_id,
            run_id=run.id,
            run_public_id=run.public_id,
            effect_key=key,
            team=run.agent.team,
            currency=run.workspace.currency,
            company_domains=tuple(run.workspace.domains),
            collections=tuple(self.version.collections),
        )
