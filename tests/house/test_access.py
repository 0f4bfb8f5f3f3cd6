"""Who may use what is declared on every view, once, and a change of it is seen in review."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from app import access
from app.cli import routes

MAP = Path(__file__).parent / "access-map.txt"
FIX = (
    "The routes are not those of tests/house/access-map.txt. When that is meant, run\n"
    "    UPDATE_MAP=1 bin/test tests/house/test_access.py\n"
    "and commit the new map: its diff shows the reviewer what was opened and to whom."
)


def _guards(view: Any) -> Iterator[Any]:
    """The access decorators around a view, outermost first."""
    while view is not None:
        code = getattr(view, "__code__", None)
        if code is not None and code.co_name == "guarded" and code.co_filename == access.__file__:
            yield view
        view = getattr(view, "__wrapped__", None)


def _named(app: Flask) -> list[tuple[str, Callable[..., Any]]]:
    return sorted((name, view) for name, view in app.view_functions.items() if name != "static")


def test_every_view_says_once_who_may_use_it(application: Flask) -> None:
    wrong = [
        f"{name} has {n} access decorators" for name, view in _named(application) if (n := len([*_guards(view)])) != 1
    ]

    assert not wrong, "Give each view exactly one of @public, @signed_in, @member(...), @staff(...): " + "; ".join(
        wrong
    )


def test_a_member_view_has_the_workspace_in_its_address_and_no_other_view_has(application: Flask) -> None:
    wrong = []
    for rule in application.url_map.iter_rules():
        is_member = getattr(application.view_functions[rule.endpoint], "access", "").startswith("member:")
        if is_member != ("workspace" in rule.arguments and rule.rule.startswith("/w/")):
            wrong.append(rule.rule)

    assert not wrong


def test_what_is_under_support_is_for_staff(application: Flask) -> None:
    open_ = {"/support/login"}
    wrong = [
        row["rule"]
        for row in _rows(application)
        if row["rule"].startswith("/support") and row["rule"] not in open_ and not row["access"].startswith("staff:")
    ]

    assert not wrong


def test_no_address_changes_anything_on_get(application: Flask) -> None:
    changing = ("decisions", "undo", "stop", "retry", "logout", "delete", "revoke")
    wrong = [r["rule"] for r in _rows(application) if r["method"] == "GET" and r["rule"].rstrip("/").endswith(changing)]

    assert not wrong


def test_the_map_of_addresses_is_the_one_that_was_reviewed(application: Flask) -> None:
    now = "".join(f"{row['method']:6} {row['rule']:70} {row['access']}\n" for row in _rows(application))
    if os.environ.get("UPDATE_MAP"):
        MAP.write_text(now)

    assert MAP.exists() and now == MAP.read_text(), FIX


def _rows(application: Flask) -> list[dict[str, str]]:
    with application.app_context():
        return routes()
