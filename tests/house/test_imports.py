"""Imports run downwards. The contracts are in pyproject.toml; `bin/check` shows a broken one in full."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _importers(of: str) -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "app").rglob("*.py"))
        if any(name.partition(".")[0] == of for name in _imported(path))
    ]


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)

    assert lint_imports() == 0, capsys.readouterr().out


def test_only_the_table_of_jobs_knows_rq() -> None:
    assert _importers("rq") == ["app/jobs.py"]


def test_the_application_never_imports_its_tasks() -> None:
    assert _importers("tasks") == []


def test_no_module_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
    found = [
        path.relative_to(ROOT) for top in ("app", "tasks") for path in (ROOT / top).rglob("*.py") if path.stem in vague
    ]

    assert not found, "Name the thing."
