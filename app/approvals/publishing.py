"""Cards that people ask: putting rules in force, and making an agent's version live, with a second person.

The card is bound to what was to be published. If that changes, or who asked may no longer do it, it does not count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.access import Permission
from app.agents import services as agents
from app.agents.models import Agent, AgentVersion
from app.approvals.cards import signal
from app.approvals.deadlines import planned
from app.approvals.models import Approval, CardKind
from app.audit.services import record
from app.db import db, hold, new_public_id, now
from app.digests import sha256_json
from app.errors import Conflict, Invalid
from app.integrations.tools.base import Risk
from app.rules import services as rules
from app.rules.queries import draft_of, live_set
from app.workspaces.models import Membership, Role, Workspace
from app.workspaces.permissions import permits

ADMIN = {"role": Role.ADMIN.value, "team": None, "count": 1}
ANYBODY = {"role": None, "team": None, "count": 1}


def ask_for_rules(workspace: Workspace, *, seen: int, note: str, by: Membership) -> Approval:
    """Ask an admin or owner to put the draft, as it is in version `seen`, in force. Flushes.

    Raises Conflict when the draft is another one or somebody is asked already, Invalid when it changes nothing.
    """
    hold("rules", workspace.id)
    draft, live = draft_of(workspace.id), live_set(workspace.id)
    if draft is None or draft.version != seen:
        raise Conflict("Somebody else changed or published the draft meanwhile. Look at it again.")
    if live is not None and live.digest == sha256_json(draft.rules):
        raise Invalid("The draft says the same as the rules in force.")
    return _asked(
        workspace,
        CardKind.PUBLISH_RULES,
        key=f"rules:{workspace.public_id}",
        title="Put the draft of the rules in force",
        why="rules are put in force by a second person",
        args={"draft": seen, "note": note, "rules": sha256_json(draft.rules), "base": draft.base},
        facts=[("Because", note), ("Rules", f"{len(draft.rules)}, after version {draft.base}")],
        undo="Yes. Publish the version before again",
        quorum=ADMIN,
        by=by,
    )


def ask_for_version(version: AgentVersion, workspace: Workspace, *, by: Membership) -> Approval:
    """Ask a second person to make this version of an agent live. Raises Conflict when somebody is asked already."""
    agent = version.agent
    if agent.live_version_id == version.id:
        raise Conflict(f"Version {version.number} is live already.")
    return _asked(
        workspace,
        CardKind.PUBLISH_VERSION,
        key=f"version:{agent.public_id}",
        title=f"Make version {version.number} of {agent.name} live",
        why="a version goes live when a second person agrees",
        args={"version": version.number, "sha256": version.sha256, "instead_of": _live_number(agent)},
        facts=[("Agent", agent.name), ("What changed", version.note), ("Instead of", _live_words(agent))],
        undo="Yes. Make the version before live again",
        quorum=ANYBODY,
        by=by,
        agent=agent,
    )


def _asked(
    workspace: Workspace,
    kind: CardKind,
    *,
    key: str,
    title: str,
    why: str,
    args: dict[str, Any],
    facts: list[tuple[str, str]],
    undo: str,
    quorum: Mapping[str, Any],
    by: Membership,
    agent: Agent | None = None,
) -> Approval:
    hold(f"card:{key}", workspace.id)
    earlier = select(Approval).where(Approval.call_key == key, Approval.workspace_id == workspace.id)
    last = db.session.scalar(earlier.order_by(Approval.round.desc()).limit(1))
    if last is not None and last.is_pending and last.deadline_at > now():
        raise Conflict("A second person is asked already. Wait for the answer, or have that card declined.")
    card = Approval(
        public_id=new_public_id(),
        workspace_id=workspace.id,
        agent=agent,
        call_key=key,
        call_id=key,
        round=last.round + 1 if last else 1,
        kind=kind,
        digest=sha256_json(args),
        tool=kind.value,
        tool_version=1,
        args=args,
        original_args=args,
        title=title,
        purpose="",
        why=why,
        rule_digest=sha256_json(kind.value),
        risk=Risk.MEDIUM,
        impact={
            "facts": [list(fact) for fact in facts],
            "button": "Approve",
            "body": None,
            "reversible": True,
            "undo": undo,
        },
        quorum=[dict(quorum)],
        requester_id=by.user_id,
        **planned(workspace, now()),
    )
    db.session.add(card)
    db.session.flush()
    record(
        "member:approval:asked",
        f"{by.user.name} asked: {title}",
        workspace_id=workspace.id,
        actor=by.user,
        subject=f"approval:{card.public_id}",
        after={"why": why, "digest": card.digest, "arguments": args},
    )
    signal(card)
    return card


@dataclass(frozen=True)
class Publication:
    """What a card of this kind does once it is approved."""

    permission: Permission
    """What who asked must still hold."""
    is_as_asked: Callable[[Approval], bool]
    publish: Callable[[Approval, Membership], str]
    """Do it for who asked; (card, who approved) -> what was done, in words."""


def outdated(card: Approval) -> str:
    """Why what was to be published no longer is what was asked, or ''."""
    publication = PUBLICATIONS[CardKind(card.kind)]
    asker = _asker(card)
    if asker is None or not permits(asker.role, publication.permission):
        return "Who asked for this may no longer do it."
    return "" if publication.is_as_asked(card) else "What was to be published has changed since. Ask anew."


def publish(card: Approval, *, approved_by: Membership) -> str:
    """Publish what the card asks for, in the transaction of the decision; what was done, in words."""
    return PUBLICATIONS[CardKind(card.kind)].publish(card, approved_by)


def _asker(card: Approval) -> Membership | None:
    mine = (Membership.workspace_id == card.workspace_id, Membership.user_id == card.requester_id)
    return db.session.scalar(select(Membership).where(*mine, Membership.ended_at.is_(None)))


def _same_rules(card: Approval) -> bool:
    draft, live = draft_of(card.workspace_id), live_set(card.workspace_id)
    if draft is None or draft.version != card.args["draft"] or draft.base != (live.number if live else 0):
        return False
    return sha256_json(draft.rules) == card.args["rules"]


def _publish_rules(card: Approval, by: Membership) -> str:
    assert card.requester
    args = card.args
    made = rules.publish(
        card.workspace_id, seen=args["draft"], note=args["note"], by=card.requester, approved_by=by.user
    )
    return f"Version {made.number} of the rules is in force"


def _version(card: Approval) -> AgentVersion | None:
    query = select(AgentVersion).where(AgentVersion.agent_id == card.agent_id)
    return db.session.scalar(query.where(AgentVersion.number == card.args["version"]))


def _same_version(card: Approval) -> bool:
    version = _version(card)
    if version is None or card.agent is None:
        return False
    return version.sha256 == card.args["sha256"] and _live_number(card.agent) == card.args["instead_of"]


def _publish_version(card: Approval, by: Membership) -> str:
    version = _version(card)
    assert version and card.requester
    agents.make_live(version, by=card.requester, approved_by=by.user)
    return f"Version {version.number} of {version.agent.name} is live"


def _live_number(agent: Agent) -> int:
    live = db.session.get(AgentVersion, agent.live_version_id) if agent.live_version_id else None
    return live.number if live else 0


def _live_words(agent: Agent) -> str:
    number = _live_number(agent)
    return f"Version {number}" if number else "None is live"


PUBLICATIONS = {
    CardKind.PUBLISH_RULES: Publication(Permission.RULES_EDIT, _same_rules, _publish_rules),
    CardKind.PUBLISH_VERSION: Publication(Permission.AGENT_PUBLISH, _same_version, _publish_version),
}
