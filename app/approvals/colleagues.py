"""Bringing a colleague in: asking what they think, or leaving them the card. Neither decides anything."""

from sqlalchemy import update

from app.approvals.cards import NOTE_CHARS, tell
from app.approvals.held import as_now, held, refuse_unless_open
from app.approvals.models import Approval, Delegation, Question
from app.approvals.quorum import approvals_on, may_decide, within_limit
from app.db import changed, db, now
from app.errors import Conflict, Invalid, NotAllowed
from app.workspaces.models import Membership

MOST_QUESTIONS = 20
"""On one card."""


def ask(card: Approval, colleague: Membership, text: str, *, by: Membership) -> Question:
    """Ask a member of the workspace about a pending card. Raises Invalid, and what `decide` raises."""
    card, by = held(card), as_now(by)
    refuse_unless_open(card, by, card.version)
    if not text.strip():
        raise Invalid("Write what you want to know.", field="text")
    if colleague.user_id == by.user_id:
        raise Invalid("Choose somebody else.", field="colleague")
    if len(card.questions) >= MOST_QUESTIONS:
        raise Invalid(
            f"A card has at most {MOST_QUESTIONS} questions. Decide with what you know, or leave it to others."
        )
    question = Question(
        workspace_id=card.workspace_id,
        asker=by.user,
        asked_by=by.user_id,
        colleague=colleague.user,
        asked_of=colleague.user_id,
        text=text.strip()[:NOTE_CHARS],
    )
    card.questions.append(question)
    db.session.flush()
    tell(card, by, "question", f"{by.user.name} asked {colleague.user.name}: {card.title}", question.text)
    return question


def answer(question: Question, text: str, *, by: Membership) -> Question:
    """Answer what one was asked, once. Raises NotAllowed, Invalid without words, Conflict when it is answered."""
    card, by = held(question.approval), as_now(by)
    if question.asked_of != by.user_id:
        raise NotAllowed("Somebody else was asked this.", card=card)
    if not text.strip():
        raise Invalid("Write an answer.", field="text")
    first = update(Question).where(Question.id == question.id, Question.answered_at.is_(None))
    if changed(first.values(answer=text.strip()[:NOTE_CHARS], answered_at=now())) != 1:
        raise Conflict("You have answered this already.", card=card)
    db.session.refresh(question)
    tell(card, by, "answer", f"{by.user.name} answered {question.asker.name}: {card.title}", question.answer)
    return question


def delegate(card: Approval, to: Membership, *, by: Membership, note: str = "") -> Delegation:
    """Leave a pending card to somebody who may decide it. It stays visible to `by`, who may still decide.

    Raises Invalid when `to` may not decide it, and what `decide` raises.
    """
    card, by = held(card), as_now(by)
    refuse_unless_open(card, by, card.version)
    _refuse_to_leave_to(card, to, by)
    _take_back(card, by.user_id, to.user_id)
    made = Delegation(
        workspace_id=card.workspace_id,
        giver=by.user,
        from_id=by.user_id,
        taker=to.user,
        to_id=to.user_id,
        note=note.strip()[:NOTE_CHARS],
    )
    card.delegations.append(made)
    if card.claimed_by == by.user_id:
        card.claimed_by = card.claimed_until = card.claimer = None
    db.session.flush()
    tell(card, by, "delegated", f"{by.user.name} left this to {to.user.name}: {card.title}", made.note)
    return made


def _refuse_to_leave_to(card: Approval, to: Membership, by: Membership) -> None:
    """A delegation never lets somebody decide who could not anyway."""
    who = to.user.name
    if to.user_id == by.user_id:
        raise Invalid("Choose somebody else.", field="colleague")
    if to.user_id == card.requester_id:
        raise Invalid(f"{who} started this run, so {who} cannot decide it.", field="colleague")
    if not may_decide(card, to):
        raise Invalid(
            f"{who} may not decide this card. Choose somebody with the role and team it needs.", field="colleague"
        )
    if not within_limit(card.amount, to):
        raise Invalid(f"This is more than {who} may approve.", field="colleague")
    if any(vote.user_id == to.user_id for vote in approvals_on(card)):
        raise Invalid(f"{who} has approved this already.", field="colleague")


def _take_back(card: Approval, *people: int) -> None:
    """Who gives a card, or gets it, has not left it to anybody any more."""
    for one in card.delegations:
        if one.ended_at is None and one.from_id in people:
            one.ended_at = now()
