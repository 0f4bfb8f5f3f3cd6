"""Deciding several cards at once: what belongs together on one page, each decided exactly as it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Capability, Permission, member, membership, workspace
from app.approvals import queries, services
from app.approvals.inbox import ALIKE, together_in_run, together_with
from app.approvals.models import Approval
from app.approvals.services import Decision
from app.approvals.together import alone_because, refuse_unless_alike
from app.db import begin_writing, db
from app.errors import DomainError, Invalid
from app.formats import money
from app.runs.queries import get_run
from app.web import done

bp = Blueprint("together", __name__, url_prefix="/w/<workspace>/approvals/together")


@dataclass(frozen=True)
class Pick:
    """A card on the page."""

    card: Approval
    alone: str
    """Why it cannot be approved with the others; '' when it can."""
    problem: str = ""
    """What stood in the way when it was decided."""


@bp.get("")
@member(Permission.APPROVE)
def choose() -> ResponseReturnValue:
    run, like = request.args.get("run"), request.args.get("like", "")
    if run:
        cards = together_in_run(get_run(run, workspace_id=workspace().id).id, membership())
    else:
        cards = together_with(queries.get_approval(like, workspace_id=workspace().id), membership())
    return _page([Pick(card, alone_because(card, is_run=bool(run))) for card in cards])


@bp.post("")
@member(Permission.APPROVE, needs=Capability.DECIDE, reads_first=True)
def decide() -> ResponseReturnValue:
    picked = [entry.partition(":") for entry in request.form.getlist("card")[:ALIKE]]
    seen = {card: int(version) if version.isdigit() else 0 for card, _, version in picked}
    cards = [queries.get_approval(public_id, workspace_id=workspace().id) for public_id in seen]
    try:
        decision = _decision(cards)
    except Invalid as error:
        return _page([Pick(card, "") for card in cards], note=error.sentence, status=422)
    versions = {card.id: seen[card.public_id] for card in cards}
    is_run = len({card.run_id for card in cards}) == 1
    left = [pick for card in cards if (pick := _decided(card, decision, versions[card.id], is_run=is_run))]
    words = f"{len(cards) - len(left)} {'approved' if decision is Decision.APPROVE else 'declined'}."
    if left:
        return _page(left, note=f"{words} {len(left)} not.", status=409)
    return done(None, to=url_for("approvals.index", workspace=workspace().slug), say=words)


def _decision(cards: Sequence[Approval]) -> Decision:
    """What is said to all of them. Raises Invalid."""
    refuse_unless_alike(cards)
    decision = request.form.get("decision")
    if decision not in (Decision.APPROVE, Decision.REJECT):
        raise Invalid("Choose approve or decline.")
    if decision == Decision.REJECT and not request.form.get("reason"):
        raise Invalid("Choose why you decline.")
    return Decision(decision)


def _decided(card: Approval, decision: Decision, version: int, *, is_run: bool) -> Pick | None:
    """Decide one card, in a transaction of its own; what stood in the way, if anything did."""
    begin_writing()
    try:
        if decision is Decision.APPROVE and (alone := alone_because(card, is_run=is_run)):
            raise Invalid(f"Approve this one by itself, because {alone}.")
        services.decide(
            card,
            decision,
            by=membership(),
            version=version,
            key=f"together-{card.public_id}-{version}-{decision}",
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
        )
    except DomainError as error:
        if not error.context.get("keep"):
            db.session.rollback()
        db.session.commit()
        return Pick(queries.get_approval(card.public_id, workspace_id=workspace().id), "", error.sentence)
    db.session.commit()
    return None


def _page(picks: Sequence[Pick], *, note: str = "", status: int = 200) -> ResponseReturnValue:
    amounts = [pick.card.amount for pick in picks if pick.card.amount is not None and pick.card.is_pending]
    total = money(sum(amounts), workspace().currency) if amounts else ""
    page = render_template("approvals/together.html", picks=picks, note=note, total=total, typed=request.form)
    return page, status
