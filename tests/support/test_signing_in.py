"""The staff door: password and second factor together, each code once, nothing told to who guesses."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from app.accounts.models import StaffMember, StaffSession
from app.audit.models import AuditEntry
from app.db import db, now
from app.support.services import WrongCode
from app.support.services import sign_in as open_session
from tests.accounts.test_signing_in import ELSEWHERE
from tests.factories import PASSWORD, a_member, a_workspace
from tests.pages import Browser
from tests.support.conftest import a_staff_member, code, sign_in

REFUSED = "This address, password and code do not belong together."


@pytest.fixture
def kofi(app) -> StaffMember:
    return a_staff_member()


def attempt(browser, **typed):
    fields = {"email": "trust@staff.example", "password": PASSWORD, "code": code()} | typed
    browser.get("/support/login")
    return browser.submit("/support/login", **fields)


def test_address_password_and_code_open_the_console(client, kofi):
    page = attempt(client)

    assert page.path == "/support/"
    assert "Kofi Osei" in page


def test_the_address_may_be_written_in_capitals(client, kofi):
    assert attempt(client, email=" Trust@STAFF.example ").path == "/support/"


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "not-the-password"},
        {"code": "000000"},
        {"code": ""},
        {"code": "١٢٣٤٥٦"},
        {"email": "nobody@staff.example"},
        {"email": "not an address"},
        {"email": "", "password": "", "code": ""},
        {"password": "\x00" * 10},
        {"code": "1" * 10_000},
    ],
    ids=lambda wrong: "+".join(wrong),
)
def test_whatever_is_wrong_the_answer_is_the_same(client, kofi, wrong):
    page = attempt(client, **wrong)

    assert page.status == 422
    assert [node.text for node in page.find(class_="error-summary").all("li")] == [f"{REFUSED} Check all three."]
    assert page.find("input", name="email").get("value") == wrong.get("email", "trust@staff.example").strip(" ")
    assert not page.find("input", name="password").get("value")
    assert not db.session.scalar(select(func.count(StaffSession.id)))


def test_a_code_works_once(app, client, kofi):
    used = code()
    attempt(client, code=used)

    assert attempt(Browser(app), code=used).status == 422


def test_an_older_code_does_not_work_after_a_newer_one(app, client, kofi):
    attempt(client, code=code(1))

    assert attempt(Browser(app), code=code()).status == 422
    assert attempt(Browser(app), code=code(-1)).status == 422


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off_and_no_more(client, kofi, steps, opens):
    assert (attempt(client, code=code(steps)).status == 200) is opens


def test_of_many_who_send_one_code_at_once_one_comes_in(app, kofi):
    used, came_in, start = code(), [], threading.Barrier(6)
    db.session.rollback()

    def enter() -> None:
        with app.test_request_context("/support/login", method="POST"):
            start.wait()
            try:
                open_session("trust@staff.example", PASSWORD, used)
                db.session.commit()
                came_in.append(1)
            except WrongCode:
                db.session.rollback()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(came_in) == 1


def test_a_disabled_staff_member_does_not_come_in_and_is_out_at_once(app, client, kofi):
    attempt(client)
    db.session.execute(update(StaffMember).values(disabled_at=now()))
    db.session.commit()

    assert client.get("/support/", follow=False).location.startswith("/support/login")
    assert attempt(Browser(app), code=code(1)).status == 422


def test_signing_out_ends_the_session_and_not_only_the_cookie(app, client, kofi):
    attempt(client)
    copy = Browser(app)
    copy.client._cookies = dict(client.client._cookies)  # somebody copied the cookie
    assert copy.get("/support/").h1 == "Workspaces"

    client.get("/support/")
    client.post("/support/logout", {"csrf_token": client.token()})

    assert copy.get("/support/", follow=False).status == 303


def test_a_session_ends_after_eight_hours(client, kofi):
    attempt(client)

    with time_machine.travel(now() + timedelta(hours=8, minutes=1), tick=False):
        assert client.get("/support/", follow=False).status == 303


def test_only_the_hash_of_the_session_is_kept(client, kofi):
    attempt(client)

    with client.client.session_transaction() as cookie:
        token = cookie["staff_sid"]
    assert db.session.scalars(select(StaffSession.token_hash)).one() != token


def test_a_member_is_no_staff_and_staff_is_no_member(app, client, kofi, browser_of):
    member = a_member()
    workspace = f"/w/{member.workspace.slug}/approvals"

    assert attempt(client, email=member.user.email).status == 422
    assert browser_of(member.user).get("/support/", follow=False).location.startswith("/support/login")
    staff = Browser(app)
    sign_in(staff, kofi)
    assert staff.get(workspace, follow=False).status == 303


def test_guessing_is_slowed_down_by_address(client, kofi):
    answers = [attempt(client, password=f"guess-{n}").status for n in range(11)]

    assert answers[:10] == [422] * 10
    assert answers[10] == 429


def test_after_five_wrong_codes_the_right_one_has_to_wait(client, kofi):
    for _ in range(5):
        assert attempt(client, code="000000").status == 422

    late = attempt(client)
    assert late.status == 429
    assert int(late.headers["Retry-After"]) > 0


def test_nobody_without_the_password_uses_up_the_codes(client, kofi):
    for n in range(7):
        attempt(client, password=f"guess-{n}", code="000000")

    assert attempt(client).path == "/support/"


def test_a_wrong_code_after_the_right_password_is_on_record(client, kofi):
    attempt(client, code="000000")

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "staff:session:refused")).one()
    assert (entry.chain, entry.actor) == (0, "Kofi Osei")


def test_the_sign_in_form_needs_its_token(client, kofi):
    page = client.post("/support/login", {"email": kofi.email, "password": PASSWORD, "code": code()})

    assert page.status == 422
    assert not db.session.scalar(select(func.count(StaffSession.id)))


def test_the_second_factor_is_sealed(app, kofi):
    from tests.support.conftest import SECRET

    assert SECRET not in kofi.totp_sealed and kofi.totp_sealed.startswith("v1.")


def test_staff_go_on_to_the_page_that_they_asked_for(client, kofi):
    a_workspace(slug="northwind")
    client.get("/support/workspaces/northwind")

    wrong = client.submit("/support/login", email=kofi.email, password="wrong", code=code())
    page = client.submit("/support/login", email=kofi.email, password=PASSWORD, code=code())

    assert wrong.status == 422 and page.path == "/support/workspaces/northwind"
    assert client.get("/support/login?next=/support/audit").path == "/support/audit"


@pytest.mark.parametrize("wanted", [wanted for wanted in ELSEWHERE if "\x00" not in wanted])
def test_staff_are_never_sent_elsewhere(client, kofi, wanted):
    token = client.token()
    typed = {"email": kofi.email, "password": PASSWORD, "code": code(), "csrf_token": token, "next": wanted}

    page = client.post("/support/login", typed)

    assert (page.status, page.location) == (303, "/support/")
