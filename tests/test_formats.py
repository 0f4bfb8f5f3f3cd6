from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask, g

from app import formats

LUNCH = datetime(2026, 11, 22, 13, 2, 5, tzinfo=UTC)


@pytest.fixture
def in_amsterdam() -> Iterator[None]:
    with Flask("formats").app_context():
        g.workspace = SimpleNamespace(timezone="Europe/Amsterdam")
        yield


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (184000, "EUR", "€1,840.00"),
        (5, "EUR", "€0.05"),
        (-25000, "USD", "−$250.00"),
        (1840, "JPY", "¥1,840"),
        (1234, "KWD", "KWD 1.234"),
        (99, "CHF", "CHF 0.99"),
    ],
)
def test_amounts_read_with_their_sign_and_their_own_decimals(minor: int, currency: str, words: str) -> None:
    assert formats.money(minor, currency) == words


def test_an_amount_that_is_missing_says_so() -> None:
    assert formats.money(None) == "Not set"


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (38_200, "38.2 s"),
        (0, "0.0 s"),
        (59_960, "1 min"),
        (252_000, "4 min 12 s"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_durations_read_in_at_most_two_units(ms: int, words: str) -> None:
    assert formats.duration(ms) == words


@pytest.mark.parametrize(
    ("micro", "words"), [(21_000, "$0.021"), (4_100_000, "$4.10"), (0, "$0.00"), (900, "under $0.001")]
)
def test_what_a_model_cost_reads_in_dollars(micro: int, words: str) -> None:
    assert formats.dollars(micro) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 byte"), (900, "900 bytes"), (24_600, "25 kB"), (1_240_000, "1.2 MB"), (3 * 10**9, "3.0 GB")],
)
def test_sizes_read_in_decimal_units(count: int, words: str) -> None:
    assert formats.filesize(count) == words


def test_numbers_have_thousands_and_a_true_minus() -> None:
    assert (formats.number(18204), formats.number(-1200)) == ("18,204", "−1,200")


def test_moments_read_in_the_zone_of_the_workspace(in_amsterdam: None) -> None:
    assert formats.local(LUNCH) == "22 Nov 2026, 14:02"
    assert formats.local(LUNCH, "date") == "22 Nov 2026"
    assert formats.local(LUNCH, "time") == "14:02"


def test_moments_read_in_utc_without_a_workspace() -> None:
    assert formats.local(LUNCH) == "22 Nov 2026, 13:02"


def test_a_zone_nobody_knows_reads_as_utc() -> None:
    with Flask("formats").app_context():
        g.workspace = SimpleNamespace(timezone="Mars/Olympus")

        assert formats.local(LUNCH, "time") == "13:02"


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=21), "21 s ago"),
        (timedelta(minutes=4, seconds=50), "4 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=2), "20 Nov 2026"),
        (timedelta(minutes=-56), "in 56 min"),
        (timedelta(seconds=-3), "in 3 s"),
    ],
)
def test_recent_moments_read_relative_and_older_ones_as_dates(earlier: timedelta, words: str) -> None:
    assert formats.ago(LUNCH - earlier, at=LUNCH) == words


def test_a_calendar_day_reads_without_a_zone() -> None:
    assert formats.day(date(2026, 6, 13)) == "13 June 2026"


def test_machines_read_utc_to_the_second() -> None:
    assert formats.iso(LUNCH) == "2026-11-22T13:02:05Z"


@pytest.mark.parametrize(("name", "letters"), [("Fennel & Rye", "FR"), ("Joan Pereira Lopes", "JP"), ("", "?")])
def test_initials_come_from_words_that_start_with_a_letter(name: str, letters: str) -> None:
    assert formats.initials(name) == letters
