"""The trust centre: a claim stands there with a check, and the check is there."""

import re

import pytest
from flask import Flask

from app.config import ROOT
from app.site.claims import GROUPS

CHECKS = sorted({check for group in GROUPS for claim in group.claims for check in claim.checks})


def test_every_claim_has_a_check():
    assert all(claim.checks for group in GROUPS for claim in group.claims)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_the_page_names_is_there(application: Flask, check):
    file, named, test = check.partition("::")
    if named:
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.M)
    else:
        words = file.removeprefix("flask ").split()
        command = application.cli
        for word in words:
            command = command.get_command(None, word)
            assert command is not None


def test_the_page_names_each_of_them(client):
    shown = client.get("/security").text.replace("\u200b", "")

    for check in CHECKS:
        file, _, test = check.partition("::")
        assert file in shown and test in shown


def test_it_says_what_is_not_claimed_and_how_to_report(client):
    page = client.get("/security")

    for words in ("No certification", "No uptime promise", "hello@leenops.com", "vulnerability disclosure policy"):
        assert words in page
    links = {link["href"] for link in page.all("a")}
    assert {"/contact?topic=security", "/.well-known/security.txt", "/legal/security", "/legal/subprocessors"} <= links
