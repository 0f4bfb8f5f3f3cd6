"""The effect journal: no side effect happens twice, and none is claimed that did not happen.

A row per call. READ needs none. LOCAL effects are rows in our own database: journal row and effect
commit together. KEYED and ONCE effects leave the database: the row is committed as started before the
call and as its outcome after it. After a crash KEYED is sent again with the same key; ONCE is looked
up in our own records, and failing that a person says what happened.
"""

from typing import Any

from sqlalchemy import select, update

from app.db import changed, db, now
from app.runs.lease import Lease
from app.runs.models import Effect, EffectState
from app.runs.ports import Proposal


def find(key: str) -> Effect | None:
    """The journal's row for this call."""
    return db.session.scalar(select(Effect).where(Effect.key == key))


def start(proposal: Proposal, lease: Lease, approval_id: int | None) -> Effect:
    """Note that this call is about to happen. Flushes; the unique key admits one row per call."""
    effect = find(proposal.call_key)
    if effect is None:
        effect = Effect(
            workspace_id=proposal.run.workspace_id,
            run_id=proposal.run.id,
            key=proposal.call_key,
            tool=proposal.tool.name,
            args=proposal.args,
            approval_id=approval_id,
            state=EffectState.STARTED,
            result={},
            lease_token=lease.token,
            started_at=now(),
        )
        db.session.add(effect)
    else:  # tried before and may be tried again: same key, new token
        effect.args, effect.state, effect.lease_token = proposal.args, EffectState.STARTED, lease.token
    db.session.flush()
    return effect


def finish(effect_id: int, state: EffectState, result: dict[str, Any]) -> bool:
    """Note the outcome of a started call. False when someone else already did."""
    done = changed(
        update(Effect)
        .where(Effect.id == effect_id, Effect.state == EffectState.STARTED)
        .values(state=state, result=result, finished_at=now())
    )
    return done == 1
