"""What speaks against paying a paper whatever its figures: that it is no open invoice, or whom it wants paid."""

import re

from app.runs.sandbox.case import Case
from app.runs.sandbox.plans.invoice_check.invoice import Invoice
from app.runs.sandbox.plans.invoice_check.layout import numbers_in
from app.runs.sandbox.reading.amounts import find_currencies
from app.runs.sandbox.reading.cues import sets_rules_aside
from app.runs.sandbox.wording import line

_NO_INVOICE = re.compile(
    r"^\W*(?:credit (?:note|memo)|gutschrift|stornorechnung|credit ?nota|avoir\b|nota de crédito|nota di credito|pro[- ]?forma|quot(?:e|ation)\b|estimate\b|angebot\b|offerte\b|devis\b"
    r"|(?:account )?statement\b|kontoauszug|(?:payment )?reminder\b|(?:zahlungs)?erinnerung|mahnung|herinnering|aanmaning|rappel\b|delivery note|lieferschein)[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_SETTLED = re.compile(
    r"^\W*(?:paid(?: in full| with thanks)?|fully paid|payment received|bezahlt|betrag erhalten|betaald|voldaan|payée?|acquittée?|pagad[oa])\b(?! (?:by|within|to|per|innerhalb|bis|binnen))[^\n]{0,30}$"
    r"|\b(?:no payment (?:is )?(?:due|needed|required|necessary)|do not pay|already (?:been )?paid|bereits (?:bezahlt|beglichen)|reeds (?:betaald|voldaan)|déjà (?:payée?|réglée?))\b",
    re.IGNORECASE | re.MULTILINE,
)
_COLLECTED = re.compile(
    r"\bwill be (?:collected|debited|charged|taken)\b|\b(?:paid|payment|collected|settled) (?:by|via|per) (?:sepa )?direct debit\b(?! or)|\bwird\b[^.\n]{0,60}\b(?:abgebucht|eingezogen)"
    r"|\bper lastschrift|\bwordt\b[^.\n]{0,60}\b(?:afgeschreven|geïncasseerd)|\bsera prélev\w+|\bpar prélèvement",
    re.IGNORECASE,
)
_NEW_ACCOUNT = re.compile(
    r"\b(?:new|changed|updated) (?:bank(?:ing)?|account|payment) (?:account|details|information|number)|\bbank(?:ing)? details (?:have|has) (?:been )?(?:changed|updated)|\bneue\w* (?:bankverbindung|konto\w*)"
    r"|\bnouve\w+ (?:coordonnées bancaires|compte|rib)|\bnieuwe? (?:rekening\w*|bankgegevens)|\bno longer use\b[^.\n]{0,30}\baccount",
    re.IGNORECASE,
)
_PAYEE = re.compile(
    r"^[ \t]*(?:account (?:holder|name)|beneficiary|payee|pay(?:able)? to|remit to|make (?:cheques|checks|payment) (?:payable )?to|please pay(?: to)?|zugunsten|kontoinhaber|empfänger|rekeninghouder|ten name van|titulaire|bénéficiaire|beneficiario|intestatario)"
    r"[ \t]*[:;=][ \t]*(?P<name>[^\W\d][^\n;]{2,80})",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_FORMS = {
    "ltd",
    "limited",
    "gmbh",
    "inc",
    "llc",
    "plc",
    "bv",
    "nv",
    "ag",
    "kg",
    "sarl",
    "sas",
    "sa",
    "srl",
    "co",
    "and",
    "und",
    "the",
    "sp",
    "zo",
    "oo",
}


def warn(i: Invoice, case: Case) -> None:
    """Write into the invoice what a person has to look at before anybody pays it."""
    i.wrong += [*_no_open_invoice(i), *_several(i), *_whom_to_pay(i, case), *_instructions(i)]


def _no_open_invoice(i: Invoice) -> list[str]:
    found = {
        "It is headed “{}”, so it is no invoice to pay.": _NO_INVOICE.search(i.text),
        "It says that it was paid: “{}”.": _SETTLED.search(i.text),
        "Its amount is collected and not to be paid: “{}”.": _COLLECTED.search(i.text),
    }
    return [said.format(line(m.group(), 60)) for said, m in found.items() if m]


def _several(i: Invoice) -> list[str]:
    """Figures of more than one invoice or currency may have been read as one."""
    numbers, currencies = numbers_in(i.text), sorted(find_currencies(i.text))
    found = [f"It names several invoice numbers: {', '.join(numbers[:4])}."] if len(numbers) > 1 else []
    return found + ([f"It names several currencies: {', '.join(currencies)}."] if len(currencies) > 1 else [])


def _whom_to_pay(i: Invoice, case: Case) -> list[str]:
    payees = [m["name"].strip() for m in _PAYEE.finditer(i.text)]
    others = [name for name in payees if i.supplier and not _same(name, i.supplier)]
    found = [f"It wants {line(name, 80)} to be paid, but comes from {line(i.supplier, 80)}." for name in others[:2]]
    if case.workspace and _same(i.supplier, case.workspace):
        found.append(f"The supplier reads as {i.supplier}, which is us.")
    return found + (
        ["It speaks of a new bank account. A person checks that with the supplier."]
        if _NEW_ACCOUNT.search(i.text)
        else []
    )


def _instructions(i: Invoice) -> list[str]:
    return ["It tells its reader to set checks aside. A person reads it first."] if sets_rules_aside(i.text) else []


def _same(one: str, other: str) -> bool:
    a, b = _words(one), _words(other)
    return bool(a and b) and (a <= b or b <= a)


def _words(name: str) -> set[str]:
    return {w.lower() for w in _WORD.findall(name.replace(".", ""))} - _FORMS
