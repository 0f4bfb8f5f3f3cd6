"""The effect journal: no side effect happens twice, and none is claimed that did not happen.

A row per call. READ needs none. LOCAL effects are rows in our own database: journal row and effect
commit together. KEYED and ONCE effects leave the database: the row is committed as started before the
call and as its outcome after it. After a crash KEYED is sent again with the same key; ONCE is looked
up in our own records, and failing that a person says what happened.
"""

from typing import Any

from sqlalchemy import bindparam, select

from app.db import db, now
from app.runs.lease import FRESH, Lease
from app.runs.models import Effect, EffectState
from app.runs.ports import Proposal

_KNOWN = select(Effect).where(Effect.key.in_(bindparam("keys", expanding=True))).execution_options(**FRESH)


def known(keys: list[str]) -> dict[str, Effect]:
    """The journal's rows for these calls, by key."""
    return {row.key: row for row in db.session.scalars(_KNOWN, {"keys": keys})}


def begin(proposal: Proposal, lease: Lease, approval_id: int | None, effect: Effect | None) -> Effect:
    """Note that this call happens; `effect` is its row from an earlier try. The unique key admits one row per call."""
    if effect is None:
        effect = Effect(
            workspace_id=proposal.run.workspace_id,
            run_id=proposal.run.id,
            key=proposal.call_key,
            tool=proposal.tool.name,
            approval_id=approval_id,
            result={},
            started_at=now(),
        )
        db.session.add(effect)
    effect.args, effect.state, effect.lease_token = proposal.args, EffectState.STARTED, lease.token
    return effect


def finish(effect: Effect, state: EffectState, result: dict[str, Any]) -> None:
    """Note the outcome of a started call. Who holds the run is alone with its journal."""
    effect.state, effect.result, effect.finished_at = state, result, now()
