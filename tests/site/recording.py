"""A run of a template, done by the real engine with the Sandbox model, as content/solutions keeps it.

The company, its people, knowledge and rules are those of the demo; the moment is fixed, so that a recording does
not change with the calendar. Public ids and times are left out: they differ each time.
"""

from io import BytesIO
from typing import Any

import time_machine
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.agents import services as agents
from app.agents.templates import TEMPLATES, Template
from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.audit.models import AuditEntry
from app.db import db
from app.demo import CONTENT, SHELVES
from app.integrations.tools.registry import TOOLS
from app.knowledge import services as knowledge
from app.rules.services import default_rules
from app.runs import services as runs
from app.runs.models import Run, RunEvent
from app.workspaces.models import Membership, Role
from tasks.runs import advance
from tests.factories import a_member, a_workspace

MOMENT = "2026-11-23T09:00:00+00:00"
MOST_CARDS = 4
ABOUT_RUNS = ("run", "approval", "effect")


def recorded(template: Template, given: dict[str, str]) -> dict[str, Any]:
    """What the run says and asks: steps to its first card, the card with its evidence, and how it went on."""
    with time_machine.travel(MOMENT, tick=True):
        owner = _company()
        run = _started(template, given, owner)
        advance(run.id)
        before = _events(run)
        card = _first_card(run)
        told = _card(card)
        for _ in range(MOST_CARDS):
            _approve_all(run)
            advance(run.id)
    return {
        "steps": before,
        "card": told,
        "after": _events(run)[len(before) :],
        "audit": _audit(run),
        "output": db.session.get_one(Run, run.id, populate_existing=True).output,
    }


def _company() -> Membership:
    workspace = a_workspace("Fennel & Rye", domains=["fennelrye.example"])
    default_rules(workspace)
    a_member(workspace, Role.REVIEWER, name="Amira Haddad")
    a_member(workspace, Role.REVIEWER, name="Joan Pereira")
    return a_member(workspace, Role.OWNER, name="Ilse Bakker")


def _started(template: Template, given: dict[str, str], owner: Membership) -> Run:
    shelves = [_shelf(name, owner) for name, (_, teams) in SHELVES.items() if template.team in teams]
    agent = agents.create_from_template(
        owner.workspace, template.key, name=template.name, by=owner.user, collections=shelves
    )
    agents.make_live(agents.latest_version(agent), by=owner.user)
    run = runs.start(agent, dict(given), [], by=owner.user, start_key=template.key)
    db.session.commit()
    return run


def _shelf(name: str, owner: Membership) -> str:
    """A shelf of the demo company, read; its public id."""
    shelf = knowledge.create_collection(owner.workspace_id, name=name, teams=[], by=owner.user)
    for document in SHELVES[name][0]:
        path = CONTENT / "knowledge" / f"{document}.md"
        file = FileStorage(BytesIO(path.read_bytes()), filename=path.name, content_type="text/markdown")
        (added,), _ = knowledge.add_documents(shelf, [file], by=owner.user)
        db.session.commit()
        for _ in knowledge.read(added.id):
            db.session.commit()
    return shelf.public_id


def _events(run: Run) -> list[dict[str, str]]:
    db.session.commit()
    rows = db.session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.seq))
    return [{"kind": str(row.kind), "tone": str(row.tone), "title": row.title} for row in rows]


def _audit(run: Run) -> list[dict[str, str]]:
    """What the audit log of the company says of it, oldest first."""
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.chain == run.workspace_id).order_by(AuditEntry.seq))
    return [{"who": row.actor, "what": row.summary} for row in rows if row.kind.split(":")[1] in ABOUT_RUNS]


def _first_card(run: Run) -> Approval:
    return db.session.scalars(select(Approval).where(Approval.run_id == run.id)).unique().one()


def _card(card: Approval) -> dict[str, Any]:
    shown = ("facts", "undo", "button", "body")
    return {
        "title": card.title,
        "why": card.why,
        "risk": str(card.risk),
        "purpose": card.purpose,
        "tool": TOOLS[card.tool].title,
        "people": sum(need["count"] for need in card.quorum),
        "hours": round((card.deadline_at - card.created_at).total_seconds() / 3600),
        "evidence": [{key: item[key] for key in ("kind", "title", "place", "quote")} for item in card.evidence],
    } | {name: card.impact[name] for name in shown}


def _approve_all(run: Run) -> None:
    people = db.session.scalars(
        select(Membership).where(Membership.workspace_id == run.workspace_id, Membership.role == Role.REVIEWER)
    ).all()
    cards = db.session.scalars(select(Approval).where(Approval.run_id == run.id, Approval.state == "pending")).unique()
    for card in cards.all():
        for person in people:
            if card.is_pending:
                decide(card, Decision.APPROVE, by=person, version=card.version, key=f"{card.public_id}-{person.id}")
    db.session.commit()


def template_of(kept: dict[str, Any]) -> Template:
    return TEMPLATES[kept["template"]]
