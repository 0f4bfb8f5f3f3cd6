"""What happens to a card: conditional updates, written down where people look and told to open browsers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from app.approvals.errors import AlreadyDecided
from app.approvals.models import Approval, ApprovalState, Vote
from app.audit.services import record
from app.db import Base, changed, db, now
from app.events import publish
from app.runs.log import append
from app.runs.models import EventKind
from app.runs.services import wake
from app.workspaces.models import Membership

NOTE_CHARS = 2000
CARDS = Base.metadata.tables[Approval.__tablename__]
VERBS = {"approve": "approved", "reject": "declined", "changes": "asked for changes to"}


def move(card: Approval, state: ApprovalState, **changes: Any) -> None:
    """Change a pending card as one conditional update on state and version. Raises AlreadyDecided."""
    version = card.version + (state is ApprovalState.PENDING)
    if state is not ApprovalState.PENDING:
        changes["decided_at"] = now()
    changes |= {"state": state, "version": version}
    as_known = (CARDS.c.id == card.id, CARDS.c.state == ApprovalState.PENDING, CARDS.c.version == card.version)
    if changed(update(CARDS).where(*as_known).values(changes)) != 1:
        db.session.refresh(card)
        raise AlreadyDecided(decided_words(card), card=card)
    for field, value in changes.items():
        set_committed_value(card, field, value)
    signal(card)


def add_vote(
    card: Approval,
    by: Membership,
    decision: str,
    key: str,
    *,
    reason: str = "",
    note: str = "",
    sources: Sequence[Any] = (),
) -> Vote:
    """What `by` says to the card exactly as it is now."""
    vote = Vote(
        workspace_id=card.workspace_id,
        user=by.user,
        user_id=by.user_id,
        membership=by,
        role=by.role,
        decision=decision,
        version=card.version,
        digest=card.digest,
        reason=reason,
        note=note.strip()[:NOTE_CHARS],
        sources=list(sources),
        idempotency_key=key,
    )
    card.votes.append(vote)
    return vote


def tell(card: Approval, by: Membership, action: str, words: str, note: str = "", sources: Sequence[Any] = ()) -> None:
    """Write what a person did to a card into the run's log and the audit log."""
    note_in_run(card, words, note=note)
    record(
        f"member:approval:{action}",
        f"{words}: {card.title}" if card.title not in words else words,
        workspace_id=card.workspace_id,
        actor=by.user,
        subject=f"approval:{card.public_id}",
        after={"version": card.version, "digest": card.digest, "note": note}
        | ({"run": card.run.number} if card.run else {})
        | ({"sources": list(sources)} if sources else {}),
    )
    signal(card)


def expire(card: Approval) -> None:
    """Deny a card whose deadline has passed. The caller holds it with its run, and found it pending."""
    card.state, card.decided_at, card.outcome = ApprovalState.EXPIRED, now(), {"words": "Nobody decided in time"}
    note_in_run(card, f"Expired: {card.title}", tone="warn")
    record(
        "system:approval:expired",
        f"Expired, which denies: {card.title}",
        workspace_id=card.workspace_id,
        subject=f"approval:{card.public_id}",
    )
    signal(card)
    go_on(card)


def note_in_run(card: Approval, words: str, *, tone: str = "ok", note: str = "") -> None:
    """A line in the log of the run that waits for the card, if one does. The caller holds the run."""
    if card.run:
        append(card.run, EventKind.APPROVAL, words, tone=tone, detail={"approval": card.public_id, "note": note})


def go_on(card: Approval, *, at: datetime | None = None) -> None:
    """Let the run that waits for the card go on, now or `at`. The caller holds the run."""
    if card.run:
        wake(card.run, at=at)


def close(card: Approval, words: str) -> None:
    """Void a card nobody needs to decide on any more; one that is settled or in use stays as it is."""
    if card.state in (ApprovalState.PENDING, ApprovalState.APPROVED) and card.consumed_at is None:
        card.state, card.outcome = ApprovalState.VOIDED, {"words": words}
        signal(card)


def void(card: Approval, reason: str) -> None:
    """End a card that no longer counts. It is asked again if the agent still wants it."""
    card.state, card.outcome = ApprovalState.VOIDED, {"words": reason}
    record(
        "system:approval:voided",
        f"{card.title}: {reason}",
        workspace_id=card.workspace_id,
        subject=f"approval:{card.public_id}",
    )
    signal(card)


def signal(card: Approval) -> None:
    """Tell open browsers that this card and the lists changed."""
    publish(
        card.workspace_id,
        f"approval-{card.public_id}",
        "approvals",
        f"run-{card.run.public_id}" if card.run else "runs",
    )


def decided_words(card: Approval) -> str:
    """Who was faster, in one sentence."""
    if not card.votes:
        return card.outcome.get("words", AlreadyDecided.sentence)
    vote = card.votes[-1]
    return f"{vote.user.name} {VERBS.get(vote.decision, 'decided')} this first."
