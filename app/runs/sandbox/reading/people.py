"""Mail addresses, web addresses, names and companies."""

import re

from app.runs.sandbox.reading.remembering import remembered

_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+'-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![\w@])")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"^[ \t>]*(?:(?:many |best |kind |warm |with )*(?:regards|wishes|thanks|thank you|cheers|best|sincerely|yours(?: \w+)?|thx|respectfully)"
    r"|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|(?:viele|beste|liebe|freundliche) gr(?:ü|ue)(?:ß|ss)e|mfg"
    r"|(?:met )?vriendelijke groet(?:en)?|groet(?:en|jes)?|mvg"
    r"|(?:bien )?cordialement|bien à vous|merci|salutations|un (?:cordial )?saludo|saludos(?: cordiales)?|atentamente"
    r"|cordiali saluti|distinti saluti|med vänliga hälsningar|(?:hälsningar|hilsen|mvh))\b[^\n]{0,40}?[,.!]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABELLED = re.compile(
    r"^[ \t>*]*(?:from|name|full name|customer(?: name)?|client|contact(?: person)?|sender|requested by|reporter|von|kunde|naam|klant|van|nom|de la part de|nombre|cliente|nome)"
    r"[ \t]*[:=][ \t]*(?P<value>[^\n<(,;]{2,80})",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'.-]*(?: (?:van|von|de|der|den|da|del|di|la|le|bin|al|O’|[A-ZÀ-ÖØ-Þ]\.?)(?![\w’'-]))*(?: [A-ZÀ-ÖØ-Þ][\w’'-]+){0,2}"
_SELF = re.compile(
    rf"\b(?i:my name is|this is|i am|i'm|i’m|ich bin|mein name ist|ik ben|mijn naam is|je suis|je m'appelle|me llamo|soy|mi chiamo|sono)"
    rf" (?P<value>{_NAME})"
)
_SIGNED = re.compile(
    rf"(?:^|[.!?,]\s+)(?i:(?:kind |best |many )?(?:regards|thanks|thank you|cheers|thx)|viele grüße|mfg|cordialement|merci|groet(?:en)?|saludos),?[ \t]+(?P<value>{_NAME})[ \t]*$",
    re.MULTILINE,
)
"""A sign-off with the name on its own line."""
_SUFFIX = (
    r"(?:Ltd|Limited|LLC|LLP|Inc|Corp|Corporation|PLC|plc|GmbH(?: & Co\.? KG)?|AG|UG|KG|OHG|e\.K\.|B\.?V\.?|N\.?V\.?|VOF|S\.?A\.?R\.?L\.?|SAS|S\.?A\.?"
    r"|S\.?L\.?|S\.?r\.?l\.?|S\.?p\.?A\.?|Oy|Oyj|AB|A/S|ApS|AS|Sp\. z o\.o\.|Pty|Co\.|& Co|& Sons|& Söhne|Group|Holding)"
)
_COMPANY = re.compile(
    rf"(?P<value>[A-ZÀ-ÖØ-Þ0-9][\w&’'.-]*(?:[ \t]+(?:&|und|and|et|en|y|de|of|the|[A-ZÀ-ÖØ-Þ0-9][\w&’'.-]*)){{0,4}}[ \t]+{_SUFFIX})(?![\w])"
)
_NOT_NAMES = frozenset({
    "sent", "hi", "hello", "dear", "the", "a", "i", "we", "you", "please", "sorry", "writing", "happy",
    "unhappy", "afraid", "sure", "not", "very", "still", "contacting", "customer", "support", "team", "order",
    "refund", "invoice", "ticket", "regarding", "re", "fwd", "iphone", "ipad", "android", "urgent", "unacceptable",
    "ridiculous", "outrageous", "unbelievable", "important", "disappointed", "angry", "furious", "just", "my", "your",
    "about", "bitte", "merci", "vielen", "could", "can", "if", "it", "this", "that", "best", "kind",
})  # fmt: skip
_BEFORE_COMPANIES = frozenset({"from", "at", "for", "by", "dear", "hi", "the", "we", "our", "to"})
_PARTICLES = frozenset(
    "van von zu zur de der den des da das dos del della di du la le les el ten ter bin ibn al y e of the and und et en &".split()
)
"""Words inside a name that are not capitalised."""
_SHARED_BOXES = frozenset({
    "info", "sales", "support", "office", "hello", "contact", "admin", "billing", "accounts", "noreply", "orders",
})  # fmt: skip
FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com",
    "me.com", "aol.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "proton.me", "protonmail.com", "mail.com",
    "yandex.com", "qq.com", "163.com", "t-online.de", "orange.fr", "free.fr", "libero.it", "ziggo.nl",
})  # fmt: skip


@remembered(256)
def find_emails(text: str) -> tuple[str, ...]:
    """Mail addresses in reading order, lower case, each once."""
    return tuple(dict.fromkeys(m.group().rstrip(".'").lower() for m in _EMAIL.finditer(text)))


def find_urls(text: str) -> list[str]:
    """Web addresses in reading order, without the full stop that ends the sentence."""
    return list(dict.fromkeys(m.group().rstrip(".,;:!?") for m in _URL.finditer(text)))


def host_of(address: str) -> str:
    """`shop.example.org` of a web or mail address, without `www.`, lower case; empty when there is none."""
    address = address.rpartition("@")[2] if find_emails(address) else address
    found = re.search(r"(?:^|@|//)(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)", address.strip().lower())
    return found[1] if found else ""


def same_domain(one: str, other: str) -> bool:
    """Whether one host is the other or stands below it."""
    return bool(one and other) and (one == other or one.endswith("." + other) or other.endswith("." + one))


def name_from_email(address: str) -> str:
    """`mara.lindqvist@…` as "Mara Lindqvist"; empty when the address holds no name."""
    local = re.sub(r"\d+|\+.*", "", address.partition("@")[0])
    words = [w for w in re.split(r"[._-]+", local) if len(w) > 1]
    return " ".join(w.capitalize() for w in words) if words and not _SHARED_BOXES & set(words) else ""


@remembered(256)
def find_companies(text: str) -> tuple[str, ...]:
    """Names that end in a company form, in reading order."""
    return tuple(dict.fromkeys(_trimmed(m["value"]) for m in _COMPANY.finditer(text)))


def _trimmed(company: str) -> str:
    """Without the words that began the sentence or a closing full stop."""
    words = company.split()
    while len(words) > 2 and words[0].lower().strip(",.:") in _BEFORE_COMPANIES:
        words = words[1:]
    return re.sub(r"(?<=Ltd|Inc|LLC)\.$", "", " ".join(words).rstrip(","))


@remembered(128)
def find_name(text: str) -> str:
    """Who wrote this: a label, what they say of themselves, or the name under the sign-off; empty when unknown."""
    return _labelled(text) or _signature(text) or _own_words(text)


def _labelled(text: str) -> str:
    return next((n for m in _LABELLED.finditer(text) if (n := _clean(m["value"]))), "")


def _own_words(text: str) -> str:
    return next((n for m in _SELF.finditer(text) if (n := _clean(m["value"]))), "")


def sign_offs(text: str) -> list[re.Match[str]]:
    """The lines that close a mail, like "Kind regards,"."""
    return list(_SIGN_OFF.finditer(text))


def _signature(text: str) -> str:
    for match in reversed(sign_offs(text)):
        lines = [line.strip(" \t>*-–—,") for line in text[match.end() :].splitlines()]
        named = next((line for line in lines[:4] if line), "")
        if name := _clean(re.split(r"\s[|–—-]\s|, ", named)[0]):
            return name
    return next((name for m in reversed(list(_SIGNED.finditer(text))) if (name := _clean(m["value"]))), "")


def _clean(raw: str) -> str:
    """A name of one to five words that begins like one, or an empty string."""
    name = raw.strip(" \t\"'*.,;:!").strip()
    words = name.split()
    if not 1 <= len(words) <= 5 or "@" in name or re.search(r"[\d/\\{}\[\]]", name) or len(name) > 60:
        return ""
    if words[0].lower() in _NOT_NAMES or not words[0][0].isupper() or not all(map(_may_be_in_a_name, words)):
        return ""
    return name


def _may_be_in_a_name(word: str) -> bool:
    return not word[0].islower() or word in _PARTICLES or word[1:2] in ("'", "’") or any(c.isupper() for c in word)


def first_name(name: str) -> str:
    """For a greeting: the first word, or the whole of a company's name."""
    return name if find_companies(name) else name.split(" ")[0]
