"""Plans for customer support: refund requests."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.runs.sandbox.conversation import Case, Outcome, Status
from app.runs.sandbox.notebook import Notebook, Sheet
from app.runs.sandbox.plans.making import blocked, house_currency, line, mail, open_one, send_one, task
from app.runs.sandbox.reading.amounts import Amount, find_amounts, nearest, parse_amount, plain, said
from app.runs.sandbox.reading.cues import REASONS, REFUND, classify, count, has, priority
from app.runs.sandbox.reading.dates import find_dates, find_periods, find_relative, readable
from app.runs.sandbox.reading.identity import find_ibans
from app.runs.sandbox.reading.people import find_companies, find_emails, find_name, first_name, name_from_email
from app.runs.sandbox.reading.references import find_reference, find_references
from app.runs.sandbox.reading.rules import approval_above, excluded_by
from app.runs.sandbox.reading.sentences import split
from app.runs.sandbox.reading.stop_words import STOP
from app.runs.sandbox.reading.terms import query, stem, words
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act, read_files, search

_TO_US = re.compile(r"^[ \t>]*(?:to|cc|bcc|an|aan|à|para)[ \t]*:[^\n]*$", re.IGNORECASE | re.MULTILINE)
_EVENT = (
    r"deliver\w*", r"receiv\w*", r"arriv\w*", r"charged", r"order(?:ed)?", r"bought", r"purchas\w*", r"paid", r"invoice",
    r"geliefert", r"bestellt", r"geleverd", r"besteld", r"livré\w*", r"reçu\w*", r"pedido",
)  # fmt: skip
_ASKED = (*REFUND, r"owe\w*", r"difference", r"second payment")
_CHARGED = (
    r"charged",
    r"paid",
    r"payments? of",
    r"cost\w*",
    r"total",
    r"price",
    r"amount",
    r"betrag",
    r"bedrag",
    r"montant",
    r"importe",
)
_NOT_A_DEADLINE = re.compile(
    r"\b(?:answer|reply|paid back|pays? back|go(?:es)? back to|transfer|bank|keep|records?|repair|letter|loan)\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:within|after|days of|reported|returned|claim|up to|innerhalb|binnen|dans les|plazo)\b", re.IGNORECASE
)


@dataclass
class Claim:
    """What a customer asks for, as far as the message says."""

    email: str
    name: str
    order: str
    orders: list[str]
    amount: Amount | None
    amounts: list[Amount]
    reason: str
    on: date | None
    text: str
    asks: bool
    files: int
    notes: list[str] = field(default_factory=list)

    @property
    def party(self) -> str:
        return line(self.name or self.email, 120)


def refund_triage(case: Case) -> Steps[str]:
    """Book the refund and answer, ask for what is missing, or hand over to a person with the reason."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    claim = read_claim(case, sheets)
    about = claim.reason or "refund"
    wanted = (f"refund {about} within days", "refund approval above limit", "not refundable", query(claim.text))
    yield from search(case, notes, *wanted)
    rules = _rules(claim, notes, case)
    report.section("Request", _facts(claim))
    report.section("Rules", rules.found)
    missing = _missing(claim, notes)
    if rules.against:
        yield from _hand_over(case, report, claim, rules.against)
    elif missing:
        yield from _ask(case, report, claim, missing)
    else:
        yield from _refund(case, report, claim, rules)
    return report.text(notes)


def read_claim(case: Case, sheets: list[Sheet]) -> Claim:
    """The claim out of the form's fields first, then the message, then the files."""
    message = case.given("message") or case.text
    text = _TO_US.sub("", message)
    papers = "\n".join(s.words for s in sheets)
    email = next(iter(find_emails(case.given("customer_email")) or find_emails(text)), "")
    companies = [c for c in find_companies(text) if c.lower() not in ("", "the company")]
    name = find_name(text) or next(iter(companies), "") or name_from_email(email)
    orders = list(dict.fromkeys([*find_references(text, "order"), *find_references(text, "invoice")]))
    order = case.given("order_number").lstrip("#") or find_reference(text, "order", "invoice")
    order = order or find_reference(papers, "order", "invoice")
    reason = classify(text, REASONS)
    amounts = find_amounts(text) or find_amounts(text, bare=True)
    claim = Claim(
        email, name, order, orders, None, amounts, reason, _event(text, case.today), text, False, len(case.files)
    )
    claim.amount = _asked(case, claim)
    _against_papers(claim, papers)
    claim.asks = has(text, REFUND) or bool(reason) or bool(case.given("amount"))
    return claim


def _asked(case: Case, claim: Claim) -> Amount | None:
    """The amount the customer wants back; None when the message leaves it open."""
    amounts = [a for a in claim.amounts if a.value > 0]
    if given := parse_amount(case.given("amount")) if case.given("amount") else None:
        currency = given.currency or next((a.currency for a in amounts if a.value == given.value), "")
        return Amount(given.value, currency or case.currency, given.text, 0, 0)
    values = sorted({a.value for a in amounts})
    if len({a.currency for a in amounts if a.currency}) > 1:
        claim.notes.append("The message names amounts in more than one currency.")
    if len(values) == 2 and claim.reason == "charged twice" and values[1] == 2 * values[0]:
        return next(a for a in amounts if a.value == values[0])
    if len(values) == 2 and claim.reason == "wrong price" and not _names_difference(claim.text, amounts):
        return _difference(amounts, values)
    if len(values) == 1:
        return amounts[0]
    return nearest(claim.text, amounts, _ASKED) or nearest(claim.text, amounts, _CHARGED)


def _names_difference(text: str, amounts: list[Amount]) -> bool:
    around = [text[max(0, a.start - 25) : a.end + 25] for a in amounts]
    return any(
        re.search(r"differen\w*|too much|over-?charged (?:me |us )?(?:by|of)|verschil|unterschied", s, re.IGNORECASE)
        for s in around
    )


def _difference(amounts: list[Amount], values: list[Decimal]) -> Amount:
    first = amounts[0]
    return Amount(values[1] - values[0], first.currency, f"{values[1]} less {values[0]}", first.start, first.end)


def _against_papers(claim: Claim, papers: str) -> None:
    """Never more than a receipt shows was charged."""
    totals = [
        a
        for row in papers.splitlines()
        if re.search(r"\b(?:total|totaal|summe|gesamt\w*|importe|betaald|paid)\b", row, re.IGNORECASE)
        for a in find_amounts(row, bare=True)
    ]
    charged = max((a for a in totals if a.value > 0), key=lambda a: a.value, default=None)
    if charged is None:
        return
    if claim.amount is None:
        claim.amount = charged
        claim.notes.append(f"The message names no amount; the receipt shows {said(charged.value, charged.currency)}.")
    elif charged.value < claim.amount.value and charged.currency in ("", claim.amount.currency):
        claim.notes.append(
            f"Asked for {said(claim.amount.value, claim.amount.currency)}, but the receipt shows {said(charged.value)}."
        )
        claim.amount = Amount(charged.value, claim.amount.currency, charged.text, 0, 0)


def _event(text: str, today: date) -> date | None:
    """When it was bought or delivered: the past day that stands nearest to such a word."""
    named = [f for f in (*find_dates(text, today=today), *find_relative(text, today=today)) if f.on <= today]
    spots = [m.start() for m in re.finditer("|".join(rf"\b{c}\b" for c in _EVENT), text, re.IGNORECASE)]
    if not named:
        return None
    if not spots:
        return max(f.on for f in named)
    return min(named, key=lambda f: min(abs(f.start - s) for s in spots)).on


@dataclass
class Rules:
    """What the company's own rules say about a claim."""

    found: list[str]
    against: list[str]
    basis: str = ""


def _rules(claim: Claim, notes: Notebook, case: Case) -> Rules:
    rules = Rules([], [])
    if not claim.asks:
        rules.against.append("The message does not ask for a refund in words that could be recognised.")
    if not notes.passages:
        rules.found.append("No refund rules were found in the knowledge, so none were checked.")
    _window(claim, notes, case, rules)
    if ruled_out := excluded_by(notes.knowledge, claim.text):
        rules.against.append(f"Ruled out: “{ruled_out}” {notes.cite_sentence(ruled_out)}".strip())
    _currency(claim, house_currency(case, notes), rules)
    if find_ibans(claim.text.upper()):
        rules.against.append("The message names a bank account to pay to. A person checks that first.")
    if len(claim.orders) > 1 and not case.given("order_number") and len({a.value for a in claim.amounts}) > 1:
        rules.against.append(
            f"The message is about several orders ({', '.join(claim.orders[:5])}) with different amounts."
        )
    _approval(claim, notes, rules)
    return rules


def _window(claim: Claim, notes: Notebook, case: Case, rules: Rules) -> None:
    found = _deadline_for(claim, notes.knowledge)
    if found is None:
        return
    days, sentence = found
    rules.basis = sentence
    age = (case.today - claim.on).days if claim.on else None
    verdict = "the message names no date, so this was not checked" if age is None else f"{age} days ago"
    rules.found.append(f"“{sentence}” {notes.cite_sentence(sentence)}: {verdict}.")
    if age is not None and age > days:
        rules.against.append(f"Too late: {readable(claim.on or case.today)} was {age} days ago, the rule gives {days}.")


def _deadline_for(claim: Claim, text: str) -> tuple[int, str] | None:
    """The period within which this kind of claim is made."""
    about = {stem(w) for w in words(claim.reason) if w not in STOP}
    about |= {stem(w) for w in ("return", "returned")} if claim.reason == "changed their mind" else set()
    listed = [s for s in split(text) if find_periods(s) and _DEADLINE.search(s) and not _NOT_A_DEADLINE.search(s)]
    scored = [(len(about & {stem(w) for w in words(s)}), s) for s in listed]
    best = max(scored, key=lambda item: item[0], default=(0, ""))
    if not best[0]:
        best = next(
            (
                (1, s)
                for s in listed
                if re.search(
                    r"\brefund\w* (?:request|claim)|\brequest\w*|\ball refunds\b|\brefunds? (?:is|are|within|must)\b",
                    s,
                    re.IGNORECASE,
                )
            ),
            (0, ""),
        )
    return (_period(best[1], claim.text), best[1]) if best[0] else None


def _period(sentence: str, message: str) -> int:
    """Of several periods in a sentence, the one whose clause is about this message; else the longest."""
    clauses = [(c, find_periods(c)) for c in re.split(r"[,;:]|\bbut\b", sentence) if find_periods(c)]
    mine = {stem(w) for w in words(message) if w not in STOP and len(w) > 3} - {"deliv", "order", "deliver", "report"}
    fits = [p[0][0] for c, p in clauses if mine & {stem(w) for w in words(c) if len(w) > 3} - {"days", "with"}]
    return fits[0] if len(clauses) > 1 and fits else max(d for d, _ in find_periods(sentence))


def _currency(claim: Claim, house: str, rules: Rules) -> None:
    if claim.amount and house and claim.amount.currency and claim.amount.currency != house:
        rules.against.append(f"The amount is in {claim.amount.currency}; refunds are booked in {house}.")


def _approval(claim: Claim, notes: Notebook, rules: Rules) -> None:
    above = [
        c
        for c in approval_above(notes.knowledge)
        if claim.amount and claim.amount.value > c.value and re.search(r"refund", c.sentence, re.IGNORECASE)
    ]
    if above:
        top = max(above, key=lambda c: c.value)
        rules.found.append(f"“{top.sentence}” {notes.cite_sentence(top.sentence)}")


def _facts(claim: Claim) -> list[str]:
    listed = [f"From: {claim.name or 'no name given'}" + (f", {claim.email}" if claim.email else ", no mail address")]
    listed += [f"Order: {claim.order or 'not named'}", f"Reason: {claim.reason or 'not clear'}"]
    listed += [f"Amount: {said(claim.amount.value, claim.amount.currency) if claim.amount else 'not named'}"]
    return [*listed, f"Date: {readable(claim.on) if claim.on else 'not named'}", *claim.notes]


def _missing(claim: Claim, notes: Notebook) -> list[str]:
    missing = [] if claim.order else ["the order or invoice number"]
    missing += [] if claim.amount else ["the amount you were charged"]
    missing += [] if claim.reason or count(claim.text, REFUND) > 2 else ["what went wrong"]
    if (
        claim.reason == "damaged or defective"
        and not claim.files
        and re.search(r"\bphotos?\b", notes.knowledge, re.IGNORECASE)
    ):
        missing.append("a photo of what was damaged")
    return missing


def _reply(claim: Claim, *paragraphs: str) -> dict[str, object]:
    subject = f"Your refund request for order {claim.order}" if claim.order else "Your refund request"
    greeting = f"Hello {first_name(claim.name)}," if claim.name else "Hello,"
    return mail([claim.email], subject, [greeting, *paragraphs, "Kind regards,\nCustomer support"])


def _refund(case: Case, report: Report, claim: Claim, rules: Rules) -> Steps[None]:
    amount = claim.amount
    assert amount is not None
    shown = said(amount.value, amount.currency)
    unchecked = "" if claim.on or not rules.basis else " No date is named, so the time limit was not checked."
    why = f"{claim.party} asks for {shown} back for order {claim.order}: {claim.reason or 'see the message'}."
    args = {"party": claim.party, "amount": plain(amount.value), "reference": line(claim.order, 80)}
    args["reason"] = line(f"{claim.reason.capitalize() or 'Refund asked for'}, {shown}.{unchecked} {rules.basis}", 600)
    outcome, last = yield from act(case, "book_refund", args, why + unchecked)
    if not outcome.done:
        yield from _not_booked(case, report, claim, outcome, shown)
        return
    paid = str(outcome.get("amount_words") or said(Decimal(str(last["amount"])), amount.currency))
    report.headline = f"Refund of {paid} to {outcome.get('party') or last['party']} booked for {claim.order}."
    report.did(f"Refund of {paid} booked")
    yield from _answer(
        case,
        report,
        claim,
        f"We have booked your refund of {paid} for {claim.order}.",
        "It goes back the way you paid.",
    )


def _not_booked(case: Case, report: Report, claim: Claim, outcome: Outcome, shown: str) -> Steps[None]:
    report.headline = f"The refund of {shown} to {claim.party} was not booked."
    report.refused(f"Refund of {shown}", outcome)
    if blocked(outcome):
        detail = [f"The refund could not be booked: {outcome.words}", *_facts(claim)]
        yield from open_one(
            case, report, task(f"Refund {shown} to {claim.party} for {claim.order}", detail, team="finance")
        )
    word = "declined" if outcome.status == Status.DECLINED else "not booked"
    report.not_done.append(
        f"No mail was sent to the customer: the refund was {word}, and a person decides what to say."
    )


def _ask(case: Case, report: Report, claim: Claim, missing: list[str]) -> Steps[None]:
    wanted = ", ".join(missing)
    report.headline = f"Nothing was booked: still needed is {wanted}."
    report.not_done.append(f"Refund: it needs {wanted}.")
    if claim.email:
        listed = "\n".join(f"- {item}" for item in missing)
        asked = yield from send_one(
            case, report, _reply(claim, "Thank you for your message. To look into your refund we still need:", listed)
        )
        if asked:
            return
    elif "send_mail" in case.tools:
        report.not_done.append("No mail was sent: the message names no address to answer to.")
    yield from open_one(
        case, report, task(f"Find out {wanted} for a refund request", _facts(claim), priority=priority(claim.text))
    )


def _hand_over(case: Case, report: Report, claim: Claim, against: list[str]) -> Steps[None]:
    report.section("Why a person decides", against)
    shown = said(claim.amount.value, claim.amount.currency) if claim.amount else "an amount not named"
    report.headline = f"Nothing was booked. {against[0]}"
    report.not_done.append(f"Refund of {shown}: a person has to decide.")
    title = f"Decide on a refund of {shown} to {claim.party or 'a customer'}" + (
        f" for {claim.order}" if claim.order else ""
    )
    team = "finance" if any("currency" in a or "booked in" in a or "bank account" in a for a in against) else "support"
    opened = yield from open_one(
        case, report, task(title, [*against, *_facts(claim)], team=team, priority=priority(claim.text))
    )
    if opened:
        yield from _answer(
            case,
            report,
            claim,
            "Thank you for your message. We have passed your request to a colleague, who will look at it and answer you.",
        )


def _answer(case: Case, report: Report, claim: Claim, *paragraphs: str) -> Steps[None]:
    if claim.email:
        yield from send_one(case, report, _reply(claim, *paragraphs))
    else:
        report.not_done.append("No mail was sent: there is no address to answer to.")
