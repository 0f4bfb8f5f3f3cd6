"""Changing what a card will do before it is approved: a new version with a new digest."""

from typing import Any

from pydantic import ValidationError

from app.approvals.autonomy import demote
from app.approvals.cards import move
from app.approvals.errors import EditRefused
from app.approvals.models import Approval, ApprovalState
from app.approvals.quorum import limit_words, within_limit
from app.approvals.verdicts import besides, digest_of, impact_of, inspected, verdict_on
from app.audit.services import record
from app.dataflow.origins import Source, Trust, values_of
from app.db import db
from app.integrations.tools.base import ToolContext, ToolRefused
from app.integrations.tools.registry import ACTIONS
from app.rules.policy import Effect
from app.rules.queries import rules_in_force
from app.runs.ports import Proposal
from app.workspaces.models import Membership, Workspace


def change(card: Approval, args: dict[str, Any], by: Membership) -> None:
    """Let a pending card do something else. Approvals given before no longer count. Raises EditRefused."""
    before = dict(card.args)
    proposal = proposal_of(card, {**before, **args})
    verdict = verdict_on(proposal, rules_in_force(card.workspace_id))
    if verdict.effect is Effect.DENY:
        raise EditRefused(f"The rules forbid this change: {verdict.why}.", card=card, typed=args)
    if not within_limit(proposal.action.amount, by):
        raise EditRefused(limit_words(card, by), card=card, typed=args)
    if proposal.args == before:
        return
    given = " ".join(values_of([value for name, value in proposal.args.items() if before.get(name) != value]))
    found = inspected(proposal, Source(f"{by.user.name}, who changed it", given, Trust.NAMED, is_amount=True))
    changes: dict[str, Any] = {
        "origins": [origin.kept() for origin in found.origins],
        "reasons": besides(found, card.areas, card.why),
        "args": proposal.args,
        "digest": digest_of(proposal),
        "title": proposal.action.title,
        "amount": proposal.action.amount,
        "impact": impact_of(proposal),
    }
    if verdict.effect is Effect.ASK:
        changes |= {"why": verdict.why, "quorum": list(verdict.quorum), "rule_key": verdict.rule_key}
        changes |= {"rule_digest": verdict.rule_digest, "reasons": besides(found, card.areas, verdict.why)}
    move(card, ApprovalState.PENDING, **changes)
    demote(card, f"{by.user.name} changed “{card.title}”")
    record(
        "member:approval:edited",
        f"{by.user.name} changed “{card.title}”",
        workspace_id=card.workspace_id,
        actor=by.user,
        subject=f"approval:{card.public_id}",
        before={"arguments": before},
        after={"arguments": card.args, "digest": card.digest, "version": card.version},
    )


def proposal_of(card: Approval, args: dict[str, Any]) -> Proposal:
    """The card's action with `args`, checked and described. Raises EditRefused."""
    tool, run = ACTIONS.get(card.tool), card.run
    if run is None:
        raise EditRefused("What a person asks is not changed here. Decline it, and say what to change.", card=card)
    if tool is None:
        raise EditRefused("LeenOps no longer has this tool, so it cannot be changed.", card=card, typed=args)
    workspace = db.session.get_one(Workspace, card.workspace_id)
    context = ToolContext(
        workspace_id=card.workspace_id,
        run_id=run.id,
        run_public_id=run.public_id,
        effect_key=card.call_key,
        team=run.agent.team,
        currency=workspace.currency,
        company_domains=tuple(workspace.domains),
        collections=tuple(run.version.collections),
    )
    try:
        arguments = tool.arguments.model_validate(args)
        action = tool.describe(arguments, context)
    except ValidationError as error:
        raise EditRefused(_first_problem(error), card=card, typed=args) from error
    except ToolRefused as refusal:
        raise EditRefused(refusal.sentence, card=card, typed=args) from refusal
    return Proposal(run, card.call_key, card.call_id, tool, arguments, context, action, card.purpose)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'The change'}: {problem['msg'].removeprefix('Value error, ')}"
