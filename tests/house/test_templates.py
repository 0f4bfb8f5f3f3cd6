"""Every template compiles, every form is guarded, nothing is inline."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT

FOLDER = ROOT / "templates"
TEMPLATES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".html", ".txt", ".xml")
)
PAGES = [name for name in TEMPLATES if name.endswith(".html")]
TOKENS = ("csrf_token", "{{ csrf() }}", "{{ hidden() }}")
"""The token itself, or a macro that brings it; the test client looks for it on the page."""
FORM = re.compile(r"<form\b(.*?)</form>", re.S | re.I)
TAG = re.compile(r"<[a-z][\w-]*\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.S | re.I)


def _source(name: str) -> str:
    return re.sub(r"{#.*?#}", "", (FOLDER / name).read_text(), flags=re.S)


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(application: Flask, name: str) -> None:
    application.jinja_env.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_its_posting_forms_carry_the_csrf_token(name: str) -> None:
    forms = [form for form in FORM.findall(_source(name)) if re.search(r"method=[\"']?post", form, re.I)]

    assert all(any(token in form for token in TOKENS) for form in forms)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline(name: str) -> None:
    if name.startswith("emails/"):
        return
    tags = TAG.findall(_source(name))

    assert not [tag for tag in tags if re.search(r"\s(?:style|on[a-z]+)\s*=", tag, re.I)]
    assert not [tag for tag in tags if re.match(r"<script\b", tag, re.I) and "src=" not in tag]
    assert not [tag for tag in tags if re.match(r"<style\b", tag, re.I)]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    tags = [tag for tag in TAG.findall(_source(name)) if re.match(r"<(?:script|link|img|source|iframe)\b", tag, re.I)]

    assert not [tag for tag in tags if re.search(r"(?:src|href)=[\"']?(?:https?:)?//", tag, re.I)]


def test_a_macro_file_holds_one_public_macro() -> None:
    wrong = []
    for path in sorted(FOLDER.glob("components/*.html")):
        names = re.findall(r"{%-?\s*macro\s+(\w+)", path.read_text())
        if len([name for name in names if not name.startswith("_")]) > 1:
            wrong.append(f"{path.name}: {names}")

    assert not wrong


def test_no_template_is_written_twice() -> None:
    seen: dict[str, Path] = {}
    for name in PAGES:
        text = (FOLDER / name).read_text().strip()
        assert text not in seen, f"{name} is the same as {seen.get(text)}"
        seen[text] = FOLDER / name
