"""Plans from files of a test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.billing.shelf import CONTENT

Write = Callable[..., Path]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder like content/plans, with nothing in it."""
    folder = tmp_path / "plans"
    folder.mkdir()
    return folder


@pytest.fixture
def write(shelf: Path) -> Write:
    """`write("team", "1.1", effective_from="2026-09-01")`: the real file of version 1.0 with some lines changed.

    A value of None takes the line out.
    """

    def write_one(code: str = "team", version: str = "1.0", text: str | None = None, **changed: str | None) -> Path:
        path = shelf / code / f"{version}.yaml"
        path.parent.mkdir(exist_ok=True)
        text = (CONTENT / code / "1.0.yaml").read_text() if text is None else text
        changes = {"version": f'"{version}"'} | changed
        path.write_text("".join(_line(line, changes) for line in text.splitlines(keepends=True)))
        return path

    return write_one


def _line(line: str, changes: dict[str, str | None]) -> str:
    name = line.partition(":")[0]
    if name not in changes:
        return line
    return "" if changes[name] is None else f"{name}: {changes[name]}\n"
