"""Whose address a request has: behind proxies the client's, and nobody's to make up."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.accounts.models import LoginSession
from app.audit.models import AuditEntry
from app.config import ROOT, load
from app.db import db
from app.doctor import examine
from app.errors import Misconfigured
from tasks.serve import Web
from tests.factories import PASSWORD, a_user
from tests.pages import Browser, Page

CLIENT, PROXY, FORGED = "203.0.113.9", "192.0.2.1", "198.51.100.7"


@pytest.fixture
def behind(app: Flask) -> Iterator[Flask]:
    """The application as it is set up behind one proxy, with the same database."""
    made = create_app(replace(app.config["SETTINGS"], trusted_proxies=1))
    made.testing = True
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def enter(browser: Browser, email: str, password: str = PASSWORD, *, via: str = PROXY, **headers: str) -> Page:
    """Sign in over a connection that comes from `via`, with forwarding headers."""
    sent = {"email": email, "password": password, "csrf_token": browser.token()}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post("/login", sent, headers=names, environ_overrides={"REMOTE_ADDR": via})


def addresses() -> set[str]:
    """Under which addresses sign-ins are on record: in the list of devices and in the audit log."""
    db.session.commit()
    noted = db.session.query(AuditEntry.address).filter(AuditEntry.kind == "member:session:opened")
    return {row[0] for row in db.session.query(LoginSession.address)} | {row[0] for row in noted}


def test_without_a_proxy_nobody_can_name_an_address_of_their_own(client):
    forwarding = {"X_Forwarded_For": FORGED, "X_Real_IP": FORGED, "Forwarded": f"for={FORGED}"}
    answer = enter(client, a_user().email, via=CLIENT, **forwarding)

    assert answer.status == 303
    assert addresses() == {CLIENT}


def test_without_a_proxy_a_forged_address_does_not_escape_the_limit(client):
    answers = [enter(client, f"{n}@x.example", "wrong", via=CLIENT, X_Forwarded_For=f"10.0.0.{n}") for n in range(21)]

    assert [page.status for page in answers] == [422] * 20 + [429]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(behind):
    assert enter(Browser(behind), a_user().email, X_Forwarded_For=CLIENT).status == 303
    assert addresses() == {CLIENT}


def test_behind_a_proxy_only_the_last_hop_counts(behind):
    assert enter(Browser(behind), a_user().email, X_Forwarded_For=f"{FORGED}, {CLIENT}").status == 303
    assert addresses() == {CLIENT}


def test_behind_a_proxy_nobody_uses_up_the_tries_of_others(behind):
    attacker, victim = Browser(behind), a_user()
    answers = [
        enter(attacker, f"{n}@x.example", "wrong", X_Forwarded_For=f"10.0.0.{n}, {FORGED}").status for n in range(21)
    ]

    assert answers == [422] * 20 + [429]
    assert enter(Browser(behind), victim.email, X_Forwarded_For=CLIENT).status == 303


def test_no_proxy_says_which_host_or_folder_this_is(behind):
    page = Browser(behind).get(
        "/account", follow=False, headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    )

    assert page.location == "/login?next=/account"


def test_the_web_process_itself_believes_no_header(app):
    """Gunicorn by default takes SCRIPT_NAME, PATH_INFO and the scheme from whoever connects from this machine."""

    class Listener:
        def detach(self) -> int:
            return 0

    web = Web(app, app.config["SETTINGS"], Listener())  # type: ignore[arg-type]

    assert web.cfg.forwarded_allow_ips == []


@pytest.mark.parametrize(("typed", "count"), [("", 0), ("0", 0), ("1", 1), ("2", 2)])
def test_the_number_of_proxies_is_a_setting(typed, count, tmp_path):
    assert load({"LEENOPS_DATA": str(tmp_path), "LEENOPS_TRUSTED_PROXIES": typed}).trusted_proxies == count


@pytest.mark.parametrize("typed", ["-1", "yes", "*", "127.0.0.1", "1.5"])
def test_what_is_no_number_of_proxies_stops_the_start(typed, tmp_path):
    with pytest.raises(Misconfigured, match="LEENOPS_TRUSTED_PROXIES"):
        load({"LEENOPS_DATA": str(tmp_path), "LEENOPS_TRUSTED_PROXIES": typed})


@pytest.mark.parametrize(("env", "count", "advises"), [("production", 0, True), ("production", 1, False)])
def test_the_doctor_notices_a_proxy_that_is_not_trusted(app, env, count, advises, monkeypatch):
    changed = replace(app.config["SETTINGS"], env=env, trusted_proxies=count)
    monkeypatch.setitem(app.config, "SETTINGS", changed)

    found = next(finding for finding in examine(app) if finding.name == "proxies")

    assert ("LEENOPS_TRUSTED_PROXIES=1" in found.advice) is advises


def test_the_shipped_set_up_trusts_its_one_proxy():
    lines = (ROOT / "deploy" / "environment.example").read_text().splitlines()

    assert "LEENOPS_TRUSTED_PROXIES=1" in lines
    assert (ROOT / "deploy" / "Caddyfile").read_text().count("reverse_proxy ") == 1
