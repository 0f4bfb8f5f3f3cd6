"""The pricing page: the same rows as everything else, the whole bill, and nothing that is not so."""

from datetime import date

import pytest
import time_machine

from app.billing.models import Meter, Period
from app.billing.queries import get_plan, plans_on_sale
from app.billing.services import import_plans
from app.db import db
from app.formats import money, number
from tests.factories import a_member


@pytest.fixture(autouse=True)
def plans(app):
    import_plans()
    db.session.commit()


def head(page, name):
    return next(node for node in page.find("thead").all("th") if node.text.startswith(name)).text


def cells(page, name):
    row = next(row for row in page.all("tr") if row.all("th") and row.all("th")[0].text.startswith(name))
    return {cell["data-plan"]: cell.text for cell in row.all("td")}


def test_plans_are_columns_with_their_monthly_price(client):
    page = client.get("/pricing")

    assert page.h1 == "Pricing"
    assert "€99 a month" in head(page, "Team") and "€390 a month" in head(page, "Business")
    assert "€0" in head(page, "Sandbox") and "By order form" in head(page, "Enterprise")
    assert not page.all("script")


def test_the_yearly_switch_is_a_link(client):
    client.get("/pricing")

    page = client.click("Yearly 2 months free")

    assert page.path == "/pricing?period=year"
    assert "€990 a year, that is €82.50 a month" in head(page, "Team")
    assert cells(page, "Another seat")["Team"] == "€120.00 a year"
    assert page.find("link", rel="canonical")["href"] == "http://localhost/pricing?period=year"
    assert [a.text for a in page.all("a", **{"aria-current": "true"}) if "month" in a.text] == ["Yearly 2 months free"]


@pytest.mark.parametrize("period", ["week", "", "YEAR", "year%00x", "%F0%9F%92%B6"])
def test_a_period_that_nothing_is_sold_by_is_not_there(client, period):
    assert client.get(f"/pricing?period={period}").status == 404


def test_every_limit_is_the_one_in_the_rows(client):
    page = client.get("/pricing")

    for plan in plans_on_sale(date.today()):
        if plan.by_agreement:
            continue
        assert cells(page, "Runs")[plan.name] == number(plan.meter(Meter.RUNS).included)
        assert cells(page, "Agents")[plan.name] == number(plan.meter(Meter.AGENTS).included)
        assert cells(page, "Seats")[plan.name] == number(plan.seats_included)
        assert money(plan.price(Period.MONTH).amount).removesuffix(".00") in head(page, plan.name)
    assert cells(page, "Runs")["Enterprise"] == "As agreed"


def test_a_new_price_shows_from_its_day_and_is_announced_before(client):
    plan = get_plan("team", "1.0")
    plan.available = False
    plan.effective_from, plan.published_on = date(2026, 12, 1), date(2026, 10, 1)
    db.session.commit()

    with time_machine.travel("2026-11-30T23:00:00Z", tick=False):
        before = client.get("/pricing")
    with time_machine.travel("2026-12-01T00:00:00Z", tick=False):
        after = client.get("/pricing")

    assert "From 1 December 2026: Team 1.0, no longer sold." in before and "From 1 December" not in after


def test_it_says_how_to_buy_today_and_what_does_not_exist_yet(client):
    page = client.get("/pricing")

    assert page.link("Write to us about Team") == "/contact?topic=sales"
    assert page.link("Start free") == "/register"
    assert "A checkout in the console does not exist yet." in page
    assert "The console does not stop at these limits yet." in page


def test_it_says_what_ends_a_plan_and_what_is_paid_back(client):
    page = client.get("/pricing")

    assert cells(page, "Cancel")["Team"] == "Any time; it lasts to the end of the paid month"
    assert cells(page, "All of it back")["Team"] == "If you ask within 14 days"
    assert cells(page, "Your workspace afterwards") == {"Every plan": "Read and export it for 30 days"}
    assert page.link("refund and cancellation policy") == "/legal/refunds-cancellation"


def test_it_names_the_version_and_the_day_of_its_data(client):
    page = client.get("/pricing")

    assert "Team 1.0 of 13 June 2026" in page
    assert cells(page, "Version of the plan") == {"Every plan": "1.0, since 13 June 2026"}


def test_people_who_review_are_never_charged(client):
    page = client.get("/pricing")

    assert "Taken by: owner, admin, builder" in page
    assert "Members who review, audit or look after the bills." in page
    assert cells(page, "Members in other roles") == {"Every plan": "Free, any number"}


def test_who_is_signed_in_is_led_to_their_workspaces(browser_of):
    page = browser_of(a_member().user).get("/pricing")

    assert page.find("thead").all("a")[0]["href"] == "/w/"


def test_with_nothing_on_sale_the_page_says_so(client):
    with time_machine.travel("2026-06-12T12:00:00Z", tick=False):
        page = client.get("/pricing")

    assert page.status == 200 and "Nothing to buy today." in page


def test_reading_it_sets_no_cookie_and_it_takes_nothing(client):
    assert "Set-Cookie" not in client.get("/pricing").headers
    assert client.post("/pricing", {"csrf_token": client.token()}).status == 405
