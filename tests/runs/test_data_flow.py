"""What the guard lets go, from the first read to the act: the directory and public collections."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.approvals.models import Approval
from app.dataflow.labels import PRIVATE, UNTRUSTED, Flow, Sink
from app.dataflow.origins import Kind
from app.db import db
from app.directory import services as directory
from app.integrations.tools.base import EffectClass, Risk, ToolContext, ToolRefused
from app.integrations.tools.registry import TOOLS
from app.knowledge import services as knowledge
from app.mail import MailMessage
from app.runs import engine
from app.runs.models import Run, RunCheckpoint
from app.workspaces.models import Role, Workspace
from tests.factories import a_member
from tests.factories.directory import an_entry
from tests.fakes import Counted, call, ports, scripted
from tests.integrations.samples import upload

PAYS = Flow(Sink.INSIDE, {"party": Kind.PARTY}, reads_untrusted=False, reads_private=False)
LOOKS = Flow(Sink.NOWHERE, may_lack=frozenset({PRIVATE}))
MAIL = {"to": ["ada@partner.example"], "subject": "Your order", "body": "It is on its way."}


def admin_of(run: Run):
    return a_member(db.session.get_one(Workspace, run.workspace_id), Role.ADMIN)


def card_of(run: Run) -> Approval | None:
    db.session.expire_all()
    return db.session.scalar(select(Approval).where(Approval.run_id == run.id))


def labels(run: Run) -> list[str]:
    db.session.expire_all()
    return db.session.get_one(RunCheckpoint, run.id).labels


def pays(run: Run, party: str) -> Counted:
    """The tool of a run that pays this party."""
    pay = Counted(flow=PAYS)
    engine.advance(run.id, ports(scripted([call("pay", party=party, amount=5)], "Paid."), pay))
    return pay


def test_whom_nobody_named_is_asked_about_until_the_directory_says(ready, allow):
    first, second = ready("pay"), ready("pay")
    allow(first)
    allow(second)
    pay = pays(first, "Hartwell Ltd")
    card = card_of(first)
    assert card.why == "the name Hartwell Ltd stands nowhere: it is the model's own" and not pay.done
    assert card.origins[0]["kind"] == "party"

    an_entry(admin_of(second), "hartwell ltd")

    assert len(pays(second, "Hartwell Ltd").done) == 1 and card_of(second) is None


@pytest.mark.parametrize("party", ["H\u0430rtwell Ltd", "Hartwell Ltd Holdings", "Hartwell"])
def test_what_only_looks_like_an_entry_is_asked_about(ready, allow, party):
    run = ready("pay")
    allow(run)
    an_entry(admin_of(run), "Hartwell Ltd")

    assert not pays(run, party).done and card_of(run).rule_key == "guard"


def test_the_directory_of_others_and_entries_that_ended_name_nothing(ready, allow):
    run = ready("pay")
    allow(run)
    an_entry(a_member(), "Hartwell Ltd")
    ada = admin_of(run)
    directory.end(an_entry(ada, "Hartwell Ltd"), by=ada.user)
    db.session.commit()

    assert not pays(run, "Hartwell Ltd").done


@pytest.mark.parametrize(
    ("lacks", "works", "flow", "left"),
    [
        ({PRIVATE}, True, LOOKS, [UNTRUSTED]),
        (set(), True, LOOKS, [PRIVATE, UNTRUSTED]),
        ({PRIVATE}, False, LOOKS, [PRIVATE, UNTRUSTED]),
        ({PRIVATE, UNTRUSTED}, True, LOOKS, [UNTRUSTED]),
        ({PRIVATE, UNTRUSTED}, True, Flow(Sink.NOWHERE), [PRIVATE, UNTRUSTED]),
        ({PRIVATE, UNTRUSTED}, True, replace(LOOKS, reads_private=False), [UNTRUSTED]),
    ],
)
def test_a_call_lacks_only_what_its_tool_declares_and_only_when_it_succeeded(ready, allow, lacks, works, flow, left):
    def read(args: Any, ctx: ToolContext) -> dict[str, Any]:
        ctx.lacks |= lacks
        if not works:
            raise ToolRefused("Half of it was read.")
        return {}

    run = ready("look")
    allow(run)
    look = Counted("look", EffectClass.READ, Risk.LOW, flow=flow)
    look.tool = replace(look.tool, run=read)

    engine.advance(run.id, ports(scripted([call("look", party="", amount=0)], "Done."), look))

    assert labels(run) == left


def mails(run: Run, query: str) -> list[str]:
    """Search, then mail a partner; the labels of the run afterwards."""
    version = run.version
    version.collections = [shelf.public_id for shelf in knowledge_of(run)]
    db.session.commit()
    turns = [[call("search_knowledge", query=query)], [call("send_mail", **MAIL)]]
    engine.advance(run.id, replace(ports(scripted(*turns, "Sent.")), tools=TOOLS))
    return labels(run)


def knowledge_of(run: Run) -> list[Any]:
    """A public shelf that tells of refunds and a private one that tells of margins."""
    ada = admin_of(run)
    an_entry(ada, "partner.example", kind="domain")
    shelves = []
    for name, text in (("Website", b"Refunds are paid in five days."), ("House", b"Our margin is 40 per cent.")):
        shelf = knowledge.create_collection(run.workspace_id, name=name, teams=[], by=ada.user)
        (document,), _ = knowledge.add_documents(shelf, [upload(f"{name}.txt", text)], by=ada.user)
        list(knowledge.read(document.id))
        shelves.append(shelf)
    knowledge.show_to(True, shelves[0], by=ada.user)
    db.session.commit()
    return shelves


def test_who_has_read_only_what_is_public_may_write_outside(ready, allow):
    run = ready("search_knowledge", "send_mail")
    allow(run)

    assert mails(run, "refunds") == [UNTRUSTED]
    assert card_of(run) is None and db.session.scalar(select(MailMessage.subject)) == "Your order"


@pytest.mark.parametrize("query", ["margin", "refunds margin", "nothing of the kind exists"])
def test_who_has_read_or_asked_more_is_seen_first(ready, allow, query):
    run = ready("search_knowledge", "send_mail")
    allow(run)

    assert mails(run, query) == [PRIVATE, UNTRUSTED]
    assert card_of(run).why == "it sends outside, and the run has read what your company keeps to itself"
    assert db.session.scalar(select(MailMessage.subject)) is None
