"""Numbers with a shape that can be checked: bank accounts and VAT numbers."""

import re

from app.runs.sandbox.reading.remembering import remembered

_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CR": 22, "CY": 28,
    "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18,
    "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "QA": 29,
    "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "XK": 20,
}  # fmt: skip
_VAT = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}", "DE": r"\d{9}", "DK": r"\d{8}",
    "EE": r"\d{9}", "EL": r"\d{9}", "GR": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}", "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})", "HR": r"\d{11}", "HU": r"\d{8}", "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "IT": r"\d{11}",
    "LT": r"(?:\d{9}|\d{12})", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}", "NL": r"\d{9}B\d{2}", "PL": r"\d{10}", "PT": r"\d{9}",
    "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}", "SK": r"\d{10}", "XI": r"\d{9}", "NO": r"\d{9}(?:MVA)?", "CHE": r"\d{9}(?:MWST|TVA|IVA)?",
}  # fmt: skip
_VAT_SHAPES = tuple((prefix, re.compile(rf"\b{prefix}[ .-]?(?:{body})\b")) for prefix, body in _VAT.items())
_SPACED = re.compile(r"(?<=[A-Z0-9])[ .](?=[A-Z0-9])")
_IBAN_SHAPE = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b")
COUNTRIES = {
    "austria": "AT", "österreich": "AT", "belgium": "BE", "belgië": "BE", "bulgaria": "BG", "switzerland": "CH", "schweiz": "CH", "czechia": "CZ",
    "czech republic": "CZ", "germany": "DE", "deutschland": "DE", "denmark": "DK", "estonia": "EE", "spain": "ES", "españa": "ES", "finland": "FI",
    "france": "FR", "united kingdom": "GB", "uk": "GB", "england": "GB", "greece": "GR", "croatia": "HR", "hungary": "HU", "ireland": "IE", "italy": "IT",
    "italia": "IT", "lithuania": "LT", "luxembourg": "LU", "latvia": "LV", "netherlands": "NL", "the netherlands": "NL", "nederland": "NL", "norway": "NO",
    "poland": "PL", "polska": "PL", "portugal": "PT", "romania": "RO", "sweden": "SE", "sverige": "SE", "slovenia": "SI", "slovakia": "SK",
}  # fmt: skip


def iban_problem(raw: str) -> str:
    """What is wrong with a bank account number, in words; empty when its check digits hold."""
    iban = re.sub(r"[\s.-]", "", raw).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", iban):
        return "does not have the shape of an IBAN"
    expected = _IBAN_LENGTH.get(iban[:2])
    if expected is None:
        return f"begins with {iban[:2]}, which is not a country that uses IBANs"
    if len(iban) != expected:
        return f"has {len(iban)} characters; {iban[:2]} numbers have {expected}"
    digits = "".join(str(int(c, 36)) for c in iban[4:] + iban[:4])
    return "" if int(digits) % 97 == 1 else "fails its check digits"


@remembered(128)
def find_ibans(text: str) -> tuple[str, ...]:
    """Account numbers in text, compact, whether or not their check digits hold."""
    found = []
    for match in _IBAN_SHAPE.finditer(text):
        compact = re.sub(r"[ -]", "", match.group())
        length = _IBAN_LENGTH.get(compact[:2])
        if length and vat_problem(compact):
            found.append(compact[:length] if len(compact) >= length and not iban_problem(compact[:length]) else compact)
    return tuple(dict.fromkeys(found))


def vat_problem(raw: str) -> str:
    """What is wrong with a VAT number's shape, in words; empty when it fits its country."""
    number = re.sub(r"[\s.\-/]", "", raw).upper()
    prefix = "CHE" if number.startswith("CHE") else number[:2]
    pattern = _VAT.get(prefix)
    if pattern is None:
        return (
            f"begins with “{prefix}”, which is not a country prefix we know"
            if prefix.isalpha()
            else "has no country prefix"
        )
    return "" if re.fullmatch(pattern, number[len(prefix) :]) else f"does not have the shape of a {prefix} VAT number"


@remembered(128)
def find_vat_numbers(text: str) -> tuple[str, ...]:
    """VAT numbers of a known shape, compact."""
    sources = (text, _SPACED.sub("", text))
    found = [m.group() for p, shape in _VAT_SHAPES for s in sources if p in s for m in shape.finditer(s)]
    return tuple(dict.fromkeys(re.sub(r"[ .-]", "", f) for f in found if iban_problem(f)))


def country_code(words: str) -> str:
    """NL for "The Netherlands" or "nl"; empty when unknown."""
    known = words.strip().lower().rstrip(".")
    return COUNTRIES.get(known) or (known.upper() if known.upper() in _IBAN_LENGTH else "")
