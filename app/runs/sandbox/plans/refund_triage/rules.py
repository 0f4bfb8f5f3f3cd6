"""What the company's own rules say about a claim."""

import re
from dataclasses import dataclass, field

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.currency import house_currency
from app.runs.sandbox.plans.refund_triage.claim import Claim
from app.runs.sandbox.plans.refund_triage.time_limit import time_limit
from app.runs.sandbox.reading.amounts import same_currency
from app.runs.sandbox.reading.cues import sets_rules_aside
from app.runs.sandbox.reading.dates import readable
from app.runs.sandbox.reading.identity import find_ibans
from app.runs.sandbox.reading.references import find_references
from app.runs.sandbox.reading.rules import approval_above, excluded_by

_REFUND = re.compile(r"refund", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:new|another|different|other|neue[sn]?|andere[sn]?|nouve(?:au|lle)|autre|nieuwe) (?:bank|account|card|konto|karte|bankverbindung|compte|carte|rekening)"
    r"|\b(?:sort code|routing number|account (?:number|no)\b|bic|swift|kontonummer|rekeningnummer|bitcoin|crypto|wallet|western union)\b"
    r"|\bpaypal\b[^.\n]{0,20}\S+@|\b(?:pay|send|transfer|refund|wire)\b[^.!?\n]{0,40}\bto (?:my (?:wife|husband|friend|brother|sister|colleague|agent|lawyer)|a third party|someone else)",
    re.IGNORECASE,
)
_NO_REFUND = re.compile(
    r"\b(?:do not|don['’]t|does not|no longer) (?:want|need|expect|ask for) (?:a |any |my |the )?(?:refund|money back)|\bnot asking for (?:a |any |my )?(?:refund|money)"
    r"|\bno (?:need (?:for|to) (?:a )?)?refund (?:is )?(?:needed|necessary|required|wanted|please)|\bno need (?:for a|to) refund|\b(?:instead of|rather than) a refund"
    r"|\bkein\w* (?:rück)?erstattung|\bkein geld zurück|\bpas (?:de|besoin d['’]un|besoin de) remboursement|\bgeen (?:terugbetaling|geld terug)",
    re.IGNORECASE,
)


@dataclass
class Rules:
    """The rules that apply, and what speaks against the refund."""

    found: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    basis: str = ""
    """The sentence that sets the time limit."""


def check(claim: Claim, notes: Notebook, case: Case) -> Rules:
    """Hold the claim against the rules in the knowledge, and against common sense where there are none."""
    rules = Rules()
    if not claim.asks:
        rules.against.append("The message does not ask for a refund in words that could be recognised.")
    if not notes.passages:
        rules.found.append("No refund rules were found in the knowledge, so none were checked.")
    _time(claim, notes, case, rules)
    if ruled_out := excluded_by(notes.knowledge, claim.text):
        rules.against.append(f"Ruled out: {notes.quoted(ruled_out)}".strip())
    rules.against += [
        *_currency(claim, house_currency(case, notes)),
        *_bank_account(claim),
        *_several_orders(claim, case),
        *([claim.doubt] if claim.doubt else []),
        *_unusual(claim),
    ]
    _approval(claim, notes, rules)
    return rules


def _time(claim: Claim, notes: Notebook, case: Case, rules: Rules) -> None:
    found = time_limit(claim.reason, claim.text, notes.knowledge)
    if found is None:
        return
    days, rules.basis = found
    age = (case.today - claim.on).days if claim.on else None
    verdict = "the message names no date, so this was not checked" if age is None else f"{age} days ago"
    rules.found.append(f"{notes.quoted(rules.basis)}: {verdict}.")
    if age is not None and age > days:
        rules.against.append(f"Too late: {readable(claim.on or case.today)} was {age} days ago, the rule gives {days}.")


def _currency(claim: Claim, house: str) -> list[str]:
    other = claim.amount.currency if claim.amount else ""
    return [] if same_currency(other, house) else [f"The amount is in {other}; refunds are booked in {house}."]


def _bank_account(claim: Claim) -> list[str]:
    if find_ibans(claim.text.upper()):
        return ["The message names a bank account to pay to. A person checks that first."]
    elsewhere = _ELSEWHERE.search(claim.text)
    return (
        ["The money is to go elsewhere than it came from. A person checks that bank account or card first."]
        if elsewhere
        else []
    )


def _several_orders(claim: Claim, case: Case) -> list[str]:
    orders, labelled = claim.message.orders, find_references(claim.message.text, "order")
    several = len([o for o in labelled if o in orders]) > 1
    if case.given("order_number") or not (several or (len(orders) > 1 and len(claim.message.values) > 1)):
        return []
    return [f"The message is about several orders ({', '.join(orders[:5])}); a person settles which one goes back."]


def _unusual(claim: Claim) -> list[str]:
    """What a person should read first."""
    found = {
        "The message says that no refund is wanted.": _NO_REFUND.search(claim.message.text),
        "The message tells its reader to set rules aside. A person reads it first.": sets_rules_aside(claim.text),
        "The message names nobody: a name or a mail address is missing to book a refund to.": not claim.party,
    }
    return [sentence for sentence, holds in found.items() if holds]


def _approval(claim: Claim, notes: Notebook, rules: Rules) -> None:
    """The highest amount above which a refund of this size needs a person's approval."""
    limits = [c for c in approval_above(notes.knowledge) if _REFUND.search(c.sentence)]
    passed = [c for c in limits if claim.amount and claim.amount.value > c.value]
    if passed:
        rules.found.append(notes.quoted(max(passed, key=lambda c: c.value).sentence))
