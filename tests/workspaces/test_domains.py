"""Which mail domains are a company's own: never one where anybody can have an address."""

import pytest

from app.errors import Invalid
from app.integrations.tools.send_mail import Message
from app.rules.policy import is_inside
from app.workspaces.domains import checked_domains, company_domains_of, is_public
from app.workspaces.models import Role, Workspace
from tests.factories import a_member, a_user, a_workspace

PUBLIC = [
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.co.uk", "live.nl", "yahoo.co.jp", "icloud.com", "me.com",
    "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "mail.com", "yandex.ru", "qq.com", "163.com", "t-online.de",
    "orange.fr", "libero.it", "ziggo.nl", "fastmail.com", "zoho.com", "mail.ru", "naver.com", "comcast.net",
    "seznam.cz", "mailinator.com", "name.fastmail.com",
]  # fmt: skip
OWN = ["fennelrye.example", "mail.fennelrye.example", "gmail.com.fennelrye.example", "notgmail.com", "gmail.co"]


@pytest.mark.parametrize("domain", PUBLIC)
def test_a_mail_provider_is_no_company(domain):
    assert is_public(domain) and company_domains_of(f"mallory@{domain}") == []
    with pytest.raises(Invalid, match="anybody can have an address"):
        checked_domains(["fennelrye.example", domain.upper()])


@pytest.mark.parametrize("domain", OWN)
def test_a_domain_of_its_own_is_the_companys(domain):
    assert company_domains_of(f"ada@{domain}") == [domain] == checked_domains([domain])


def test_who_founds_from_a_free_mail_address_has_nobody_inside(browser_of, db):
    browser = browser_of(a_user(email="mallory@gmail.com"))
    browser.get("/w/new")

    assert browser.submit("new-workspace", name="Mal & Co").path == "/w/mal-co/approvals"

    workspace = db.session.query(Workspace).one()
    assert workspace.domains == []
    assert not is_inside("victim@gmail.com", workspace.domains) and not is_inside("mallory@gmail.com", [])


def test_the_settings_refuse_it_at_its_question_and_keep_what_was_typed(browser_of, db):
    owner = a_member(role=Role.OWNER)
    desk = browser_of(owner.user)
    desk.get(f"/w/{owner.workspace.slug}/settings")

    page = desk.submit("settings", domains="fennelrye.example\ngmail.com")

    assert page.status == 422 and "Remove “gmail.com”" in page
    assert page.find("textarea", name="domains").text.split() == ["fennelrye.example", "gmail.com"]
    db.session.expire_all()
    assert owner.workspace.domains == ["fennelrye.example"]


def test_an_invitation_makes_no_domain_the_companys(browser_of, db):
    owner = a_member(a_workspace(domains=[]), Role.OWNER)
    desk = browser_of(owner.user)
    desk.get(f"/w/{owner.workspace.slug}/members")

    assert desk.submit("invitations", email="bob@northwind.example").status == 200

    db.session.expire_all()
    assert owner.workspace.domains == []


@pytest.mark.parametrize(
    "recipient",
    [
        "a@evil.example", "a@sub.fennelrye.example", "a@fennelrye.example.evil.example", "a@xfennelrye.example",
        "a@fennelrye.example@evil.example", "fennelrye.example", "a@", "@evil.example", "a@example",
    ],
)  # fmt: skip
def test_only_exactly_the_companys_domain_is_inside(recipient):
    assert not is_inside(recipient, ["fennelrye.example"])


@pytest.mark.parametrize("route", ["a%evil.example", "evil.example!a", '"a@evil.example"', "@evil.example:a"])
def test_an_address_that_routes_elsewhere_is_no_recipient(route):
    with pytest.raises(ValueError):
        Message(to=[f"{route}@fennelrye.example"], subject="Hello", body="Hello")
