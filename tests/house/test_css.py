"""What the style sheets may not do, what a page may weigh, and that vendored files are the ones we read."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT

STATIC = ROOT / "static"
SHEETS = sorted(STATIC.glob("css/*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
IMPORTANT = {"core.css": 5, "site.css": 4, "console.css": 0}
"""Hidden, reduced motion and print may overrule everything; the home page's rail on narrow screens does too."""
IDS: set[str] = set()
SHARED = ("css/core.css", "img/sprite.svg", "img/favicon.svg", "fonts/instrument-sans-core.woff2")
CONSOLE = ("css/console.css", "vendor/htmx-4.0.1.min.js", "vendor/hx-sse-4.0.1.min.js", "js/leen.js")


def _rules(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)


def _selectors(sheet: Path) -> Iterator[str]:
    yield from re.findall(r"([^{};]+)\{", _rules(sheet))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_importance_is_not_a_tool(sheet: Path) -> None:
    count = _rules(sheet).count("!important")

    assert count <= IMPORTANT.get(sheet.name, 0), "Move the rule to a later layer instead."


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_ids_are_for_addresses_not_for_looks(sheet: Path) -> None:
    used = {name for selector in _selectors(sheet) for name in re.findall(r"#[a-zA-Z][\w-]*", selector)}

    assert used <= IDS, "Use a class."


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_are_tokens(sheet: Path) -> None:
    without_print = _rules(sheet).split("@media print")[0]
    outside_tokens = re.sub(r"@layer tokens \{.*?\n\}", "", without_print, flags=re.S)

    assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])|\brgba?\(|\bhsla?\(", outside_tokens)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_brace_is_closed(sheet: Path) -> None:
    text = _rules(sheet)

    assert text.count("{") == text.count("}")


def test_every_class_that_a_template_names_has_a_rule() -> None:
    known = {name for sheet in SHEETS for name in re.findall(r"\.([a-zA-Z][\w-]*)", _rules(sheet))}
    missing = []
    for path in TEMPLATES:
        if "emails" in path.parts:
            continue
        source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
        for value in re.findall(r'\sclass="([^"]*)"', source):
            names = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "{}", value).split()
            missing += [f"{path.name}: {name}" for name in names if "{" not in name and name not in known]

    assert not missing, "Use a class that exists, or add it to static/css."


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_icon_is_in_the_sprite(path: Path) -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img/sprite.svg").read_text()))
    used = re.findall(r'icon\("([\w-]+)"|icon="([\w-]+)"', path.read_text())

    assert {first or second for first, second in used} <= drawn


@pytest.mark.parametrize(
    ("files", "most"),
    [(SHARED + CONSOLE, 56_000), ((*SHARED, "css/site.css"), 38_000), (("js/leen.js",), 1_638)],
    ids=["console", "site", "own script"],
)
def test_a_first_visit_stays_light(files: tuple[str, ...], most: int) -> None:
    """Of 60 and 45 KB for a page; the rest is its HTML."""
    weight = sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in files)

    assert weight <= most


def test_vendored_files_are_the_ones_written_down() -> None:
    table = re.findall(r"^\| `([^`]+)` .*\| `([0-9a-f]{64})` \|$", (STATIC / "VENDOR.md").read_text(), re.M)
    vendored = {str(path.relative_to(STATIC)) for path in (*STATIC.glob("vendor/*.js"), *STATIC.glob("fonts/*.woff2"))}

    assert vendored <= {name for name, _ in table}
    for name, wanted in table:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == wanted, f"static/{name} is not what it was"
