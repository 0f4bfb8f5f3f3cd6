"""Who wins, on any set of agreements: checked against the rules as somebody would explain them aloud."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from app.agreements.models import Effect, Kind
from app.agreements.terms import DATA_POLICIES, Change, Signed, Terms, in_force
from app.legal.texts import Clause, Policy, Section

TODAY = date(2026, 6, 20)
CLAUSES = (("terms", "liability-cap"), ("terms", "fees-where"), ("privacy", "transfers"), ("terms", "no-longer-there"))
KINDS = list(Kind)


def signed(n: int, kind: Kind = Kind.ORDER_FORM, *, on: int = 0, starts: int = 0, ends: int | None = None, amends=None):
    """Agreement number `n`, its dates in days from the first of the year."""
    year = date(2026, 1, 1)
    return Signed(
        id=n,
        kind=kind,
        signed_on=year + timedelta(days=on),
        starts_on=year + timedelta(days=starts),
        last_day=None if ends is None else year + timedelta(days=ends),
        amends_id=amends,
        reference=f"A-{n}",
    )


def says(agreement: Signed, clause: str = "liability-cap", effect: Effect = Effect.REPLACES, policy="terms", **figures):
    return Change(agreement, policy, clause, effect, f"As in {agreement.reference}", figures)


def a_policy(slug: str) -> Policy:
    clauses = tuple(
        Clause(anchor, f"1.{n}", Markup(f"<p>{anchor}</p>"), f"{anchor} of three months")
        for n, (policy, anchor) in enumerate(CLAUSES, 1)
        if policy == slug and anchor != "no-longer-there"
    )
    return Policy(
        slug=slug,
        title=slug.capitalize(),
        version="1.0",
        published_on=date(2026, 1, 1),
        effective_on=date(2026, 1, 1),
        is_material=True,
        acceptance="none",
        summary="First",
        notes=(),
        sections=(Section("one", "1", "One", clauses),),
        text="",
        sha256="0" * 64,
        change_type="major",
        notice_days=0,
        moved={},
    )


def terms(agreements, changes, day: date = TODAY) -> Terms:
    counting = in_force(agreements, day)
    return Terms(
        day=day,
        agreements=tuple(counting),
        others=(),
        changes=tuple(change for change in changes if change.agreement in counting),
        versions=lambda slug: [a_policy(slug)] if slug in ("terms", "privacy") else [],
        slugs=lambda: ["terms", "privacy"],
        on=lambda other: terms(agreements, changes, other),
    )


def who_decides(agreements, changes, policy="terms", clause="liability-cap", day=TODAY) -> int | None:
    decides, _, _ = terms(agreements, changes, day).settle(policy, clause)
    return decides.agreement.id if decides else None


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (signed(1, Kind.ORDER_FORM), signed(2, Kind.MSA, on=9)),
        (signed(1, Kind.ORDER_FORM, on=5), signed(2, Kind.ORDER_FORM, on=4)),
        (signed(1, Kind.ORDER_FORM, starts=5), signed(2, Kind.ORDER_FORM, starts=4)),
        (signed(2, Kind.ORDER_FORM), signed(1, Kind.ORDER_FORM)),
        (signed(1, Kind.MSA), signed(2, Kind.DPA, on=9)),
    ],
    ids=["order form over master", "later signed", "later start", "later entered", "no addendum outside data"],
)
def test_of_two_on_one_clause_the_higher_decides(winner, loser):
    assert who_decides([winner, loser], [says(loser), says(winner)]) == winner.id


def test_an_addendum_decides_about_data_above_an_order_form():
    order, addendum = signed(1, Kind.ORDER_FORM, on=9), signed(2, Kind.DPA)
    changes = [says(order, "transfers", policy="privacy"), says(addendum, "transfers", policy="privacy")]

    assert who_decides([order, addendum], changes, "privacy", "transfers") == addendum.id


def test_an_amendment_decides_above_what_it_amends_and_falls_with_it():
    order, amendment = signed(1, ends=100), signed(2, Kind.AMENDMENT, amends=1)
    changes = [says(order), says(amendment)]

    assert who_decides([order, amendment], changes, day=date(2026, 2, 1)) == amendment.id
    assert who_decides([order, amendment], changes, day=date(2026, 8, 1)) is None


def test_an_amendment_of_an_amendment_falls_with_the_first():
    chain = [signed(1), signed(2, Kind.AMENDMENT, amends=1, ends=30), signed(3, Kind.AMENDMENT, amends=2)]

    assert [a.id for a in in_force(chain, date(2026, 1, 15))] == [3, 2, 1]
    assert [a.id for a in in_force(chain, date(2026, 3, 1))] == [1]


def test_signed_on_one_day_an_amendment_still_stands_above_what_it_amends():
    first, second = signed(5, Kind.AMENDMENT, amends=1), signed(4, Kind.AMENDMENT, amends=5)

    assert who_decides([signed(1), first, second], [says(first), says(second)]) == second.id


def test_amendments_that_amend_each_other_count_for_nothing():
    assert in_force([signed(1, Kind.AMENDMENT, amends=2), signed(2, Kind.AMENDMENT, amends=1)], TODAY) == []


@pytest.mark.parametrize(("day", "counts"), [(9, False), (10, True), (20, True), (21, False)])
def test_first_and_last_day_count(day, counts):
    agreement = signed(1, starts=10, ends=20)

    assert bool(in_force([agreement], date(2026, 1, 1) + timedelta(days=day))) is counts


def test_additions_above_a_replacement_stay_and_those_below_fall():
    low, middle, high = signed(1, Kind.MSA), signed(2), signed(3, on=1)
    changes = [
        says(low, effect=Effect.SUPPLEMENTS),
        says(middle),
        says(high, effect=Effect.SUPPLEMENTS),
    ]

    decides, adds, displaced = terms([low, middle, high], changes).settle("terms", "liability-cap")

    assert (decides.agreement, [c.agreement for c in adds], [c.agreement for c in displaced]) == (middle, [high], [low])


def test_without_a_replacement_additions_add_up():
    both = [signed(1, Kind.MSA), signed(2)]

    found = terms(both, [says(one, effect=Effect.SUPPLEMENTS) for one in both]).settle("terms", "liability-cap")

    assert (found[0], [c.agreement.id for c in found[1]]) == (None, [2, 1])


def test_only_the_clause_in_conflict_is_touched():
    agreement = signed(1)
    policy = terms([agreement], [says(agreement)]).policy("terms")

    assert [clause.anchor for clause in policy.changed] == ["liability-cap"]


def test_a_clause_that_is_not_there_any_more_is_still_overridden_and_listed():
    agreement = signed(1)
    policy = terms([agreement], [says(agreement, "no-longer-there")]).policy("terms")

    assert [(c.anchor, c.standard, c.decides.agreement) for c in policy.gone] == [("no-longer-there", None, agreement)]


def test_a_policy_without_a_version_that_day_is_listed_when_an_agreement_names_it():
    agreement = signed(1)
    found = terms([agreement], [says(agreement, "credits", policy="support-status")])

    assert [p.title for p in found.policies] == ["Privacy", "Support status", "Terms"]


def test_a_figure_comes_with_its_source_and_what_it_displaced():
    low, high = signed(1, Kind.MSA), signed(2)
    changes = [says(low, liability_cap_months=6), says(high, "fees-where", liability_cap_months=12)]

    figure = terms([low, high], changes).parameter("liability_cap_months")

    assert (figure.value, figure.source) == (12, "Order form A-2, signed 1 Jan 2026")
    assert [change.agreement for change in figure.displaced] == [low]
    assert figure.sentence == "Liability is capped at the fees of 12 months."


def test_a_figure_falls_with_the_words_that_carried_it():
    low, high = signed(1, Kind.MSA), signed(2)
    changes = [says(low, liability_cap_months=6), says(high)]

    figure = terms([low, high], changes).parameter("liability_cap_months")

    assert (figure.value, figure.agreement, figure.source) == (3, None, "Terms 1.0, clause 1.1")


def test_without_agreements_the_standard_holds():
    figures = {figure.parameter.name: figure.value for figure in terms([], []).figures}

    assert figures == {
        "liability_cap_months": 3,
        "overage_rate": None,
    }  # the policies of the others are not in force here
    assert terms([], []).parameter("notice_days").number == 30


days = st.integers(0, 40)


@st.composite
def registers(draw):
    """Some agreements, what they say, and a day."""
    count = draw(st.integers(0, 6))
    agreements = [
        signed(
            n,
            draw(st.sampled_from(KINDS)),
            on=draw(days),
            starts=draw(days),
            ends=draw(st.none() | days),
            amends=draw(st.none() | st.integers(1, 6)),
        )
        for n in range(1, count + 1)
    ]
    changes = [
        says(agreement, clause, draw(st.sampled_from(list(Effect))), policy, **draw(figures))
        for agreement in agreements
        for policy, clause in draw(st.sets(st.sampled_from(CLAUSES)))
    ]
    return agreements, changes, date(2026, 1, 1) + timedelta(days=draw(days))


figures = st.fixed_dictionaries({}, optional={"liability_cap_months": st.integers(1, 60)})


def beats(one: Signed, other: Signed, policy: str, known: dict[int, Signed]) -> bool:
    """The rule as it is written down, step by step."""
    order = [Kind.AMENDMENT, Kind.DPA, Kind.ORDER_FORM, Kind.MSA]
    if policy not in DATA_POLICIES:
        order = [Kind.AMENDMENT, Kind.ORDER_FORM, Kind.MSA, Kind.DPA]
    if one.kind != other.kind:
        return order.index(one.kind) < order.index(other.kind)
    if one.signed_on != other.signed_on:
        return one.signed_on > other.signed_on
    if one.starts_on != other.starts_on:
        return one.starts_on > other.starts_on
    steps = [len(chain(a, known)) for a in (one, other)]
    return steps[0] > steps[1] if steps[0] != steps[1] else one.id > other.id


def chain(agreement: Signed, known: dict[int, Signed]) -> list[Signed]:
    """The agreement and what it amends, in turn."""
    found = [agreement]
    while (below := known.get(found[-1].amends_id or 0)) is not None and len(found) < 20:
        found.append(below)
    return found


@given(registers())
@settings(max_examples=120)
def test_what_counts_is_within_its_dates_and_stands_on_what_counts(register):
    agreements, _, day = register
    found = in_force(agreements, day)

    by_id = {a.id: a for a in agreements}
    for agreement in agreements:
        row = chain(agreement, by_id) if agreement.kind == Kind.AMENDMENT else [agreement]
        rooted = row[-1].kind != Kind.AMENDMENT or len(row) > 1
        until_root = row[: next((n for n, a in enumerate(row) if a.kind != Kind.AMENDMENT), len(row)) + 1]
        ends_well = until_root[-1].kind != Kind.AMENDMENT
        assert (agreement in found) == (rooted and ends_well and all(a.spans(day) for a in until_root))


@given(registers(), st.randoms())
@settings(max_examples=120)
def test_each_clause_is_settled_as_the_rules_say(register, random):
    agreements, changes, day = register
    found = terms(agreements, changes, day)
    counting = {a.id: a for a in found.agreements}
    for policy, clause in CLAUSES:
        decides, adds, displaced = found.settle(policy, clause)
        here = [c for c in changes if (c.policy, c.clause) == (policy, clause) and c.agreement.id in counting]
        parts = [*([decides] if decides else []), *adds, *displaced]
        assert sorted(c.agreement.id for c in parts) == sorted(c.agreement.id for c in here)
        exclusive = [c for c in here if c.effect != Effect.SUPPLEMENTS]
        assert (decides is None) == (not exclusive)
        for other in here:
            if decides is None or other is decides:
                continue
            above = beats(other.agreement, decides.agreement, policy, counting)
            assert (other in adds) == above
            assert not (above and other.effect != Effect.SUPPLEMENTS)
        random.shuffle(agreements)
        random.shuffle(changes)
        assert terms(agreements, changes, day).settle(policy, clause) == (decides, adds, displaced)


@given(registers())
@settings(max_examples=120)
def test_words_and_figures_never_disagree(register):
    agreements, changes, day = register
    found = terms(agreements, changes, day)
    figure = found.parameter("liability_cap_months")
    standing = [c for slug, anchor in CLAUSES for c in _stands(found, slug, anchor)]

    assert figure.change is None or figure.change in standing
    assert (figure.change is None) == (not any("liability_cap_months" in c.figures for c in standing))
    assert figure.value == (figure.change.figures["liability_cap_months"] if figure.change else 3)


@given(registers())
@settings(max_examples=80)
def test_an_agreement_that_does_not_count_changes_nothing(register):
    agreements, changes, day = register
    counting = in_force(agreements, day)
    before, after = terms(agreements, changes, day), terms(counting, changes, day)

    for policy, clause in CLAUSES:
        assert before.settle(policy, clause) == after.settle(policy, clause)


def _stands(found: Terms, slug: str, anchor: str) -> list[Change]:
    decides, adds, _ = found.settle(slug, anchor)
    return [*adds, *([decides] if decides else [])]
