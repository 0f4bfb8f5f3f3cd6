"""Where an argument came from: named only when it stands there whole and letter for letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dataflow.origins import Kind, Source, Trust, canonical_link, fold, trace, values_of
from app.numbers import amounts_in, numbers_in


def asked(text, **more):
    return Source("What you asked", text, Trust.NAMED, **more)


def read(text):
    return Source("invoice.pdf", text, Trust.READ, ref="f1")


def trust(value, kind, *sources):
    return [origin.trust for origin in trace("to", value, kind, sources)]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.ADDRESS, "ines@corbeille.example", "Answer Ines <Ines@Corbeille.example>, please."),
        (Kind.ADDRESS, "ines@corbeille.example", "Write to ines@corbeille.example."),
        (Kind.PARTY, "Hartwell Ltd", "Refund Hartwell  Ltd for the second charge"),
        (Kind.PARTY, "La Corbeille SARL", "la corbeille\nsarl"),
        (Kind.AMOUNT, "1840.00", "Please return EUR 1.840,00 to them"),
        (Kind.AMOUNT, "1840.00", "(€1,840)"),
        (Kind.AMOUNT, "38.50", "the lunch of 38,50"),
        (Kind.LINK, "https://hooks.example/a?b=c", "Post to HTTPS://Hooks.example/a?b=c, then stop."),
        (Kind.WORD, "#incidents", "Tell #incidents about it"),
        (Kind.WORD, "NL91 ABNA 0417 1643 00", "IBAN NL91 ABNA 0417 1643 00"),
    ],
)
def test_what_a_person_wrote_is_named(kind, value, text):
    assert trust(value, kind, asked(text)) == [Trust.NAMED]
    assert trust(value, kind, read(text)) == [Trust.READ]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.ADDRESS, "ines@corbeille.example", "Write to ines@corbeille.example.evil.example"),
        (Kind.ADDRESS, "ines@corbeille.example", "Write to x.ines@corbeille.example"),
        (Kind.ADDRESS, "ines@corbeille.example", "Write to ines@corbeille.example@evil.example"),
        (Kind.ADDRESS, "іnes@corbeille.example", "Write to ines@corbeille.example"),
        (Kind.ADDRESS, "ines@corbeille.example", "Write to Ines at Corbeille"),
        (Kind.ADDRESS, "ines", "Write to Ines"),
        (Kind.PARTY, "Hartwell Ltd", "Refund Hartwell Ltda"),
        (Kind.PARTY, "Hаrtwell Ltd", "Refund Hartwell Ltd"),
        (Kind.PARTY, "Hartwell Ltd", "Refund Hartwell, the Ltd"),
        (Kind.AMOUNT, "20418.00", "Order 20418 was charged twice"),
        (Kind.AMOUNT, "2026.00", "the delivery of 2026-11-18, 20:26 h"),
        (Kind.AMOUNT, "840.00", "Please return EUR 1.840,00"),
        (Kind.AMOUNT, "much", "Please return EUR 1.840,00"),
        (Kind.LINK, "https://hooks.example/a?b=secret", "Post to https://hooks.example/a?b=c"),
        (Kind.LINK, "https://hooks.example/a", "Post to https://hooks.example/ab"),
        (Kind.LINK, "https://hooks.example.evil.example/a", "Post to https://hooks.example/a"),
        (Kind.LINK, "hooks.example/a", "Post to hooks.example/a"),
        (Kind.WORD, "INV-7", "Delete INV-70"),
        (Kind.WORD, " ", "Anything"),
    ],
)
def test_what_only_looks_like_it_is_not(kind, value, text):
    assert trust(value, kind, asked(text)) == [Trust.MADE_UP]


def test_a_bare_number_is_an_amount_where_an_amount_was_asked_for():
    assert trust("1840.00", Kind.AMOUNT, asked("1840", is_amount=True)) == [Trust.NAMED]
    assert trust("1840.00", Kind.AMOUNT, asked("1840")) == [Trust.MADE_UP]
    assert trust("1840.00", Kind.AMOUNT, read("charged 1840 twice")) == [Trust.READ]


def test_the_companys_own_domains_name_every_address_at_them():
    here = asked("", domains=("fennelrye.example",))

    assert trust("anybody@FennelRye.example", Kind.ADDRESS, here) == [Trust.NAMED]
    assert trust("anybody@x.fennelrye.example", Kind.ADDRESS, here) == [Trust.MADE_UP]


def test_who_names_it_wins_over_where_it_was_read_and_the_place_is_told():
    both = (read("Ada Ltd"), asked("Pay Ada Ltd"))

    (origin,) = trace("party", "Ada Ltd", Kind.PARTY, both)
    assert (origin.trust, origin.title) == (Trust.NAMED, "What you asked")
    (origin,) = trace("party", "Ada Ltd", Kind.PARTY, both[:1])
    assert origin.kept() == {
        "what": "name",
        "kind": "party",
        "value": "Ada Ltd",
        "trust": "read",
        "title": "invoice.pdf",
        "ref": "f1",
    }


def test_every_value_of_an_argument_is_looked_at():
    found = trust(["a@x.example", "b@x.example"], Kind.ADDRESS, asked("a@x.example"))

    assert found == [Trust.NAMED, Trust.MADE_UP]
    assert list(values_of({"to": ["x", {"deep": 5}], "none": None, "empty": ""})) == [
        "to",
        "x",
        "deep",
        "5",
        "none",
        "empty",
    ]


@pytest.mark.parametrize("link", ["ftp://a.example/", "https://", "http://[", "", "javascript:alert(1)"])
def test_what_is_no_web_address_is_none(link):
    assert canonical_link(link) == ""


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.decimals(0, 10**7, places=2), st.sampled_from(["€{:,.2f}", "EUR {:.2f}", "{:.2f}", "{:,.2f} euro"]))
def test_an_amount_is_found_however_it_is_written(amount, written):
    text = f"Please return {written.format(amount)} to them."

    assert amount in amounts_in(text) and amount in numbers_in(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_search(text):
    source = asked(text)
    for kind in Kind:
        trace("x", text, kind, [source, read(text)])
