"""Visitors get smaller answers; what holds a session's secrets is never compressed here."""

import gzip

import brotli
import pytest
from flask.testing import FlaskClient

from app.legal import library
from tests.factories import a_member

PAGES = ["/", "/pricing", "/legal/", "/legal/terms", "/legal/terms/v1.0.json", "/legal/changes.atom"]


@pytest.fixture
def visitor(app) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize("path", PAGES)
def test_a_visitors_page_is_compressed_as_asked(visitor, path):
    plain = visitor.get(path).data
    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        for _ in range(2):  # made, then kept
            packed = visitor.get(path, headers={"Accept-Encoding": encoding})
            assert packed.headers["Content-Encoding"] == encoding and "Accept-Encoding" in packed.headers["Vary"]
            assert unpack(packed.data) == plain and len(packed.data) < 0.5 * len(plain)
    again = visitor.get(path)
    assert again.data == plain and "Content-Encoding" not in again.headers


def test_a_stylesheet_is_compressed_and_asked_for_once(client, visitor):
    address = client.get("/").find("link", rel="stylesheet")["href"]
    headers = {"Accept-Encoding": "gzip, deflate, br"}
    packed = visitor.get(address, headers=headers)

    assert packed.headers["Content-Encoding"] == "br" and "max-age=31536000" in packed.headers["Cache-Control"]
    assert visitor.get(address, headers=headers | {"If-None-Match": packed.headers["ETag"]}).status_code == 304


def test_each_encoding_of_a_kept_page_has_a_tag_of_its_own(visitor):
    asked = [{"Accept-Encoding": encoding} for encoding in ("br", "gzip", "")]
    tags = [visitor.get("/legal/terms", headers=headers).headers["ETag"] for headers in asked]

    assert len(set(tags)) == 3
    for headers, tag in zip(asked, tags, strict=True):
        assert visitor.get("/legal/terms", headers=headers | {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("wanted", ["gzip;q=0", "identity", "zstd", "", "br;q=0, gzip;q=0, *;q=0"])
def test_who_takes_none_gets_the_page_as_it_is(visitor, wanted):
    response = visitor.get("/legal/terms", headers={"Accept-Encoding": wanted})

    assert "Content-Encoding" not in response.headers and b"<h1" in response.data


def test_a_page_with_a_session_stays_as_it_is(browser_of):
    member = browser_of(a_member().user)
    for path in ("/account", "/legal/terms", "/contact"):
        response = member.get(path, headers={"Accept-Encoding": "br, gzip"}).response
        assert response.status_code == 200 and "Content-Encoding" not in response.headers


def test_no_header_moves_the_addresses_of_a_kept_page(app):
    library.shelf()
    for _ in range(2):
        page = app.test_client().get("/legal/cookies", environ_overrides={"SCRIPT_NAME": "//evil.example"})
        assert "evil" not in page.get_data(as_text=True) + str(page.headers)


def test_a_tag_is_known_in_a_list_and_weakened_by_a_proxy(visitor):
    tag = visitor.get("/legal/terms").headers["ETag"]

    for written in (f"W/{tag}", f'"other", {tag}'):
        assert visitor.get("/legal/terms", headers={"If-None-Match": written}).status_code == 304
