"""The demo workspaces: two companies that do not know of each other, for newcomers and isolation tests.

Runs are started, not drawn: the workers do them with the Sandbox model like any other run.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

from flask import current_app
from sqlalchemy import text
from werkzeug.datastructures import FileStorage

from app.accounts.models import User
from app.accounts.passwords import hash_password
from app.accounts.registration import AUTHORITY
from app.agents import services as agents
from app.agents.models import Agent
from app.agents.templates import TEMPLATES
from app.agreements.demo import seed_agreements
from app.billing.services import import_plans
from app.consent.models import Act
from app.consent.services import Text, engage
from app.db import db, now
from app.directory import services as directory
from app.directory.models import EntryKind
from app.inbox.demo import seed_inbox
from app.incidents.demo import seed_incidents
from app.integrations.files import keep
from app.knowledge import services as knowledge
from app.knowledge.models import Collection
from app.legal import library
from app.legal.importing import import_policies
from app.notices.demo import seed_policies
from app.rules.services import default_rules
from app.runs import services as runs
from app.support.services import create_staff
from app.workspaces.models import TEAMS, Membership, Role, Team, Workspace

CONTENT = Path(__file__).parent / "demo_content"
People = tuple[tuple[str, str, Role, list[str]], ...]
FENNEL_RYE: People = (
    ("owner@", "Ilse Bakker", Role.OWNER, []),
    ("admin@", "Tomas Lind", Role.ADMIN, []),
    ("builder@", "Mei Tan", Role.BUILDER, []),
    ("reviewer@", "Amira Haddad", Role.REVIEWER, []),
    ("reviewer2@", "Joan Pereira", Role.REVIEWER, []),
    ("finance@", "Noor Visser", Role.REVIEWER, ["finance"]),
    ("auditor@", "Kofi Mensah", Role.AUDITOR, []),
    ("billing@", "Rosa Keller", Role.BILLING, []),
)
SHELVES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Customers": (("refund-policy", "delivery-policy", "support-handbook"), ("support",)),
    "Money": (("expense-policy",), ("finance",)),
    "Suppliers": (("purchasing-and-supplier-policy",), ("finance", "operations")),
    "Engineering": (("engineering-review-guide", "incident-handbook"), ("engineering",)),
    "Brand": (("brand-and-tone-guide",), ("marketing",)),
}
"""What Fennel & Rye knows: a shelf's documents, and the teams whose agents read it."""
WEBSITE = ("delivery-and-returns",)
"""What everybody may read anyway. No agent of the demo reads it yet."""
DIRECTORY: tuple[tuple[EntryKind, tuple[str, ...], str], ...] = (
    (EntryKind.PARTY, ("Olivar del Sur", "Moulin Vert"), "Suppliers since 2019"),
    (EntryKind.DOMAIN, ("noordkade.example",), "Noordkade drives for us on Saturdays"),
)
"""Whom Fennel & Rye deals with, besides everybody at its own domain."""
NORTHWIND: People = (("owner@", "Henrik Dahl", Role.OWNER, []), ("reviewer@", "Sanne Vos", Role.REVIEWER, []))
STAFF = (
    ("support@staff.example", "Lotte Maas", ["support"]),
    ("trust@staff.example", "Kofi Osei", ["trust"]),
    ("trust2@staff.example", "Ines Prado", ["trust"]),
    ("legal@staff.example", "Arne Holm", ["legal"]),
    ("admin@staff.example", "Dana Weiss", ["admin"]),
)


def seed() -> None:
    """Make the demo in an empty database. Commits as it goes."""
    password = hash_password(current_app.config["SETTINGS"].demo_password)
    fennel = _workspace("fennel-rye", "Fennel & Rye", "fennelrye.example", FENNEL_RYE, password)
    north = _workspace("northwind", "Northwind Supplies", "northwind.example", NORTHWIND, password)
    staff = [
        create_staff(email, name, current_app.config["SETTINGS"].demo_password, roles) for email, name, roles in STAFF
    ]
    seed_policies(author=staff[3], approver=staff[4])
    seed_incidents(staff[0])
    db.session.commit()
    shelves = {name: _shelf(fennel, name, _documents("knowledge", files)) for name, (files, _) in SHELVES.items()}
    owner = _owner(fennel)
    knowledge.show_to(True, _shelf(fennel, "Website", _documents("knowledge", WEBSITE)), by=owner)
    for kind, values, note in DIRECTORY:
        directory.add(fennel, kind, values, note=note, by=owner)
    _agents(fennel, TEMPLATES, lambda team: [shelves[name] for name, (_, teams) in SHELVES.items() if team in teams])
    rules = _shelf(north, "House rules", _documents("northwind", ("branch-handbook", "returns-policy")))
    _agents(north, ("refund_triage", "invoice_check"), lambda team: [rules])
    seed_agreements()
    seed_inbox()
    db.session.commit()


def reset() -> None:
    """Empty every table and make the demo anew."""
    names = [table.name for table in reversed(db.metadata.sorted_tables)]
    for name in names:
        db.session.execute(text(f'DELETE FROM "{name}"'))  # names come from our own metadata
    library.forget_after_commit()
    db.session.commit()
    import_policies()
    import_plans()  # they are no demo: what is sold stays sold
    db.session.commit()
    seed()


def _workspace(slug: str, name: str, domain: str, people: People, password: str) -> Workspace:
    workspace = Workspace(slug=slug, name=name, domains=[domain])
    db.session.add(workspace)
    db.session.flush()
    for key in TEAMS:
        db.session.add(Team(workspace_id=workspace.id, key=key, name=key.capitalize()))
    for local, person, role, teams in people:
        user = User(email=local + domain, name=person, password_hash=password, verified_at=now())
        db.session.add(user)
        db.session.flush()
        db.session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role, teams=teams))
        _accept_terms(user)
    default_rules(workspace)
    return workspace


def _accept_terms(user: User) -> None:
    """As everybody does who makes an account."""
    terms = library.in_force("terms")
    what = Text(terms.slug, terms.version, terms.sha256)
    engage(Act.ACCEPTED, what, user=user, authority=AUTHORITY, basis="registration", address="127.0.0.1")


def _documents(folder: str, names: Iterable[str]) -> list[Path]:
    return [CONTENT / folder / f"{name}.md" for name in names]


def _shelf(workspace: Workspace, name: str, files: list[Path]) -> Collection:
    """A collection whose documents are read here and now, so that the first run can cite them."""
    owner = _owner(workspace)
    collection = knowledge.create_collection(workspace.id, name=name, teams=[], by=owner)
    for path in files:
        storage = FileStorage(BytesIO(path.read_bytes()), filename=path.name, content_type="text/markdown")
        (document,), _ = knowledge.add_documents(collection, [storage], by=owner)
        for _ in knowledge.read(document.id):
            pass  # nothing is committed in between, so that no worker reads it as well
        db.session.commit()
    return collection


def _agents(workspace: Workspace, keys: Iterable[str], shelves: Callable[[str], list[Collection]]) -> None:
    """An agent per template, live, with one run each on its sample. `shelves` of a team are what it reads."""
    owner = _owner(workspace)
    for key in keys:
        template = TEMPLATES[key]
        agent = agents.create_from_template(workspace, key, name=template.name, by=owner)
        version = agents.latest_version(agent)
        version.collections = [shelf.public_id for shelf in shelves(template.team)] if template.knowledge else []
        agents.make_live(version, by=owner)
        db.session.commit()
        _sample_run(agent, owner)


def _sample_run(agent: Agent, owner: User) -> None:
    template = TEMPLATES[agent.template]
    files = []
    for name, media_type, words in template.sample_files:
        storage = FileStorage(BytesIO(words.encode()), filename=name, content_type=media_type)
        files.append(keep(storage, workspace_id=agent.workspace_id, field="files"))
    runs.start(agent, dict(template.sample_input), files, by=owner, start_key=f"demo-{agent.slug}")
    db.session.commit()


def _owner(workspace: Workspace) -> User:
    member = db.session.query(Membership).filter_by(workspace_id=workspace.id, role=Role.OWNER).one()
    return member.user
