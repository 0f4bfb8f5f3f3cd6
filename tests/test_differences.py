"""What an edit changed, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from app.differences import MOST_WORDS, Change, changes, differences

TEXT = st.text(alphabet="ab \n", max_size=60)


def test_the_words_that_changed_stand_among_those_that_stayed():
    assert differences("We refund €40.00 today.", "We refund €30.00 today.") == [
        ("same", "We refund "),
        ("gone", "€40.00"),
        ("new", "€30.00"),
        ("same", " today."),
    ]


def test_only_what_changed_is_named():
    before = {"amount": "40.00", "to": ["ada@x.example"], "note": None}

    assert changes(before, before | {"note": "Sorry"}) == [Change("note", [("new", "Sorry")])]
    assert [change.name for change in changes(before, {"amount": "40.00", "due": "1 May"})] == ["to", "due"]


@given(TEXT, TEXT)
def test_both_texts_can_be_read_from_the_pieces(old, new):
    pieces = differences(old, new)

    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new


def test_what_is_very_long_and_all_new_is_shown_as_replaced():
    old, new = " ".join(["old"] * MOST_WORDS), " ".join(["new"] * MOST_WORDS)

    assert differences(old, new) == [("gone", old), ("new", new)]
