"""Rows for tests, valid by default: say only what the test is about. Every factory commits."""

import itertools
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from app.accounts import passwords
from app.accounts.models import User
from app.agents.models import Agent, AgentState, AgentVersion
from app.approvals.models import Approval
from app.db import db, now
from app.runs.models import Run, RunState
from app.workspaces.models import TEAMS, Absence, Membership, Role, Team, Workspace

PASSWORD = "correct-horse-battery-staple"
ZEROS = "0" * 64
PEOPLE = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Edsger Dijkstra", "Barbara Liskov")

_numbers = itertools.count(1)
Row = TypeVar("Row")


@cache
def _hash(password: str) -> str:
    return passwords.hash_password(password)


def _kept(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row


def a_user(name: str = "", *, email: str = "", password: str = PASSWORD, **fields: Any) -> User:
    """A person with a verified address who can sign in with PASSWORD."""
    n = next(_numbers)
    name = name or PEOPLE[n % len(PEOPLE)]
    email = email or f"{name.split()[0].lower()}{n}@fennelrye.example"
    defaults: dict[str, Any] = {"verified_at": now(), "password_hash": _hash(password)}
    return _kept(User(name=name, email=email, **defaults | fields))


def a_workspace(name: str = "", **fields: Any) -> Workspace:
    """A workspace with the five teams, whose own domain is fennelrye.example."""
    n = next(_numbers)
    defaults: dict[str, Any] = {"slug": f"fennel-{n}", "domains": ["fennelrye.example"]}
    workspace = Workspace(name=name or f"Fennel {n}", **defaults | fields)
    db.session.add(workspace)
    db.session.flush()
    for key in TEAMS:
        db.session.add(Team(workspace_id=workspace.id, key=key, name=key.capitalize()))
    return _kept(workspace)


def a_member(workspace: Workspace | None = None, role: Role | str = Role.OWNER, **fields: Any) -> Membership:
    """A person (`.user`) who belongs to `workspace` (`.workspace`) in `role`. `user=` makes someone a member."""
    workspace = workspace or a_workspace()
    user = fields.pop("user", None) or a_user(name=fields.pop("name", ""))
    defaults: dict[str, Any] = {"teams": []}
    membership = Membership(workspace_id=workspace.id, user_id=user.id, role=str(role), **defaults | fields)
    return _kept(membership)


def an_absence(member: Membership, **fields: Any) -> Absence:
    """`member` is away today and tomorrow, and nobody stands in."""
    today = now().date()
    days: dict[str, Any] = {"first_day": today, "last_day": today + timedelta(days=1)}
    given = {"created_by": member.user_id, "note": ""} | days | fields
    return _kept(Absence(workspace_id=member.workspace_id, membership_id=member.id, **given))


def an_agent(
    workspace: Workspace | None = None, *, live: bool = True, version: dict[str, Any] | None = None, **fields: Any
) -> Agent:
    """An agent of the support team with one version, live unless told otherwise."""
    workspace = workspace or a_workspace()
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"refund-desk-{n}",
        "name": f"Refund desk {n}",
        "team": "support",
        "purpose": "Reads refund requests and proposes what to pay back.",
        "template": "refund-triage",
        "state": AgentState.LIVE if live else AgentState.DRAFT,
    }
    if "owner_id" not in fields:
        defaults["owner_id"] = a_user().id
    agent = _kept(Agent(workspace_id=workspace.id, **defaults | fields))
    made = a_version(agent, **version or {})
    if live:
        agent.live_version_id = made.id
    return _kept(agent)


def a_version(agent: Agent, **fields: Any) -> AgentVersion:
    """The agent's next version, on the Sandbox model. Not live by itself."""
    number = db.session.query(AgentVersion).filter_by(agent_id=agent.id).count() + 1
    defaults: dict[str, Any] = {
        "instructions": "Read the request, find the order, refund what the policy allows.",
        "model": "sandbox",
        "tools": ["search_knowledge", "propose_refund"],
        "collections": [],
        "inputs": [
            {"name": "request", "label": "Request", "kind": "long", "required": True, "hint": "", "choices": []}
        ],
        "settings": {},
        "sha256": ZEROS,
        "note": "First version",
        "created_by": agent.owner_id,
    }
    version = AgentVersion(agent_id=agent.id, workspace_id=agent.workspace_id, number=number, **defaults | fields)
    return _kept(version)


def a_run(agent: Agent | None = None, **fields: Any) -> Run:
    """A run of the agent's newest version, queued and due now, started by the agent's owner."""
    agent = agent or an_agent()
    version = db.session.query(AgentVersion).filter_by(agent_id=agent.id).order_by(AgentVersion.number.desc()).first()
    assert version is not None
    workspace = db.session.get_one(Workspace, agent.workspace_id)
    number, workspace.next_run_number = workspace.next_run_number, workspace.next_run_number + 1
    defaults: dict[str, Any] = {
        "version_id": version.id,
        "started_by": agent.owner_id,
        "start_key": f"start-{next(_numbers)}",
        "input": {"request": "Order 4711 arrived broken, please refund 18.40 EUR."},
        "state": RunState.QUEUED,
        "number": number,
        "wake_at": now(),
    }
    return _kept(Run(workspace_id=agent.workspace_id, agent_id=agent.id, **defaults | fields))


def an_approval(run: Run | None = None, **fields: Any) -> Approval:
    """A pending card of high risk that any one approver may decide, except who started the run."""
    run = run or a_run(state=RunState.AWAITING_APPROVAL, wake_at=None)
    n = next(_numbers)
    args = {"order": "4711", "amount": 1840, "currency": "EUR", "reason": "Arrived broken"}
    defaults: dict[str, Any] = {
        "agent_id": run.agent_id,
        "agent_version_id": run.version_id,
        "live_version_id": run.agent.live_version_id,
        "call_key": f"{run.public_id}:1:{n}",
        "call_id": f"call-{n}",
        "digest": ZEROS,
        "tool": "propose_refund",
        "tool_version": 1,
        "args": args,
        "original_args": args,
        "title": "Refund €18.40 to Hartwell Ltd",
        "purpose": "The order arrived broken.",
        "why": "Refunds are always asked.",
        "rule_digest": ZEROS,
        "risk": "high",
        "amount": 1840,
        "impact": {
            "facts": [],
            "amount": 1840,
            "currency": "EUR",
            "recipients": [],
            "reversible": False,
            "team": "support",
        },
        "evidence": [],
        "quorum": [{"role": None, "count": 1}],
        "requester_id": run.started_by,
        "deadline_at": now() + timedelta(hours=24),
        "outcome": {},
    }
    return _kept(Approval(workspace_id=run.workspace_id, run_id=run.id, **defaults | fields))
