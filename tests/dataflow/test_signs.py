"""Signs that a reader does not see, or takes for others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dataflow.signs import is_unseen, misleading, spelled


@pytest.mark.parametrize(
    "text",
    [
        "Hartwell Ltd",
        "Łuczak & Søn",
        "Olivar del Sur",
        "Ромашка",
        "Ελλάδα ΑΕ",
        "株式会社ABC",
        "บริษัท น้ำตาล",
        "O’Brien",
        "#7",
    ],
)
def test_names_of_one_script_are_what_they_are(text):
    assert misleading(text) == ""


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("H\u0430rtwell Ltd", "\u0430"),
        ("\u0430\u0440\u0435 Ltd and Partners", "\u0430"),
        ("Hartwe\u03bfl", "\u03bf"),
        ("Hart\u200bwell", "\u200b"),
        ("Hart\u202ewell", "\u202e"),
        ("Hartwell\u3164", "\u3164"),
        ("Hartwell\ufe0f", "\ufe0f"),
        ("\uff28artwell", "\uff28"),
        ("\U0001d5db\U0001d5ee", "\U0001d5db"),
        ("Hartwe\u0251ll", "\u0251"),
        ("\u017fupport", "\u017f"),
        ("\ufb01rm", "\ufb01"),
        ("Hartwell \u0661", "\u0661"),
    ],
)
def test_a_sign_that_misleads_is_found(text, sign):
    assert misleading(text) == sign


def test_a_sign_is_spelled_out_for_who_cannot_see_it():
    assert spelled("\u0430") == "“\u0430” (Cyrillic small letter a, U+0430)"
    assert spelled("\u200b") == "an invisible sign (Zero width space, U+200B)"
    assert spelled("\x07") == "an invisible sign (A sign without a name, U+0007)"


@given(st.text())
def test_whatever_is_let_through_can_be_seen(text):
    assert misleading(text) or not any(is_unseen(sign) for sign in text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_what_every_keyboard_has_misleads_nobody(text):
    assert misleading(text) == ""
