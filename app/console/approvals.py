"""The inbox, the cards, deciding on them, and the rules as they stand."""

import secrets

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, member, membership, workspace
from app.approvals import queries, services
from app.approvals.inbox import TABS, inbox
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.console.cards import CardView, typed_args, view_of
from app.console.timeline import Timeline, timeline
from app.db import begin_writing, db
from app.errors import DomainError, Invalid
from app.web import done, is_fragment, page_key, render, typed_number

bp = Blueprint("approvals", __name__, url_prefix="/w/<workspace>")


@bp.get("/approvals")
@member(Permission.VIEW)
def index() -> ResponseReturnValue:
    tab = request.args.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    page = inbox(membership(), tab, before=page_key())
    cards = [view_of(card, membership()) for card in page.cards]
    pane = _pane(cards[0].card) if cards else None
    return render("approvals/index.html", tab=tab, inbox=page, cards=cards, pane=pane)


@bp.get("/approvals/count")
@member(Permission.VIEW)
def count() -> ResponseReturnValue:
    """The bar above the list: how many new cards since the list was drawn."""
    page = inbox(membership(), "waiting")
    shown = set(request.args.get("shown", "").split(","))
    new = sum(card.public_id not in shown for card in page.cards)
    return render_template("approvals/_newer.html", new=new, waiting=page.waiting, shown=request.args.get("shown", ""))


@bp.get("/approvals/<approval>")
@member(Permission.VIEW)
def show(approval: str) -> ResponseReturnValue:
    card = queries.get_approval(approval, workspace_id=workspace().id)
    view = view_of(card, membership())
    return render("approvals/show.html", "approvals/_approval.html", view=view, pane=_pane(card))


def refused(*, approval: str, error: DomainError) -> ResponseReturnValue:
    """The card as it is now, with the reason on it and everything typed still there."""
    if error.context.get("keep"):
        db.session.commit()  # the refusal itself changed something: the card has expired
    else:
        db.session.rollback()
    card = queries.get_approval(approval, workspace_id=workspace().id)
    db.session.refresh(card)
    typed = {k: v for k, v in request.form.items() if k != "csrf_token"}
    ticked = request.form.getlist("sources")
    view = view_of(card, membership(), note=error.sentence, typed=typed, typed_sources=ticked)
    name = "approvals/_approval.html" if is_fragment() else "approvals/show.html"
    pane = None if is_fragment() else _pane(card)
    return make_response(render_template(name, view=view, pane=pane, announce=error.sentence), error.status)


@bp.post("/approvals/<approval>/decisions")
@member(Permission.APPROVE, needs=Capability.DECIDE, reads_first=True, otherwise=refused)
def decide(approval: str) -> ResponseReturnValue:
    card = queries.get_approval(approval, workspace_id=workspace().id)
    decision, args = _decision(), typed_args(card, request.form.to_dict())
    begin_writing()
    try:
        services.decide(
            card,
            decision,
            by=membership(),
            version=typed_number("version"),
            key=request.form.get("idempotency_key", "")[:100] or secrets.token_hex(12),
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
            args=args,
            picked=request.form.getlist("sources"),
            source=request.form.get("source", ""),
        )
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return answered(card)


@bp.post("/approvals/<approval>/undo")
@member(Permission.APPROVE, needs=Capability.DECIDE, otherwise=refused)
def undo(approval: str) -> ResponseReturnValue:
    card = queries.get_approval(approval, workspace_id=workspace().id)
    try:
        services.undo(card, by=membership())
    except DomainError as error:
        return refused(approval=approval, error=error)
    db.session.commit()
    return answered(card)


def _decision() -> Decision:
    try:
        return Decision(request.form.get("decision", ""))
    except ValueError:
        raise Invalid("Choose approve, change or decline.", field="decision") from None


def answered(card: Approval, say: str = "") -> ResponseReturnValue:
    """The card as it is after what this person did, with one sentence for them."""
    view = view_of(card, membership())
    words = say or receipt_words(view)
    return done("approvals/_approval.html", to=_address(card), say=words, view=view, decided=True)


def receipt_words(view: CardView) -> str:
    """One sentence for the person who just decided."""
    match view.card.state:
        case "pending" if view.votes:
            return f"Approved, {len(view.votes)} of {view.needed}. It waits for another person."
        case "pending":
            return "The approval was taken back."
        case "rejected":
            return f"Declined. {view.card.asker} is told why."
        case "changed":
            return f"Sent back. {view.card.asker} is told what to change."
    return f"Approved. “{view.card.title}” goes on in {view.hold_left} seconds." if view.hold_left else "Approved."


def _pane(card: Approval) -> Timeline | None:
    """The run that waits for the card, where one does."""
    return timeline(card.run, membership()) if card.run else None


def _address(card: Approval) -> str:
    return url_for("approvals.show", workspace=workspace().slug, approval=card.public_id)
