"""Agreements for tests: active and signed unless told otherwise."""

import itertools
from datetime import date
from typing import Any

from app.accounts.models import StaffMember
from app.agreements.models import Agreement, Effect, Kind, Override, State
from app.db import db
from app.workspaces.models import Workspace
from tests.factories import ZEROS

PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
BOTH = [
    {"name": "Henrik Dahl", "role": "Director", "party": "customer", "signed_on": "2026-03-02"},
    {"name": "Dana Weiss", "role": "Chief executive", "party": "leenops", "signed_on": "2026-03-03"},
]
_numbers = itertools.count(1)


def an_agreement(workspace: Workspace, kind: str = Kind.ORDER_FORM, **fields: Any) -> Agreement:
    """An active agreement, signed on 3 March 2026 by both, open ended, with a document on record."""
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "title": "Enterprise order",
        "reference": f"OF-2026-{n:03}",
        "state": State.ACTIVE,
        "signed_on": date(2026, 3, 3),
        "starts_on": date(2026, 3, 3),
        "document_name": "signed.pdf",
        "document_sha256": ZEROS,
        "document_size": len(PDF),
        "signatories": BOTH,
        "authors": [0],
        "created_by": 0,
    }
    row = Agreement(workspace_id=workspace.id, kind=kind, **defaults | fields)
    db.session.add(row)
    db.session.commit()
    return row


def an_override(agreement: Agreement, clause: str = "liability-cap", **fields: Any) -> Override:
    """An override of a clause of the terms, replaced unless told otherwise."""
    defaults: dict[str, Any] = {
        "policy": "terms",
        "effect": Effect.REPLACES,
        "text": "Ours is limited to the fees of twelve months.",
        "parameters": {},
    }
    row = Override(agreement_id=agreement.id, clause=clause, **defaults | fields)
    db.session.add(row)
    db.session.commit()
    return row


def a_colleague(name: str = "Arne Holm", role: str = "legal") -> StaffMember:
    """A staff member who never signs in."""
    email = f"{name.split()[0].lower()}{next(_numbers)}@staff.example"
    row = StaffMember(email=email, name=name, password_hash="-", totp_sealed="-", roles=[role])
    db.session.add(row)
    db.session.commit()
    return row


def with_notice(workspace: Workspace, hours: int = 24) -> Agreement:
    """An order form OF-2026-014 that gives so many hours before a suspension."""
    agreement = an_agreement(workspace, reference="OF-2026-014")
    figures = {"suspension_notice_hours": hours}
    an_override(
        agreement, "accounts-suspension", effect=Effect.SUPPLEMENTS, text="We say so before.", parameters=figures
    )
    return agreement
