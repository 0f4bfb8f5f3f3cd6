"""Each template on its sample, through the real engine, gate and tools, with people deciding each card."""

from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.agents import services as agents
from app.agents.templates import TEMPLATES
from app.approvals.models import Approval
from app.approvals.services import Decision, decide
from app.db import db
from app.integrations.files import keep
from app.integrations.models import LedgerEntry, WorkItem
from app.knowledge import services as knowledge
from app.mail import MailMessage
from app.rules.services import default_rules
from app.runs import services as runs
from app.runs.models import Effect, Run
from app.workspaces.models import Role
from tasks.runs import advance
from tests.factories import a_member, a_workspace

RULES = (
    b"# Rules\n\n## Refunds\n\nA second charge goes back in full within 13 months.\n\n## Expenses\n\nMeals: 35.00.\n"
)


@pytest.fixture
def owner(app):
    workspace = a_workspace(domains=["fennelrye.example"])
    member = a_member(workspace, Role.OWNER)
    default_rules(workspace)
    shelf = knowledge.create_collection(workspace.id, name="Rules", teams=[], by=member.user)
    document = FileStorage(BytesIO(RULES), filename="rules.md", content_type="text/markdown")
    (added,), _ = knowledge.add_documents(shelf, [document], by=member.user)
    db.session.commit()
    for _ in knowledge.read(added.id):
        db.session.commit()
    return member


def started(owner, key: str) -> Run:
    template = TEMPLATES[key]
    agent = agents.create_from_template(owner.workspace, key, name=template.name, by=owner.user)
    agents.make_live(agents.latest_version(agent), by=owner.user)
    files = [
        keep(FileStorage(BytesIO(words.encode()), filename=name), workspace_id=owner.workspace_id, field="files")
        for name, _, words in template.sample_files
    ]
    run = runs.start(agent, dict(template.sample_input), files, by=owner.user, start_key=key)
    db.session.commit()
    return run


def approve_all(owner, people) -> int:
    cards = db.session.scalars(select(Approval).where(Approval.state == "pending")).unique().all()
    for card in cards:
        for number, person in enumerate(people):
            if card.is_pending:
                decide(card, Decision.APPROVE, by=person, version=card.version, key=f"k{number}")
    db.session.commit()
    return len(cards)


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_a_template_runs_to_its_end_and_each_effect_happens_once(owner, key):
    people = [a_member(owner.workspace, Role.ADMIN), a_member(owner.workspace, Role.OWNER)]
    run = started(owner, key)

    for _ in range(12):
        advance(run.id)
        approve_all(owner, people)
    db.session.expire_all()

    done = db.session.get_one(Run, run.id)
    assert (done.state, done.error) == ("succeeded", "")
    assert len(done.output) > 80
    effects = db.session.scalars(select(Effect).where(Effect.run_id == run.id)).all()
    assert all(effect.state == "succeeded" for effect in effects)
    rows = [len(db.session.scalars(select(table)).all()) for table in (LedgerEntry, WorkItem)]
    mails = db.session.scalars(select(MailMessage).where(MailMessage.key.startswith(run.public_id))).all()
    assert sum(rows) + len(mails) == len(effects)
