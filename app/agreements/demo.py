"""A signed order form for the demo, with a document that can be opened."""

from datetime import date
from io import BytesIO

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.accounts.models import StaffMember
from app.agreements import documents, services
from app.agreements.models import Effect, Kind, Party
from app.agreements.rules import Facts, Signatory
from app.db import db
from app.workspaces.models import Workspace

SIGNED = date(2026, 6, 15)
CLAUSES = (
    (
        "liability-cap",
        Effect.REPLACES,
        "Where liability cannot be excluded, that of LeenOps is limited in total to the fees that Northwind Supplies "
        "paid in the **twelve months** before the event that gave rise to the claim.",
        {"liability_cap_months": 12},
    ),
    (
        "accounts-suspension",
        Effect.SUPPLEMENTS,
        "Unless security or the law requires otherwise, LeenOps announces a restriction or suspension to the owners "
        "of the workspace at least **24 hours** before it takes effect.",
        {"suspension_notice_hours": 24},
    ),
    (
        "changes-notice",
        Effect.REPLACES,
        "LeenOps announces material changes to the owners by mail. A change applies to Northwind Supplies no earlier "
        "than **60 days** after it was announced.",
        {"notice_days": 60},
    ),
)


def seed_agreements() -> None:
    """An order form for Northwind Supplies, drafted by one of the staff and activated by another. Flushes."""
    workspace = db.session.scalars(select(Workspace).where(Workspace.slug == "northwind")).one()
    author, reader = _staff("legal@staff.example"), _staff("admin@staff.example")
    signed = (
        Signatory("Henrik Dahl", "Managing director, Northwind Supplies", Party.CUSTOMER, date(2026, 6, 14)),
        Signatory("Dana Weiss", "Head of operations, LeenOps", Party.LEENOPS, SIGNED),
    )
    facts = Facts(Kind.ORDER_FORM, "Order form for one year", "OF-2026-014", SIGNED, SIGNED, signatories=signed)
    agreement = services.draft(workspace, facts, by=author)
    for clause, effect, text, figures in CLAUSES:
        services.put_override(
            agreement, policy="terms", clause=clause, effect=effect, text=text, figures=figures, by=author
        )
    agreed = [text.replace("**", "") for _, _, text, _ in CLAUSES]
    lines = ["Order form OF-2026-014", "LeenOps and Northwind Supplies", "", *agreed]
    upload = FileStorage(BytesIO(a_pdf(lines)), filename="OF-2026-014 signed.pdf")
    services.attach(agreement, documents.keep(upload), by=author)
    services.activate(agreement, seen=agreement.version, by=reader)


def a_pdf(lines: list[str]) -> bytes:
    """One A4 page with these lines, each broken where it is too long."""
    shown = [piece for line in lines for piece in _broken(line)]
    drawn = "".join(f"({piece}) Tj T* " for piece in shown)
    content = f"BT /F1 11 Tf 16 TL 60 780 Td {drawn}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def _broken(line: str) -> list[str]:
    words, rows = line.translate({ord(c): f"\\{c}" for c in "()\\"}).split(), [""]
    for word in words:
        if len(rows[-1]) + len(word) > 85:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return [*rows, ""]


def _staff(email: str) -> StaffMember:
    return db.session.scalars(select(StaffMember).where(StaffMember.email == email)).one()
