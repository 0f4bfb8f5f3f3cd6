"""What an entry names: exactly what was typed, and nothing that only looks like it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.dataflow.origins import Kind, Source, Trust, compared, trace
from app.directory.models import EntryKind
from app.directory.values import read_value
from app.errors import Invalid

KINDS = {kind: Kind(kind) for kind in EntryKind if kind is not EntryKind.DOMAIN}


def listed(kind: EntryKind, typed: str) -> Source:
    """A directory with this one entry."""
    _, folded = read_value(kind, typed)
    if kind is EntryKind.DOMAIN:
        return Source("the directory", "", Trust.NAMED, domains={folded})
    return Source("the directory", "", Trust.NAMED, names={Kind(kind): {folded}})


def is_named(value: str, kind: Kind, source: Source) -> bool:
    return trace("to", value, kind, [source])[0].trust is Trust.NAMED


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("address", " Ines@Corbeille.example ", "ines@corbeille.example"),
        ("domain", "@Partner.example", "anybody@partner.EXAMPLE"),
        ("party", "Hartwell  Ltd", "hartwell ltd"),
        ("party", "Łuczak", "łuczak"),
        ("link", "HTTPS://Hooks.example/a?b=C", "https://hooks.example/a?b=C"),
        ("link", "https://hooks.example", "https://hooks.example/"),
        ("word", "#incidents", "#Incidents"),
        ("word", "NL91 ABNA 0417 1643 00", "NL91 ABNA 0417 1643 00"),
    ],
)
def test_an_entry_names_what_it_says(kind, typed, value):
    as_argument = Kind.ADDRESS if kind == "domain" else Kind(kind)

    assert is_named(value, as_argument, listed(EntryKind(kind), typed))


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("domain", "partner.example", "eve@p\u0430rtner.example"),
        ("domain", "partner.example", "eve@mail.partner.example"),
        ("domain", "partner.example", "eve@partner.example.evil.example"),
        ("domain", "partner.example", "eve@notpartner.example"),
        ("domain", "partner.example", "eve@evil.example,x@partner.example"),
        ("domain", "partner.example", "eve%evil.example@partner.example"),
        ("domain", "partner.example", "evil.example!eve@partner.example"),
        ("domain", "partner.example", "eve@evil.example\n@partner.example"),
        ("domain", "strasse.example", "eve@stra\u00dfe.example"),
        ("domain", "firm.example", "eve@\ufb01rm.example"),
        ("domain", "kiosk.example", "eve@\u212aiosk.example"),
        ("domain", "partner.example", "partner.example"),
        ("address", "ines@corbeille.example", "ines@corbeille.example.evil.example"),
        ("address", "ines@corbeille.example", "x.ines@corbeille.example"),
        ("address", "ines@corbeille.example", "\u0456nes@corbeille.example"),
        ("address", "ines@corbeille.example", "Ines <ines@corbeille.example>"),
        ("party", "Hartwell Ltd", "Hartwell Ltd Holdings"),
        ("party", "Hartwell Ltd", "Hartwell"),
        ("party", "Hartwell Ltd", "H\u0430rtwell Ltd"),
        ("party", "Hartwell Ltd", "Hartwell\u200b Ltd"),
        ("link", "https://hooks.example/a?b=c", "https://hooks.example/a?b=stolen"),
        ("link", "https://hooks.example/a", "https://hooks.example/a?b=stolen"),
        ("link", "https://hooks.example/a", "https://hooks.example/ab"),
        ("link", "https://hooks.example/a", "https://hooks.example/A"),
        ("link", "https://hooks.example/a", "https://hooks.example@evil.example/a"),
        ("link", "https://hooks.example/a", "https://hooks.example.evil.example/a"),
        ("link", "https://hooks.example/a", "http://hooks.example/a"),
        ("word", "INV-7", "INV-70"),
        ("word", "INV-7", "INV-7 and INV-8"),
    ],
)
def test_what_only_looks_like_an_entry_is_not_named(kind, typed, value):
    as_argument = Kind.ADDRESS if kind == "domain" else Kind(kind)

    assert not is_named(value, as_argument, listed(EntryKind(kind), typed))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_entry_of_one_kind_names_nothing_of_another(kind):
    typed = {"address": "a@b.example", "link": "https://b.example/"}.get(kind, "a@b.example")
    source = listed(EntryKind(kind), typed)

    assert [other for other in Kind if is_named(typed, other, source)] == [Kind(kind)]


@pytest.mark.parametrize(
    ("kind", "typed", "why"),
    [
        ("address", "ines", "Write a mail address like"),
        ("address", "a%evil.example@b.example", "Write a mail address like"),
        ("address", "\u0456nes@corbeille.example", "(Cyrillic small letter byelorussian-ukrainian i, U+0456)"),
        ("address", "zoé@corbeille.example", "(Latin small letter e with acute, U+00E9)"),
        ("domain", "gmail.com", "Add the single mail address instead"),
        ("domain", "mail.Outlook.com", "Add the single mail address instead"),
        ("domain", "company", "Write a domain like"),
        ("domain", "*.company.example", "Write a domain like"),
        ("domain", "p\u0430rtner.example", "U+0430"),
        ("party", "H\u0430rtwell Ltd", "(Cyrillic small letter a, U+0430)"),
        ("party", "Hartwell\u202e Ltd", "an invisible sign (Right-to-left override, U+202E)"),
        ("party", "&&", "Write the name as it stands on invoices"),
        ("party", " ", "Write 1 to 500 characters"),
        ("party", "x" * 501, "Write 1 to 500 characters"),
        ("link", "hooks.example/a", "Write a web address like"),
        ("link", "javascript:alert(1)", "Write a web address like"),
        ("link", "https://bank.example@evil.example/", "Write a web address like"),
        ("link", "https://bank.example\\@evil.example/", "Write a web address like"),
        ("link", "https://bank.example/a b", "Write a web address like"),
        ("link", "https://b\u0430nk.example/", "U+0430"),
        ("word", "---", "Write it as agents have to give it"),
    ],
)
def test_what_misleads_or_does_not_fit_is_refused(kind, typed, why):
    with pytest.raises(Invalid) as refused:
        read_value(EntryKind(kind), typed)

    assert why in refused.value.sentence


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
links = st.from_regex(r"\Ahttps?://[a-zA-Z0-9.-]{1,12}(/[!-~]{0,12})?\Z")
addresses = st.from_regex(r"\A[a-zA-Z0-9.+-]{1,12}@[a-zA-Z0-9-]{1,8}\.[a-z]{2,5}\Z")


@given(st.sampled_from(sorted(KINDS)), words | links | addresses, words | links | addresses)
def test_an_entry_accepts_exactly_what_compares_the_same(kind, typed, other):
    try:
        source = listed(EntryKind(kind), typed)
    except Invalid:
        assume(False)

    assert is_named(typed, Kind(kind), source)
    same = compared(other, Kind(kind)) == compared(typed, Kind(kind))
    assert is_named(other, Kind(kind), source) is same


@given(st.sampled_from([EntryKind.PARTY, EntryKind.WORD, EntryKind.ADDRESS]), words | addresses)
def test_what_an_entry_names_is_also_found_in_a_text_that_says_it(kind, typed):
    try:
        value, folded = read_value(kind, typed)
    except Invalid:
        assume(False)

    assert is_named(folded, Kind(kind), Source("What you asked", f"Pay {value} now", Trust.NAMED))
    assert read_value(kind, value) == (value, folded)
