"""Business hours against a minute-by-minute reading of the clock, and the deadlines counted in them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.workspaces.deadlines import DeadlineSteps, Step
from app.workspaces.hours import BusinessHours, Holiday, NeverOpen, Span, meeting_day

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHANGES = {
    "Europe/Amsterdam": (date(2027, 3, 28), date(2027, 10, 31)),
    "America/New_York": (date(2027, 3, 14), date(2027, 11, 7)),
    "Australia/Lord_Howe": (date(2027, 4, 4), date(2027, 10, 3)),
    "America/Havana": (date(2027, 3, 14), date(2027, 11, 7)),
    "America/Santiago": (date(2027, 4, 4), date(2027, 9, 5)),
    "America/St_Johns": (date(2010, 3, 14), date(2010, 11, 7)),
    "Asia/Kathmandu": (),
    "UTC": (),
}
"""By zone, days on which the clock changes: by half an hour on Lord Howe, at midnight in Havana and Santiago; in
St John's it went back at one minute past, into the day before."""


def week(*spans, days=(0, 1, 2, 3, 4, 5, 6)):
    return tuple(tuple(Span.read(span) for span in spans) if day in days else () for day in range(7))


OFFICE = week("09:00-12:30", "13:30-17:00", days=(0, 1, 2, 3, 4))


def at(zone, *when):
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)


times = st.integers(0, 95).map(lambda quarter: quarter * 15)
spans = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Span(pair[0], pair[1] or 1440))


@st.composite
def some_hours(draw):
    """Hours near a change of the clock, or near a leap day. Of spans that meet, the first drawn stands."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = draw(st.sampled_from((*CHANGES[zone], date(2028, 2, 29))))
    chosen = ((draw(spans),), *[()] * 6)
    for day, span in draw(st.lists(st.tuples(st.integers(0, 6), spans), max_size=12)):
        wider = tuple((*row, span) if n == day else row for n, row in enumerate(chosen))
        chosen = wider if len(wider[day]) <= 2 and meeting_day(wider) is None else chosen
    closed = draw(st.sets(st.integers(-2, 2), max_size=2))
    holidays = tuple(Holiday(near + n * DAY, "Closed") for n in sorted(closed))
    return BusinessHours(zone, chosen, holidays), datetime(near.year, near.month, near.day, tzinfo=UTC)


moments = st.integers(-2 * 1440, 2 * 1440).map(lambda minutes: minutes * MINUTE)


def read_off_the_clock(hours, start, minutes):
    """For each minute from `start` on, whether it is open: found by reading the clock forward, nothing else."""
    zone, first = ZoneInfo(hours.timezone), start - 3 * DAY
    walls = [(first + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(3 * 1440 + minutes)]
    is_open = [False] * len(walls)
    for day in sorted({wall.date() for wall in walls}):
        if day in {holiday.on for holiday in hours.holidays}:
            continue
        midnight = datetime(day.year, day.month, day.day)
        for span in hours.week[day.weekday()]:
            begin, end = (
                next((n for n, wall in enumerate(walls) if wall >= midnight + edge * MINUTE), len(walls))
                for edge in (span.begin, span.last)
            )
            is_open[begin:end] = [True] * (end - begin)
    return is_open[3 * 1440 :]


@settings(max_examples=25)
@given(some_hours())
def test_every_minute_is_open_or_closed_as_the_clock_reads(made):
    hours, near = made
    start = near - DAY

    expected = read_off_the_clock(hours, start, 2 * 1440)

    assert [hours.is_open(start + n * MINUTE) for n in range(0, 2 * 1440, 7)] == expected[::7]
    assert hours.open_between(start, start + 2 * DAY) == sum(expected) * MINUTE


@settings(max_examples=25)
@given(some_hours(), st.integers(1, 900))
def test_adding_lands_where_counting_open_minutes_does(made, minutes):
    hours, near = made
    start = near - DAY
    expected = read_off_the_clock(hours, start, 3 * 1440)
    assume(sum(expected) >= minutes)

    counted = [n for n, is_open in enumerate(expected) if is_open][minutes - 1]

    assert hours.add(start, minutes * MINUTE) == start + (counted + 1) * MINUTE


@given(some_hours(), moments, st.integers(0, 20_000))
def test_adding_and_measuring_undo_each_other(made, offset, minutes):
    hours, near = made
    start = near + offset

    end = hours.add(start, minutes * MINUTE)

    assert hours.open_between(start, end) == minutes * MINUTE
    assert hours.add(start, hours.open_between(start, end)) == end


@given(some_hours(), moments, moments, st.integers(0, 5_000), st.integers(0, 5_000))
def test_later_or_longer_never_ends_earlier(made, first, second, short, long):
    hours, near = made
    (first, second), (short, long) = sorted((first, second)), sorted((short, long))

    assert hours.add(near + first, short * MINUTE) <= hours.add(near + first, long * MINUTE)
    if short:
        assert hours.add(near + first, short * MINUTE) <= hours.add(near + second, short * MINUTE)
    assert hours.open_between(near + first, near + second) <= second - first


@given(some_hours(), moments)
def test_the_next_opening_is_the_first_moment_that_is_open(made, offset):
    hours, near = made
    moment = near + offset

    opening = hours.next_opening(moment)

    assert hours.is_open(opening) and opening >= moment
    assert hours.open_between(moment, opening) == timedelta(0)
    assert hours.is_open(moment) == (opening == moment)


@given(some_hours())
def test_what_is_kept_reads_back_the_same(made):
    hours, _ = made

    assert BusinessHours.read(hours.kept(), hours.timezone) == hours


def test_an_office_counts_from_monday_after_the_weekend():
    hours = BusinessHours("Europe/Amsterdam", OFFICE)

    assert hours.add(at("Europe/Amsterdam", 2026, 11, 20, 16), 4 * HOUR) == at("Europe/Amsterdam", 2026, 11, 23, 12)
    assert hours.next_opening(at("Europe/Amsterdam", 2026, 11, 23, 12, 30)) == at(
        "Europe/Amsterdam", 2026, 11, 23, 13, 30
    )
    assert not hours.is_open(at("Europe/Amsterdam", 2026, 11, 20, 17))


def test_a_day_is_filled_to_its_end_before_the_next_one_begins():
    hours = BusinessHours("Europe/Amsterdam", OFFICE)

    assert hours.add(at("Europe/Amsterdam", 2026, 11, 23, 9), 7 * HOUR) == at("Europe/Amsterdam", 2026, 11, 23, 17)


def test_a_holiday_closes_the_day():
    christmas = Holiday(date(2026, 12, 25), "Christmas Day")
    hours = BusinessHours("Europe/Amsterdam", OFFICE, (christmas,))

    assert hours.next_opening(at("Europe/Amsterdam", 2026, 12, 24, 17)) == at("Europe/Amsterdam", 2026, 12, 28, 9)


@pytest.mark.parametrize(("day", "lasts"), [(date(2027, 3, 27), 7), (date(2027, 3, 26), 8), (date(2027, 10, 30), 9)])
def test_a_night_shift_is_as_long_as_the_night_was(day, lasts):
    hours = BusinessHours("Europe/Amsterdam", week("22:00-06:00"))
    evening = at("Europe/Amsterdam", day.year, day.month, day.day, 22)

    assert hours.open_between(evening, evening + 12 * HOUR) == lasts * HOUR


def test_a_span_that_the_clock_skips_does_not_open_that_day():
    hours = BusinessHours("Europe/Amsterdam", week("02:15-02:45"))
    midnight = at("Europe/Amsterdam", 2027, 3, 28)

    assert hours.open_between(midnight, midnight + 12 * HOUR) == timedelta(0)
    assert hours.next_opening(midnight) == at("Europe/Amsterdam", 2027, 3, 29, 2, 15)


def test_an_opening_in_the_skipped_hour_begins_when_the_clock_jumps():
    hours = BusinessHours("Europe/Amsterdam", week("02:30-10:00"))

    assert hours.next_opening(at("Europe/Amsterdam", 2027, 3, 28, 1)) == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_a_day_that_began_before_the_clock_went_back_stays_open():
    hours = BusinessHours("America/St_Johns", week("00:00-08:00", days=[6]))
    again = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)  # reads 23:15 on Saturday, for the second time

    assert hours.is_open(again) and hours.open_between(again, again + MINUTE) == MINUTE


def test_years_ahead_are_counted_too():
    leap_days = BusinessHours("UTC", week("00:00-24:00", days=[1]))

    assert leap_days.add(at("UTC", 2027, 1, 1), timedelta(days=61)) == at("UTC", 2028, 3, 1)


def test_hours_that_never_open_fail_by_name():
    mondays = [date(2027, 1, 4) + n * 7 * DAY for n in range(60)]
    hours = BusinessHours("UTC", week("09:00-17:00", days=[0]), tuple(Holiday(on, "Closed") for on in mondays))

    with pytest.raises(NeverOpen):
        hours.add(at("UTC", 2027, 1, 1), HOUR)
    with pytest.raises(NeverOpen):
        BusinessHours("UTC", week()).next_opening(at("UTC", 2027, 1, 1))
    assert hours.add(at("UTC", 2027, 8, 1), HOUR) == at("UTC", 2028, 2, 28, 10)


def test_always_open_is_the_clock():
    hours, start = BusinessHours("Europe/Amsterdam"), at("Europe/Amsterdam", 2027, 3, 27, 22)

    assert hours.add(start, 30 * HOUR) == start + 30 * HOUR
    assert hours.open_between(start, start + HOUR) == HOUR and hours.open_between(start, start - HOUR) == 0 * HOUR
    assert hours.is_open(start) and hours.next_opening(start) == start
    assert BusinessHours.read(hours.kept(), "Europe/Amsterdam") == hours


def test_time_is_never_taken_back():
    with pytest.raises(ValueError):
        BusinessHours("UTC", OFFICE).add(at("UTC", 2027, 1, 1), -HOUR)


@pytest.mark.parametrize("text", ["", "9-17", "09:00", "09:60-17:00", "24:00-08:00", "09:00-25:00", "09:00-09:00"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError):
        Span.read(text)


WRITTEN = [("9:00 - 17:30", "09:00-17:30"), ("22:00–00:00", "22:00-24:00"), ("0:00 to 24:00", "00:00-24:00")]


@pytest.mark.parametrize(("text", "reads"), WRITTEN)
def test_spans_are_read_as_people_write_them(text, reads):
    assert str(Span.read(text)) == reads


@pytest.mark.parametrize(
    "spans", [("09:00-13:00", "12:00-17:00"), ("22:00-09:30", "09:00-17:00"), ("12:00-11:00", "10:00-10:30")]
)
def test_spans_do_not_run_into_each_other(spans):
    with pytest.raises(ValueError):
        BusinessHours("UTC", week(*spans))


def test_sunday_night_does_not_run_into_monday():
    closed = ((Span.read("05:00-08:00"),), (), (), (), (), (), (Span.read("22:00-06:00"),))

    assert meeting_day(closed) == 6


def test_the_usual_steps_follow_from_the_expiry():
    assert DeadlineSteps.within(24) == DeadlineSteps(4, 8, 16, 24)
    assert DeadlineSteps.read({}, 24).due_hours()[-1] == (Step.EXPIRE, 24)


@given(st.integers(1, 168))
def test_every_expiry_has_usual_steps(expire):
    steps = DeadlineSteps.within(expire)

    assert DeadlineSteps.read(steps.kept(), expire) == steps


MIXED_UP = [(8, 4, 16, 24), (4, 4, 16, 24), (4, 8, 24, 24), (0, 8, 16, 24), (None, None, 30, 24)]


@pytest.mark.parametrize("hours", MIXED_UP)
def test_steps_come_one_after_the_other(hours):
    with pytest.raises(ValueError):
        DeadlineSteps(*hours)


def test_steps_are_due_in_open_time_or_by_the_clock():
    hours, friday = BusinessHours("Europe/Amsterdam", OFFICE), at("Europe/Amsterdam", 2026, 11, 20, 16)
    steps = DeadlineSteps(None, 4, None, 8, in_business_hours=True)

    assert steps.due(friday, hours) == [
        (Step.DELEGATE, at("Europe/Amsterdam", 2026, 11, 23, 12)),
        (Step.EXPIRE, at("Europe/Amsterdam", 2026, 11, 23, 17)),
    ]
    assert DeadlineSteps(None, 4, None, 8).due(friday, hours) == [
        (Step.DELEGATE, friday + 4 * HOUR),
        (Step.EXPIRE, friday + 8 * HOUR),
    ]


def test_a_card_expires_by_the_clock_when_nothing_opens_again():
    start = at("UTC", 2027, 1, 1)
    steps = DeadlineSteps(4, 8, 16, 24, in_business_hours=True)

    assert steps.due(start, BusinessHours("UTC", week()))[-1] == (Step.EXPIRE, start + 24 * HOUR)
