"""Staff who sign in for real, with a second factor."""

from collections.abc import Callable

import pyotp
import pytest
from flask import Flask

from app.accounts.models import StaffMember
from app.db import db
from app.support.services import create_staff, open_session
from tests.factories import PASSWORD
from tests.pages import Browser

SECRET = pyotp.random_base32()


def a_staff_member(role: str = "trust", name: str = "Kofi Osei", email: str = "") -> StaffMember:
    """A staff member whose codes come from SECRET."""
    member = create_staff(email or f"{role}@staff.example", name, PASSWORD, [role], SECRET)
    db.session.commit()
    return member


def code(steps: int = 0) -> str:
    """The code of now, or of some steps of 30 seconds from now."""
    totp = pyotp.TOTP(SECRET)
    return totp.generate_otp(totp.timecode(_now()) + steps)


def _now():
    from app.db import now

    return now()


def sign_in(browser: Browser, member: StaffMember, steps: int = 0) -> None:
    """Sign in for real, with a code."""
    browser.get("/support/login")
    page = browser.submit("/support/login", email=member.email, password=PASSWORD, code=code(steps))
    assert page.h1 == "Workspaces", page


def enter(browser: Browser, member: StaffMember) -> None:
    """Be signed in without the sign-in page, which tests of other pages need not read each time."""
    token = open_session(member, address="127.0.0.1")
    browser.keep(staff_sid=token)


@pytest.fixture
def at_work(app: Flask) -> Callable[..., Browser]:
    """`at_work("trust")`: a browser in which a staff member of that role has signed in."""

    def open_one(role: str = "trust", **who: str) -> Browser:
        browser = Browser(app)
        enter(browser, a_staff_member(role, **who))
        return browser

    return open_one


@pytest.fixture
def trust(at_work) -> Browser:
    return at_work("trust")
