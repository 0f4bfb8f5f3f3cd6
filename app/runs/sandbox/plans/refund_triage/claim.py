"""What a customer asks for, as far as the message says."""

import re
from dataclasses import dataclass, field
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.refund_triage.amount import amount_asked, never_above_receipt
from app.runs.sandbox.plans.refund_triage.message import Message, read_message
from app.runs.sandbox.reading.amounts import Amount, said
from app.runs.sandbox.reading.clauses import sentence_at
from app.runs.sandbox.reading.cues import REASONS, REFUND, classify, count, has
from app.runs.sandbox.reading.dates import find_dates, find_relative, readable
from app.runs.sandbox.reading.mails import sender_of
from app.runs.sandbox.reading.people import find_companies, find_emails, find_name, name_from_email
from app.runs.sandbox.reading.references import find_reference
from app.runs.sandbox.sources import Sheet
from app.runs.sandbox.wording import line

_TO_US = re.compile(r"^[ \t>]*(?:to|cc|bcc|an|aan|à|para)[ \t]*:[^\n]*$", re.IGNORECASE | re.MULTILINE)
_EVENT = re.compile(
    r"\b(?:deliver\w*|receiv\w*|arriv\w*|charged|order(?:ed)?|bought|purchas\w*|paid|invoice"
    r"|geliefert|bestellt|geleverd|besteld|livré\w*|reçu\w*|pedido)\b",
    re.IGNORECASE,
)
_PHOTO = re.compile(r"\bphotos?\b", re.IGNORECASE)


@dataclass
class Claim:
    """A request for money back."""

    text: str
    email: str
    name: str
    order: str
    message: Message
    """The customer's own words, and the amounts and orders in them."""
    reason: str
    on: date | None
    """When it was bought or delivered."""
    asks: bool
    """Whether it asks for money back in words that were recognised."""
    files: int
    amount: Amount | None = None
    doubt: str = ""
    """Why the amount is for a person to settle."""
    notes: list[str] = field(default_factory=list)

    @property
    def party(self) -> str:
        return line(self.name or self.email, 120)

    @property
    def shown_amount(self) -> str:
        return said(self.amount.value, self.amount.currency) if self.amount else ""


def read_claim(case: Case, sheets: list[Sheet]) -> Claim:
    """The claim out of the form's fields first, then the message, then the files."""
    whole = case.given("message") or case.text
    message, papers = read_message(whole), "\n".join(s.words for s in sheets)
    text = _TO_US.sub("", message.text)
    reason, email = classify(text, REASONS), _address(case, text, _TO_US.sub("", whole))
    claim = Claim(
        text=_TO_US.sub("", whole),
        email=email,
        name=_name(text, email, case.workspace),
        order="",
        message=message,
        reason=reason,
        on=_event(text, case.today) or _event(whole, case.today),
        asks=has(text, REFUND) or bool(reason) or bool(case.given("amount")),
        files=len(case.files),
    )
    asked = never_above_receipt(amount_asked(case, whole, message, reason), papers, claim.notes)
    claim.amount, claim.doubt = asked.amount, asked.doubt
    claim.order = _order(case, claim, papers)
    return claim


def _address(case: Case, text: str, whole: str) -> str:
    """Where the answer goes: never to one of several that the message merely names."""
    given = find_emails(case.given("customer_email"))
    return given[0] if given else sender_of(text) or ("" if find_emails(text) else sender_of(whole))


def _name(text: str, email: str, workspace: str) -> str:
    """The writer's name or their company's, else what the address says."""
    return find_name(text) or _company_below(text, workspace) or name_from_email(email)


def _company_below(text: str, workspace: str) -> str:
    """A company that stands alone on one of the last lines; not our own."""
    last = [row.strip() for row in text.splitlines() if row.strip()][-4:]
    named = (c for row in last for c in find_companies(row) if len(row) < len(c) + 15)
    return next((c for c in named if c.lower() != workspace.lower()), "")


def _order(case: Case, claim: Claim, papers: str) -> str:
    """The form's, else the one in the sentence of the amount, else the first; never one to leave alone."""
    if given := case.given("order_number").lstrip("#"):
        return given
    message, amount = claim.message, claim.amount
    near = message.text[slice(*sentence_at(message.text, amount.start))] if amount and amount.end else ""
    found = next((o for o in message.orders if o in near), "") or next(iter(message.orders), "")
    older = find_reference(claim.text, "order", "invoice") if not message.left_orders else ""
    return found or older or find_reference(papers, "order", "invoice")


def _event(text: str, today: date) -> date | None:
    """When it was bought or delivered: the past day that stands nearest to such a word."""
    named = [f for f in (*find_dates(text, today=today), *find_relative(text, today=today)) if f.on <= today]
    spots = [m.start() for m in _EVENT.finditer(text)]
    if not named:
        return None
    if not spots:
        return max(f.on for f in named)
    return min(named, key=lambda f: min(abs(f.start - s) for s in spots)).on


def facts(claim: Claim) -> list[str]:
    """The claim, line by line."""
    return [
        f"From: {claim.name or 'no name given'}, {claim.email or 'no mail address'}",
        f"Order: {claim.order or 'not named'}",
        f"Reason: {claim.reason or 'not clear'}",
        f"Amount: {claim.shown_amount or 'not settled'}",
        f"Date: {readable(claim.on) if claim.on else 'not named'}",
        *claim.notes,
    ]


def missing_from(claim: Claim, notes: Notebook) -> list[str]:
    """What has to be known before a refund is booked, in words the customer can answer to."""
    photo_wanted = claim.reason == "damaged or defective" and not claim.files and _PHOTO.search(notes.knowledge)
    wanted = {
        "the order or invoice number": not claim.order,
        "the amount you were charged": not claim.amount,
        "what went wrong": not claim.reason and count(claim.text, REFUND) <= 2,
        "a photo of what was damaged": bool(photo_wanted),
    }
    return [what for what, lacking in wanted.items() if lacking]
