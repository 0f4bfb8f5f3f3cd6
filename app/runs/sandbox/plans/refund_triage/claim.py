"""What a customer asks for, as far as the message says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.refund_triage.amount import amount_asked, never_above_receipt
from app.runs.sandbox.reading.amounts import Amount, find_amounts, said
from app.runs.sandbox.reading.cues import REASONS, REFUND, classify, count, has
from app.runs.sandbox.reading.dates import find_dates, find_relative, readable
from app.runs.sandbox.reading.people import find_companies, find_emails, find_name, name_from_email
from app.runs.sandbox.reading.references import find_reference, find_references
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
    orders: list[str]
    """All that the message names."""
    amounts: Sequence[Amount]
    """All that the message names."""
    reason: str
    on: date | None
    """When it was bought or delivered."""
    asks: bool
    """Whether it asks for money back in words that were recognised."""
    files: int
    amount: Amount | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def party(self) -> str:
        return line(self.name or self.email, 120)

    @property
    def shown_amount(self) -> str:
        return said(self.amount.value, self.amount.currency) if self.amount else ""


def read_claim(case: Case, sheets: list[Sheet]) -> Claim:
    """The claim out of the form's fields first, then the message, then the files."""
    text = _TO_US.sub("", case.given("message") or case.text)
    papers = "\n".join(s.words for s in sheets)
    email = next(iter(find_emails(case.given("customer_email")) or find_emails(text)), "")
    reason = classify(text, REASONS)
    claim = Claim(
        text=text,
        email=email,
        name=_name(text, email),
        order=_order(case, text, papers),
        orders=list(dict.fromkeys([*find_references(text, "order"), *find_references(text, "invoice")])),
        amounts=find_amounts(text) or find_amounts(text, bare=True),
        reason=reason,
        on=_event(text, case.today),
        asks=has(text, REFUND) or bool(reason) or bool(case.given("amount")),
        files=len(case.files),
    )
    asked = amount_asked(case, text, claim.amounts, reason, claim.notes)
    claim.amount = never_above_receipt(asked, papers, claim.notes)
    return claim


def _name(text: str, email: str) -> str:
    companies = [c for c in find_companies(text) if c.lower() not in ("", "the company")]
    return find_name(text) or next(iter(companies), "") or name_from_email(email)


def _order(case: Case, text: str, papers: str) -> str:
    order = case.given("order_number").lstrip("#") or find_reference(text, "order", "invoice")
    return order or find_reference(papers, "order", "invoice")


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
        f"Amount: {claim.shown_amount or 'not named'}",
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
