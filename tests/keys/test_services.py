"""Adding, disabling and opening model keys, and their page."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.keys import queries, services, signing
from app.keys.models import ModelKey
from tests.factories import a_member

SECRET = "sk-canary-0123456789abcdef"


def a_key(member: Any, **fields: Any) -> ModelKey:
    given = {"name": "Ours", "provider": "openai", "base_url": "", "secret": SECRET} | fields
    key = services.add_key(member.workspace_id, **given, by=member.user)
    db.session.commit()
    return key


def test_a_key_is_sealed_and_opens_for_the_engine(app: Flask) -> None:
    key = a_key(a_member())

    assert services.reveal(key) == SECRET
    assert (key.hint, key.base_url) == ("cdef", "https://api.openai.com/v1")


def test_no_table_holds_the_key(app: Flask) -> None:
    a_key(a_member())

    for table in db.metadata.sorted_tables:
        rows = db.session.execute(text(f'SELECT * FROM "{table.name}"')).all()
        assert SECRET not in str(rows), table.name


def test_a_disabled_key_opens_for_nobody_and_its_blob_is_gone(app: Flask) -> None:
    member = a_member()
    key = a_key(member)

    services.disable_key(key, by=member.user)
    db.session.commit()

    assert key.sealed == ""
    with pytest.raises(services.KeyDisabled):
        services.reveal(key)
    with pytest.raises(Conflict):
        services.disable_key(key, by=member.user)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret", "short"),
        ("secret", "has a blank 0123456"),
        ("secret", "line\nbreak0123456"),
        ("secret", "k" * 501),
        ("provider", "acme"),
        ("base_url", "http://api.example.com"),
        ("base_url", "https://10.0.0.1/v1"),
        ("base_url", "https://169.254.169.254/"),
        ("base_url", "https://localhost:11434/v1"),
        ("base_url", "https://user:word@api.example.com"),
        ("base_url", "https://api.example.com/v1?x=1"),
        ("base_url", "javascript:alert(1)"),
    ],
)
def test_what_does_not_fit_names_its_field(app: Flask, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_key(a_member(), **{field: value})

    assert refused.value.field == field


def test_the_same_key_is_not_added_twice(app: Flask) -> None:
    member = a_member()
    a_key(member)

    with pytest.raises(Invalid, match="already here"):
        a_key(member, name="Again")


def test_another_workspace_has_no_such_key(app: Flask) -> None:
    key, other = a_key(a_member()), a_member()

    with pytest.raises(NotFound):
        queries.get_key(other.workspace_id, key.public_id)


def test_a_new_signing_secret_ends_the_old_one(app: Flask) -> None:
    member = a_member()
    workspace_id = member.workspace_id
    db.session.commit()
    before = signing.key_for_call(workspace_id)

    plain = signing.replace_signing_secret(workspace_id, by=member.user)
    db.session.commit()

    assert plain.startswith("whsec_")
    assert signing.key_for_call(workspace_id) != before


def test_a_key_is_added_and_disabled_on_its_page(app: Flask, browser_of: Any) -> None:
    member = a_member()
    browser = browser_of(member.user)
    browser.get(f"/w/{member.workspace.slug}/keys")

    page = browser.submit("key-form", name="Ours", provider="openai", secret=SECRET)
    assert "…cdef" in page and SECRET not in page.html

    assert "Disabled" in browser.submit("Disable Ours")


def test_a_bad_base_url_comes_back_with_what_was_typed_but_the_key(app: Flask, browser_of: Any) -> None:
    member = a_member()
    browser = browser_of(member.user)
    browser.get(f"/w/{member.workspace.slug}/keys")

    page = browser.submit("key-form", name="Ours", provider="openai", base_url="http://10.0.0.1", secret=SECRET)

    assert page.status == 422
    assert 'value="Ours"' in page.html and SECRET not in page.html


def test_a_builder_has_no_keys_page(app: Flask, browser_of: Any) -> None:
    member = a_member(role="builder")

    assert browser_of(member.user).get(f"/w/{member.workspace.slug}/keys").status == 403
