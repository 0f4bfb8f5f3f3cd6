"""Plans: published once from their files, never changed, and sold by their dates."""

from datetime import date

import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.billing.marked import BrokenPlan
from app.billing.models import Meter, Period, Plan
from app.billing.queries import announced, get_plan, plans_on_sale
from app.billing.services import check_plans, import_plans
from app.db import db
from app.errors import Misconfigured, NotFound
from tasks import prepare

JUNE, SEPTEMBER = date(2026, 6, 13), date(2026, 9, 1)


def imported(shelf):
    count = import_plans(shelf)
    db.session.commit()
    return count


def sold(on):
    return [f"{plan.code} {plan.version}" for plan in plans_on_sale(on)]


def test_the_plans_we_sell_can_be_imported_and_are_imported_once(app):
    assert import_plans() == 4
    assert import_plans() == 0

    assert sold(JUNE) == ["sandbox 1.0", "team 1.0", "business 1.0", "enterprise 1.0"]


def test_a_plan_says_what_its_file_says(app):
    import_plans()

    team = get_plan("team", "1.0")

    assert (team.price(Period.MONTH).amount, team.price(Period.YEAR).amount, team.currency) == (9900, 99000, "EUR")
    assert (team.seats_included, team.price(Period.MONTH).seat_amount) == (5, 1200)
    runs = team.meter(Meter.RUNS)
    assert (runs.included, runs.over_amount, runs.over_units) == (2000, 500, 100)
    assert team.meter(Meter.AGENTS).over_amount is None


def test_every_plan_stops_and_asks_and_keeps_to_the_refund_policy(app):
    import_plans()

    for plan in plans_on_sale(JUNE):
        assert plan.hard_cap and plan.refunds_unused_months
        assert (plan.cancel_notice_days, plan.refund_window_days, plan.kept_days) == (0, 14, 30)
        assert (
            plan.refund_clause.partition("#")[0] == plan.cancellation_clause.partition("#")[0] == "refunds-cancellation"
        )


def test_a_larger_plan_includes_more_and_never_costs_more_for_more(app):
    import_plans()
    sandbox, team, business, _ = plans_on_sale(JUNE)

    for small, large in ((sandbox, team), (team, business)):
        assert small.seats_included < large.seats_included
        assert all(small.meter(meter).included < large.meter(meter).included for meter in Meter)
    assert business.meter(Meter.RUNS).over_amount <= team.meter(Meter.RUNS).over_amount
    assert sandbox.is_free and not team.is_free


def test_a_plan_by_agreement_has_no_price_and_no_limits_of_its_own(app):
    import_plans()

    plan = get_plan("enterprise", "1.0")

    assert plan.price(Period.MONTH) is None and plan.seats_included is None
    assert {meter.included for meter in plan.meters} == {None} and not plan.is_free


def test_publishing_stands_in_our_own_log(app, shelf, write):
    write("team")
    imported(shelf)

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "system:plan:published")).one()

    assert (entry.subject, entry.after["effective_from"]) == ("plan:team/1.0", "2026-06-13")


def test_the_version_of_the_day_is_sold(app, shelf, write):
    write("team")
    write("team", "1.1", published_on="2026-08-01", effective_from="2026-09-01")
    imported(shelf)

    assert sold(date(2026, 6, 12)) == []
    assert sold(JUNE) == sold(date(2026, 8, 31)) == ["team 1.0"]
    assert sold(SEPTEMBER) == ["team 1.1"]
    assert [plan.version for plan in announced(date(2026, 8, 1))] == ["1.1"]
    assert announced(date(2026, 7, 31)) == announced(SEPTEMBER) == []


def test_a_plan_that_is_no_longer_sold_stays_on_record(app, shelf, write):
    write("team")
    write("team", "1.1", published_on="2026-08-01", effective_from="2026-09-01", available="false")
    imported(shelf)

    assert sold(SEPTEMBER) == []
    assert get_plan("team", "1.0").price(Period.MONTH).amount == 9900
    with pytest.raises(NotFound):
        get_plan("team", "9.9")


def test_versions_are_ordered_as_numbers(app, shelf, write):
    write("team", "1.9")
    write("team", "1.10", published_on="2026-08-01", effective_from="2026-09-01")

    assert imported(shelf) == 2


def test_a_changed_file_stops_the_import_with_its_line_and_nothing_is_published(app, shelf, write):
    path = write("team")
    imported(shelf)
    path.write_text(path.read_text().replace("amount: 9900\n", "amount: 9800\n"))
    write("sandbox")

    with pytest.raises(BrokenPlan) as broken:
        import_plans(shelf)

    assert broken.value.sentence.startswith(
        "content/plans/team/1.0.yaml, line 17: it was changed after it was published."
    )
    db.session.rollback()
    assert sold(JUNE) == ["team 1.0"] and get_plan("team", "1.0").price(Period.MONTH).amount == 9900


def test_not_even_a_space_may_change(app, shelf, write):
    path = write("team")
    imported(shelf)
    path.write_text(path.read_text() + "\n")

    with pytest.raises(BrokenPlan, match=r"line \d+: it was changed"):
        import_plans(shelf)


def test_a_removed_file_stops_the_import(app, shelf, write):
    path = write("team")
    imported(shelf)
    path.unlink()

    with pytest.raises(BrokenPlan, match=r"team/1.0.yaml, line 1: it was removed after it was published"):
        check_plans(shelf)


def test_checking_changes_nothing(app, shelf, write):
    write("team")

    assert len(check_plans(shelf)) == 1
    assert db.session.scalar(select(func.count(Plan.id))) == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"effective_from": "2026-06-13"}, "line 9: effective_from must come after that of version 1.0"),
        ({"effective_from": "2026-06-12", "published_on": "2026-06-01"}, "line 9: effective_from must come after"),
        ({"effective_from": "2026-09-01", "published_on": "2026-06-01"}, "line 8: published_on must come after"),
    ],
)
def test_two_versions_never_overlap(app, shelf, write, changes, why):
    write("team")
    write("team", "1.1", **changes)

    with pytest.raises(BrokenPlan) as broken:
        check_plans(shelf)

    assert f"content/plans/team/1.1.yaml, {why}" in broken.value.sentence


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": None}, "name is missing"),
        ({"position": "-1"}, "line 7: position must be a whole number of at least 0"),
        ({"position": "yes"}, "line 7: position must be a whole number"),
        ({"available": "maybe"}, "line 10: available must be true or false"),
        ({"published_on": "13 June"}, "line 8: published_on must be a day, like 2026-06-13"),
        ({"published_on": "2026-02-30"}, "line 8: published_on cannot be read"),
        ({"published_on": "2026-07-01"}, "line 9: it cannot take effect before it is published"),
        ({"currency": "DOGE"}, "currency must be words on one line"),
        ({"currency": "USD"}, "line 12: currency must be one of EUR"),
        ({"hard_cap": "1"}, "hard_cap must be true or false"),
        ({"by_agreement": "true"}, "nothing is known about included"),
        ({"summary": "|\n  two\n  lines"}, "line 6: summary must be words on one line"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_line(app, shelf, write, changes, why):
    write("team", **changes)

    with pytest.raises(BrokenPlan) as broken:
        import_plans(shelf)

    assert broken.value.sentence.startswith("content/plans/team/1.0.yaml, line ") and why in broken.value.sentence


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("    amount: 9900\n", "    amount: 99.00\n", "line 17: amount must be a whole number"),
        ("    amount: 9900\n", "", "amount is missing"),
        ('version: "1.0"', "version: 1.0", "line 4: version must be words on one line"),
        ("code: team", "code: teams", "code and version must be those of its folder"),
        ("    further_seat: 1200\n", "    further_seat: free\n", "line 18: further_seat must be a whole number"),
        ("  year:\n", "  week:\n", "year is missing"),
        ("  agents:\n", "  robots:\n", "agents is missing"),
        ("[owner, admin, builder]", "[owner, boss]", "roles must be some of owner, admin"),
        ("[owner, admin, builder]", "[]", "roles must be some of"),
        ("      units: 100\n", "      units: 0\n", "units must be a whole number of at least 1"),
        ("clause: refunds-cancellation", "clause: Refunds!", "clause must name a policy"),
        ("hard_cap: true", "hard_cap: true\ndiscount: 10", "nothing is known about discount"),
        ("hard_cap: true", "hard_cap: true\nname: Twice", "name is there twice"),
        ("usage:\n", "usage: [\n", "line"),
        ("  notice_days: 0", "  notice_days: 0\n  tax: 1", "nothing is known about tax"),
        ("  - Declined and expired approval cards.\n", "  - 5\n", "never_charged must be a list of words"),
    ],
)
def test_a_wrong_part_is_refused_with_its_line(app, shelf, write, before, after, why):
    path = write("team")
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after, 1))

    with pytest.raises(BrokenPlan) as broken:
        check_plans(shelf)

    assert broken.value.sentence.startswith("content/plans/team/1.0.yaml, line ") and why in broken.value.sentence


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words", "a: !!python/object:os.system x\n", "\t:\n", "a: &x [*x]\n"]
)
def test_what_is_no_plan_is_refused(app, shelf, write, text):
    write("team", text=text)

    with pytest.raises(BrokenPlan, match=r"content/plans/team/1.0.yaml, line \d+: "):
        check_plans(shelf)


def test_what_is_no_text_is_refused(app, shelf, write):
    write("team").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BrokenPlan, match="no text in UTF-8"):
        check_plans(shelf)


def test_a_file_of_another_kind_is_refused(app, shelf, write):
    write("team").rename(shelf / "team" / "1.0.yml")

    with pytest.raises(BrokenPlan, match="code and version must be those of its folder and name"):
        check_plans(shelf)


def test_the_commands_say_what_they_did(app):
    run = app.test_cli_runner().invoke

    assert run(args=["plans", "check"]).output == "4 versions are as published.\n"
    assert run(args=["plans", "import"]).output == "4 new versions of plans published.\n"
    assert run(args=["plans", "import"]).output == "0 new versions of plans published.\n"


def test_the_commands_and_the_start_stop_at_a_changed_file(app):
    import_plans()
    plan = get_plan("team", "1.0")
    plan.source_sha256 = "0" * 64
    db.session.commit()

    for args in (["plans", "check"], ["plans", "import"]):
        done = app.test_cli_runner().invoke(args=args)
        assert done.exit_code == 1 and "content/plans/team/1.0.yaml, line" in done.output
    with pytest.raises(Misconfigured, match="content/plans/team/1.0.yaml, line"):
        prepare.plans()
