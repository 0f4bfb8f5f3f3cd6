"""Telling what a text is about by the words that give it away."""

import re
from collections.abc import Mapping

from app.runs.sandbox.reading.remembering import remembered

REASONS: Mapping[str, tuple[str, ...]] = {
    "charged twice": (
        r"charged (?:me )?(?:twice|double|two times|2x|again)", r"double[- ]?(?:charg|bill|pay|book)\w*", r"duplicate", r"billed (?:me )?twice", r"two (?:identical )?(?:charges|payments)",
        r"paid twice", r"(?:charged|debited|billed|deducted|took)\b(?:[^.!?\n]|\.(?=\d)){1,30}\b(?:twice|two times)", r"(?:doppelt|zweimal) (?:ab)?(?:gebucht|berechnet|bezahlt)",
        r"(?:abgebucht|belastet)\b[^.!?\n]{0,20}\b(?:doppelt|zweimal)", r"(?:doppelt|zweimal)\b(?:[^.!?\n]|\.(?=\d)){1,50}\b(?:ab)?gebucht", r"dubbel (?:betaald|afgeschreven|in rekening)", r"(?:débit|prélev|pay|factur)ée?s? deux fois", r"cobrad[oa] dos veces",
    ),
    "damaged or defective": (
        r"damag\w*", r"broken", r"defect\w*", r"faulty", r"crack\w*", r"smashed", r"leak\w*", r"spoil\w*", r"mould\w*", r"rotten", r"does(?:n['’]t| not) work", r"stopped working",
        r"beschädigt", r"kaputt", r"defekt", r"kapot", r"beschadigd", r"endommagé\w*", r"cassé\w*", r"roto", r"dañad\w*",
    ),
    "not delivered": (
        r"(?:never|not|hasn['’]t|has not|didn['’]t|did not|still hasn['’]t) (?:been )?(?:arriv\w*|deliver\w*|receiv\w*|show\w* up|turn\w* up|come)", r"missing (?:item|parcel|package|box|order)", r"lost (?:parcel|package|in transit|shipment)",
        r"nicht (?:an)?gekommen", r"nicht (?:geliefert|erhalten)", r"niet (?:aangekomen|ontvangen|geleverd)", r"(?:pas|jamais|non) (?:été )?(?:reçu|arrivé|livré)\w*", r"no (?:ha )?(?:llegado|recibido)",
    ),
    "wrong item": (r"wrong (?:item|product|size|colou?r|order|one|goods|article)", r"not what (?:i|we) ordered", r"(?:instead of|rather than) (?:the )?\w+ (?:i|we) ordered", r"falsche\w* (?:artikel|produkt|ware)", r"verkeerde", r"mauvais (?:article|produit)", r"equivocad\w*"),
    "late delivery": (r"(?:too|very|days?|weeks?|arrived) late", r"delay\w*", r"verspät\w*", r"te laat", r"en retard", r"con retraso"),
    "short delivery": (r"short[- ]?deliver\w*", r"only (?:received|got) \w+ (?:of|out of)", r"(?:incomplete|partial) (?:order|delivery)", r"unvollständig", r"onvolledig"),
    "wrong price": (r"over[- ]?charg\w*", r"wrong (?:price|amount)", r"(?:discount|voucher|coupon|promo(?:tion)?(?: code)?) (?:was )?(?:not|wasn['’]t|never) (?:applied|deducted)", r"price (?:difference|was higher)", r"zu viel (?:berechnet|bezahlt)", r"te veel betaald"),
    "cancelled": (r"cancel\w*", r"stornier\w*", r"gekündigt", r"kündig\w*", r"geannuleerd", r"opgezegd", r"annul\w+", r"unsubscrib\w*", r"renew(?:ed|al)"),
    "changed their mind": (r"changed? (?:my|our) mind", r"no longer (?:need|want)\w*", r"don['’]t (?:need|want) (?:it|them) (?:any ?more|after all)", r"return (?:it|them|the)", r"does(?:n['’]t| not) fit", r"not satisfied", r"zurück(?:geben|senden)", r"retourner"),
}  # fmt: skip
REFUND = (
    r"refund\w*", r"money back", r"reimburs\w*", r"credit (?:me|us|back|note)", r"charge ?back", r"paid back", r"give back", r"compensat\w*", r"return (?:my|our|the) (?:money|payment)",
    r"rückerstatt\w*", r"erstatt\w*", r"geld zurück", r"gutschrift", r"terugbetal\w*", r"geld terug", r"terugstort\w*", r"creditnota", r"rembours\w*", r"reembols\w*", r"devol\w+", r"rimbors\w*",
)  # fmt: skip
URGENT = (
    r"urgent\w*", r"asap", r"as soon as possible", r"immediately", r"right away", r"today", r"emergency", r"critical", r"outage", r"blocked", r"blocker", r"cannot (?:work|log ?in|access)", r"can['’]t (?:work|log ?in|access)",
    r"legal action", r"lawyer", r"solicitor", r"deadline", r"dringend", r"sofort", r"spoed", r"zo snel mogelijk", r"urgente?", r"au plus vite",
)  # fmt: skip
UNHAPPY = (
    r"angry", r"furious", r"disappoint\w*", r"unacceptable", r"ridiculous", r"frustrat\w*", r"terrible", r"awful", r"worst", r"fed up", r"complain\w*", r"third time", r"still (?:no|not|waiting|nothing)", r"nobody (?:answer|repl|respond)\w*",
    r"enttäusch\w*", r"unverschämt", r"teleurgesteld", r"schandalig", r"inacceptable", r"déçu\w*", r"inaceptable",
)  # fmt: skip
TEAMS: Mapping[str, tuple[str, ...]] = {
    "finance": (r"invoic\w*", r"refund\w*", r"pay(?:ment|ments|out)?\b", r"billing", r"credit note", r"vat\b", r"charge[ds]?\b", r"bank", r"accounting"),
    "engineering": (r"bug\w*", r"crash\w*", r"error\w*", r"api\b", r"deploy\w*", r"release", r"server\w*", r"log ?in", r"database", r"fix\b", r"integration", r"outage", r"patch"),
    "operations": (r"deliver\w*", r"shipment\w*", r"shipping", r"warehouse", r"stock", r"courier", r"driver", r"pallet\w*", r"supplier\w*", r"dispatch\w*", r"replacement"),
    "marketing": (r"campaign\w*", r"newsletter", r"website copy", r"press", r"social", r"brand\w*", r"promotion\w*"),
    "support": (r"customer\w*", r"reply", r"call(?: back)?\b", r"ticket\w*", r"follow up", r"apolog\w*", r"inform\w*"),
}  # fmt: skip

_RULES_ASIDE = re.compile(
    r"\b(?:ignore|disregard|override|bypass|forget|skip)\b[^.!?\n]{0,30}\b(?:rules?|instructions?|polic(?:y|ies)|checks?|approvals?|limits?|prompt)\b"
    r"|\b(?:ignorier\w*|vergiss)\b[^.!?\n]{0,30}\b(?:regeln?|anweisung\w*|vorgaben)|\bignore[rz]\b[^.!?\n]{0,30}\b(?:règles|instructions|consignes)"
    r"|^\W*(?:system|assistant|developer)\s*:|\bpre-?approved\b|\bwithout (?:any )?approval\b|\byou are (?:now )?(?:an?|the) (?:ai|assistant|agent|model|bot)\b",
    re.IGNORECASE | re.MULTILINE,
)


def sets_rules_aside(text: str) -> bool:
    """Whether it tells its reader to do without the rules, as no customer or supplier has to."""
    return bool(_RULES_ASIDE.search(text))


@remembered(32)
def _any_of(cues: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{cue})" for cue in cues), re.IGNORECASE)


@remembered(512)
def count(text: str, cues: tuple[str, ...]) -> int:
    """How often one of `cues` stands in `text`."""
    return sum(1 for _ in _any_of(cues).finditer(text))


def has(text: str, cues: tuple[str, ...]) -> bool:
    """Whether one of `cues` stands in `text`."""
    return count(text, cues) > 0


def classify(text: str, classes: Mapping[str, tuple[str, ...]]) -> str:
    """The class with most cues; of equals the one listed first; empty when no cue is there."""
    scores = {name: count(text, cues) for name, cues in classes.items()}
    best = max(scores.values(), default=0)
    return next((name for name, score in scores.items() if score == best), "") if best else ""


def priority(text: str) -> str:
    """normal or high, from how pressing the words are."""
    pressing = count(text, URGENT) + (1 if count(text, UNHAPPY) > 1 else 0)
    return "high" if pressing else "normal"
