"""The three ends of a refund request: booked, asked back, or handed to a person."""

from decimal import Decimal

from app.runs.sandbox.case import Case, Outcome, Status
from app.runs.sandbox.plans.effects import Args, mail, open_one, send_one, task
from app.runs.sandbox.plans.refund_triage.claim import Claim, facts
from app.runs.sandbox.reading.amounts import said
from app.runs.sandbox.reading.cues import priority
from app.runs.sandbox.reading.people import first_name
from app.runs.sandbox.report import Report
from app.runs.sandbox.steps import Steps, act
from app.runs.sandbox.wording import line

_PASSED_ON = (
    "Thank you for your message. We have passed your request to a colleague, who will look at it and answer you."
)
_FOR_FINANCE = ("currency", "booked in", "bank account", "paid back before")


def refund(case: Case, report: Report, claim: Claim, basis: str) -> Steps[None]:
    """Book the refund and tell the customer; when it is not booked, say why and write to nobody."""
    assert claim.amount is not None
    unchecked = "" if claim.on or not basis else " No date is named, so the time limit was not checked."
    why = f"{claim.party} asks for {claim.shown_amount} back for order {claim.order}: {claim.reason or 'see the message'}."
    args = _booking(claim, unchecked, basis)
    outcome, last = yield from act(case, "book_refund", args, why + unchecked)
    if not outcome.done:
        yield from _not_booked(case, report, claim, outcome)
        return
    paid = str(outcome.get("amount_words") or said(Decimal(str(last["amount"])), claim.amount.currency))
    report.headline = f"Refund of {paid} to {outcome.get('party') or last['party']} booked for {claim.order}."
    report.did(f"Refund of {paid} booked")
    told = (f"We have booked your refund of {paid} for {claim.order}.", "It goes back the way you paid.")
    yield from _answer(case, report, claim, *told)


def _booking(claim: Claim, unchecked: str, basis: str) -> Args:
    assert claim.amount is not None
    reason = f"{claim.reason.capitalize() or 'Refund asked for'}, {claim.shown_amount}.{unchecked} {basis}"
    return {
        "party": claim.party,
        "amount": claim.amount.plain,
        "reference": line(claim.order, 80),
        "reason": line(reason, 600),
    }


def _not_booked(case: Case, report: Report, claim: Claim, outcome: Outcome) -> Steps[None]:
    shown = claim.shown_amount
    report.headline = f"The refund of {shown} to {claim.party} was not booked."
    report.refused(f"Refund of {shown}", outcome)
    if outcome.blocked:
        detail = [f"The refund could not be booked: {outcome.words}", *facts(claim)]
        title = f"Refund {shown} to {claim.party} for {claim.order}"
        yield from open_one(case, report, task(title, detail, team="finance"))
    word = "declined" if outcome.status == Status.DECLINED else "not booked"
    report.not_done.append(
        f"No mail was sent to the customer: the refund was {word}, and a person decides what to say."
    )


def ask(case: Case, report: Report, claim: Claim, missing: list[str]) -> Steps[None]:
    """Ask the customer for what is missing; a task where that cannot be done."""
    wanted = ", ".join(missing)
    report.headline = f"Nothing was booked: still needed is {wanted}."
    report.not_done.append(f"Refund: it needs {wanted}.")
    if claim.email:
        listed = "\n".join(f"- {item}" for item in missing)
        reply = _reply(claim, "Thank you for your message. To look into your refund we still need:", listed)
        if (yield from send_one(case, report, reply)):
            return
    elif "send_mail" in case.tools:
        report.not_done.append("No mail was sent: the message names no address to answer to.")
    title = f"Find out {wanted} for a refund request"
    yield from open_one(case, report, task(title, facts(claim), priority=priority(claim.text)))


def hand_over(case: Case, report: Report, claim: Claim, against: list[str]) -> Steps[None]:
    """A task for a person with the reasons, and word to the customer that somebody looks at it."""
    shown = claim.shown_amount or ("an amount to settle" if claim.doubt else "an amount not named")
    report.section("Why a person decides", against)
    report.headline = f"Nothing was booked. {against[0]}"
    report.not_done.append(f"Refund of {shown}: a person has to decide.")
    order = f" for {claim.order}" if claim.order else ""
    title = f"Decide on a refund of {shown} to {claim.party or 'a customer'}{order}"
    team = "finance" if any(word in reason for reason in against for word in _FOR_FINANCE) else "support"
    decision = task(title, [*against, *facts(claim)], team=team, priority=priority(claim.text))
    if (yield from open_one(case, report, decision)):
        yield from _answer(case, report, claim, _PASSED_ON)


def _answer(case: Case, report: Report, claim: Claim, *paragraphs: str) -> Steps[None]:
    if claim.email:
        yield from send_one(case, report, _reply(claim, *paragraphs))
    else:
        report.not_done.append("No mail was sent: there is no address to answer to.")


def _reply(claim: Claim, *paragraphs: str) -> Args:
    subject = f"Your refund request for order {claim.order}" if claim.order else "Your refund request"
    greeting = f"Hello {first_name(claim.name)}," if claim.name else "Hello,"
    return mail([claim.email], subject, [greeting, *paragraphs, "Kind regards,\nCustomer support"])
