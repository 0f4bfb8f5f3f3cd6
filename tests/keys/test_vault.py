"""What is sealed opens in its own place only."""

from dataclasses import replace

import pytest
from flask import Flask

from app.keys import vault


def test_what_was_sealed_opens_with_its_binding(app: Flask) -> None:
    place = vault.binding(1, "key", "openai", "sealed")

    blob = vault.seal("sk-secret", place)

    assert "sk-secret" not in blob
    assert vault.open_(blob, place) == "sk-secret"


@pytest.mark.parametrize(
    "elsewhere", [(2, "key", "openai", "sealed"), (1, "other", "openai", "sealed"), (1, "key", "anthropic", "sealed")]
)
def test_moved_to_another_place_it_stays_shut(app: Flask, elsewhere: tuple[int, str, str, str]) -> None:
    blob = vault.seal("sk-secret", vault.binding(1, "key", "openai", "sealed"))

    with pytest.raises(vault.Undecryptable):
        vault.open_(blob, vault.binding(*elsewhere))


@pytest.mark.parametrize(
    "blob", ["", "v1", "v1.test1.", "v1.test1.AAAA", "v1.gone.AAAA", "v2.test1.AAAA", "v1.test1.%%"]
)
def test_what_is_no_blob_stays_shut(app: Flask, blob: str) -> None:
    with pytest.raises(vault.Undecryptable):
        vault.open_(blob, "x")


def test_a_changed_blob_stays_shut(app: Flask) -> None:
    blob = vault.seal("sk-secret", "x")
    changed = blob[:-6] + ("A" if blob[-6] != "A" else "B") + blob[-5:]

    with pytest.raises(vault.Undecryptable):
        vault.open_(changed, "x")


def test_a_new_master_key_seals_and_the_old_one_still_opens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old = vault.seal("sk-secret", "x")
    settings = app.config["SETTINGS"]
    rotated = replace(settings, master_keys=(("new", b"n" * 32), *settings.master_keys))
    monkeypatch.setitem(app.config, "SETTINGS", rotated)

    assert vault.open_(old, "x") == "sk-secret"
    assert vault.master_of(vault.seal("sk-secret", "x")) == "new"


def test_the_same_secret_never_seals_to_the_same_blob(app: Flask) -> None:
    assert vault.seal("sk-secret", "x") != vault.seal("sk-secret", "x")
