"""Approval cards and the votes on them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.accounts.models import User
from app.agents.models import Agent
from app.db import (
    Base,
    BigId,
    code,
    created,
    fk_user,
    fk_workspace,
    json_,
    json_list,
    name_,
    pk,
    public_id,
    sha256,
    utc,
)
from app.runs.models import Run
from app.workspaces.models import Membership


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGED = "changed"
    """Sent back to the agent with a request for changes."""
    EXPIRED = "expired"
    VOIDED = "voided"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CardKind(StrEnum):
    TOOL_CALL = "tool_call"
    FINAL_OUTPUT = "final_output"
    PUBLISH_RULES = "publish_rules"
    PUBLISH_VERSION = "publish_version"
    UNKNOWN_OUTCOME = "unknown_outcome"


class Approval(Base):
    """A card: one exact action that waits for people. The digest binds it to what will be done."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_workspace_state_id", "workspace_id", "state", "id"),
        Index("ix_approvals_due", "state", "next_step_at"),
        UniqueConstraint("call_key", "kind", "round"),
    )
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    run_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("runs.id"), index=True)
    """None where a person asks, and no agent."""
    agent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("agents.id"))
    agent_version_id: Mapped[int | None] = mapped_column(BigId)
    live_version_id: Mapped[int | None] = mapped_column(BigId)
    """The agent's live version when asked; a later one voids the card."""
    call_key: Mapped[name_]
    """`<run public id>:<step>:<call index>`: with the round, one card per call, whoever asks twice."""
    round: Mapped[int] = mapped_column(default=1)
    """Goes up when a card was voided and its call is asked again."""
    follows_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("approvals.id"))
    """The card that was sent back for changes and that this one answers."""
    call_id: Mapped[name_]
    kind: Mapped[code] = mapped_column(default=CardKind.TOOL_CALL)
    state: Mapped[code] = mapped_column(default=ApprovalState.PENDING)
    version: Mapped[int] = mapped_column(default=1)
    digest: Mapped[sha256]
    tool: Mapped[code]
    tool_version: Mapped[int]
    args: Mapped[json_]
    original_args: Mapped[json_]
    title: Mapped[str]
    """What will happen: "Refund €1,840.00 to Hartwell Ltd"."""
    purpose: Mapped[str]
    """What the agent said it is for. The agent's words, shown as such."""
    why: Mapped[str]
    """Why we stopped, in our words: the rule's sentence."""
    rule_key: Mapped[code] = mapped_column(default="")
    """Of the rule that asked; empty when the tool's own caution did."""
    rule_digest: Mapped[sha256]
    """Of the rule that asked; a changed rule voids the card."""
    rules_number: Mapped[int] = mapped_column(default=0)
    """Of the rule set that was in force when it was asked; 0 where there was none."""
    reasons: Mapped[json_list]
    """What the data-flow guard says besides, each a clause that follows "because"."""
    origins: Mapped[json_list]
    """Where each destination came from: [{what, value, trust: named|read|made_up, title, ref}]."""
    areas: Mapped[json_list]
    """Of high impact on people: who approves gives a reason and a source that is no AI output."""
    risk: Mapped[code]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """What it moves, in minor units of the workspace's currency; None where it moves no money."""
    impact: Mapped[json_]
    """{facts: [[label, words]], amount, currency, recipients, reversible, undo, team}."""
    evidence: Mapped[json_list]
    """[{kind, title, place, quote, ref}]: what the agent read before it asked."""
    quorum: Mapped[json_list]
    """[{role: null|role, team: null|team, count}]: who must agree; distinct people."""
    requester_id: Mapped[int | None] = mapped_column(BigId)
    """Who started the run, or asks themselves: may not decide."""
    deadline_at: Mapped[utc]
    steps: Mapped[json_list]
    """What happens if nobody decides, still to come: [[step, ISO time]], the next first."""
    next_step_at: Mapped[datetime | None]
    """When the clock has to look at it."""
    escalated_at: Mapped[datetime | None]
    claimed_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    claimed_until: Mapped[datetime | None]
    """Until then the others leave the decision to who claimed it."""
    hold_until: Mapped[utc | None]
    """Until when the approval can be undone; then it is consumed."""
    decided_at: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]
    """Set once, in the transaction that starts the effect."""
    outcome: Mapped[json_]
    """What came of it: {words, detail}."""
    created_at: Mapped[created]
    run: Mapped[Run | None] = relationship(lazy="joined")
    agent: Mapped[Agent | None] = relationship(lazy="joined")
    requester: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(Approval.requester_id) == User.id, lazy="select", viewonly=True
    )
    votes: Mapped[list["Vote"]] = relationship(lazy="select", order_by="Vote.id")
    """Everything people said on it, oldest first."""
    follows: Mapped["Approval | None"] = relationship(remote_side="Approval.id", lazy="select")
    claimer: Mapped[User | None] = relationship(foreign_keys="Approval.claimed_by", lazy="select")
    questions: Mapped[list["Question"]] = relationship(lazy="select", order_by="Question.id")
    delegations: Mapped[list["Delegation"]] = relationship(lazy="select", order_by="Delegation.id")

    @property
    def is_pending(self) -> bool:
        return self.state == ApprovalState.PENDING

    @property
    def team(self) -> str:
        """Whose people decide it; '' for what concerns all."""
        return self.agent.team if self.agent else ""

    @property
    def asker(self) -> str:
        """Who asks, by name."""
        if self.agent and self.run_id is not None:
            return self.agent.name
        return self.requester.name if self.requester else "LeenOps"

    def is_claimed_by_another(self, user_id: int, at: datetime) -> bool:
        """Whether somebody else holds it at this moment."""
        return bool(self.claimed_until and self.claimed_until > at and self.claimed_by != user_id)


class Vote(Base):
    """What one person said on one version of a card."""

    __tablename__ = "votes"
    __table_args__ = (UniqueConstraint("approval_id", "user_id", "idempotency_key"),)
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.id"), index=True)
    user_id: Mapped[fk_user]
    role: Mapped[code]
    decision: Mapped[code]
    version: Mapped[int]
    digest: Mapped[sha256]
    reason: Mapped[code]
    note: Mapped[str]
    sources: Mapped[json_list]
    """What stands behind an approval of high impact: [{kind: passage|attachment|input|other, title, ref}]."""
    idempotency_key: Mapped[name_]
    at: Mapped[created]
    undone_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
    membership: Mapped[Membership | None] = relationship(
        primaryjoin=lambda: and_(
            foreign(Vote.user_id) == Membership.user_id,
            Vote.workspace_id == Membership.workspace_id,
            Membership.ended_at.is_(None),
        ),
        lazy="joined",
        viewonly=True,
    )
    """Their place in the workspace as it is now; None when they have left."""


class Question(Base):
    """What somebody who is to decide a card asked a colleague, and the answer. It decides nothing."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_asked", "workspace_id", "asked_of", "answered_at"),)
    id: Mapped[pk]
    public_id: Mapped[public_id]
    workspace_id: Mapped[fk_workspace]
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.id"), index=True)
    asked_by: Mapped[fk_user]
    asked_of: Mapped[fk_user]
    text: Mapped[str]
    asked_at: Mapped[created]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    asker: Mapped[User] = relationship(foreign_keys="Question.asked_by", lazy="joined")
    colleague: Mapped[User] = relationship(foreign_keys="Question.asked_of", lazy="joined")
    approval: Mapped[Approval] = relationship(back_populates="questions", lazy="select")


class Delegation(Base):
    """That a person, or the clock for them, left a card to somebody else who may decide it."""

    __tablename__ = "delegations"
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.id"), index=True)
    from_id: Mapped[fk_user]
    to_id: Mapped[fk_user]
    note: Mapped[str]
    is_cover: Mapped[bool] = mapped_column(default=False)
    """The clock did it, because they are away: the card stays with them too."""
    at: Mapped[created]
    ended_at: Mapped[datetime | None]
    """When they took it back, or got it again."""
    giver: Mapped[User] = relationship(foreign_keys="Delegation.from_id", lazy="joined")
    taker: Mapped[User] = relationship(foreign_keys="Delegation.to_id", lazy="joined")


class ProposedAction(Base):
    """What an agent wanted to do, and what rules and guard said: every call, whether anybody was asked or not."""

    __tablename__ = "proposed_actions"
    __table_args__ = (Index("ix_proposed_actions_workspace_at", "workspace_id", "at", "id"),)
    id: Mapped[pk]
    workspace_id: Mapped[fk_workspace]
    run_id: Mapped[int] = mapped_column(BigId, index=True)
    agent_id: Mapped[int] = mapped_column(BigId)
    call_key: Mapped[name_] = mapped_column(unique=True)
    """As on the card, in the journal and on the ledger."""
    tool: Mapped[code]
    facts: Mapped[json_]
    """What rules look at: {team, agent, args, amount, recipients, party, domains, labels, at}; `at` is local time."""
    effect: Mapped[code]
    """allow | ask | deny: of rules and guard together."""
    rule_key: Mapped[code]
    rules_number: Mapped[int]
    is_guarded: Mapped[bool]
    """A person would have been asked whatever the rules say."""
    at: Mapped[utc]
