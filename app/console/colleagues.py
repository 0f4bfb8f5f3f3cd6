"""Claiming a card, asking a colleague about it, and leaving it to somebody else."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, member, membership, workspace
from app.approvals import claims, colleagues, queries
from app.approvals.models import Approval
from app.approvals.quorum import may_decide, within_limit
from app.console.approvals import answered, refused
from app.db import db
from app.errors import DomainError, Invalid
from app.web import done
from app.workspaces.models import Membership
from app.workspaces.queries import people, present_member

bp = Blueprint("colleagues", __name__, url_prefix="/w/<workspace>/approvals/<approval>")
SUGGESTED = 200
"""People whose addresses the forms suggest."""


def _card(approval: str) -> Approval:
    return queries.get_approval(approval, workspace_id=workspace().id)


@bp.post("/claim")
@member(Permission.APPROVE, needs=Capability.DECIDE)
def claim(approval: str) -> ResponseReturnValue:
    try:
        card = claims.claim(_card(approval), by=membership())
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return answered(card, "It is yours to decide for five minutes.")


@bp.post("/give-back")
@member(Permission.APPROVE, needs=Capability.DECIDE)
def give_back(approval: str) -> ResponseReturnValue:
    card = claims.give_back(_card(approval), by=membership())
    db.session.commit()
    return answered(card, "The others can decide it again.")


@bp.get("/ask")
@member(Permission.APPROVE)
def ask_form(approval: str) -> ResponseReturnValue:
    return _form("ask", _card(approval))


@bp.post("/ask")
@member(Permission.APPROVE, needs=Capability.DECIDE)
def ask(approval: str) -> ResponseReturnValue:
    card = _card(approval)
    try:
        question = colleagues.ask(card, _colleague(), request.form.get("text", ""), by=membership())
    except Invalid as error:
        return _form("ask", card, error)
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return done(None, to=_address(card), say=f"{question.colleague.name} is asked.")


@bp.post("/questions/<question>")
@member(Permission.VIEW, needs=Capability.DECIDE)
def answer(approval: str, question: str) -> ResponseReturnValue:
    card = _card(approval)
    try:
        colleagues.answer(queries.get_question(question, card), request.form.get("text", ""), by=membership())
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return answered(card, "Your answer is on the card.")


@bp.get("/delegate")
@member(Permission.APPROVE)
def delegate_form(approval: str) -> ResponseReturnValue:
    return _form("delegate", _card(approval))


@bp.post("/delegate")
@member(Permission.APPROVE, needs=Capability.DECIDE)
def delegate(approval: str) -> ResponseReturnValue:
    card = _card(approval)
    try:
        made = colleagues.delegate(card, _colleague(), by=membership(), note=request.form.get("text", ""))
    except Invalid as error:
        return _form("delegate", card, error)
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return done(None, to=url_for("approvals.index", workspace=workspace().slug), say=f"Left to {made.taker.name}.")


def _colleague() -> Membership:
    """Whom the form names by mail address. Raises Invalid."""
    found = present_member(workspace(), request.form.get("colleague", "").strip().casefold())
    if found is None:
        raise Invalid("Enter the mail address of a member of this workspace.", field="colleague")
    return found


def _form(what: str, card: Approval, error: Invalid | None = None) -> ResponseReturnValue:
    """The page to ask about the card, or to leave it to somebody. What was typed stays."""
    if error:
        db.session.rollback()
    fitting = [one for one in people(workspace()) if _fits(what, card, one)]
    errors = {error.field or "colleague": [error.sentence]} if error else {}
    page = render_template(
        "approvals/colleague.html", what=what, card=card, people=fitting[:SUGGESTED], errors=errors, typed=request.form
    )
    return page, 422 if error else 200


def _fits(what: str, card: Approval, one: Membership) -> bool:
    if one.user_id == membership().user_id:
        return False
    if what == "ask":
        return True
    return one.user_id != card.requester_id and may_decide(card, one) and within_limit(card.amount, one)


def _address(card: Approval) -> str:
    return url_for("approvals.show", workspace=workspace().slug, approval=card.public_id)
