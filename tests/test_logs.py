"""What LeenOps writes to its log."""

import json

import pytest
import structlog

from app import logs


@pytest.fixture(autouse=True)
def _as_it_was():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def fail_with(secret):
    opened = f"Bearer {secret}"
    raise RuntimeError(f"refused after {len(opened)} characters")


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_logged_without_what_its_variables_held(as_json, capsys):
    logs.configure(as_json=as_json)
    canary = "sk-" + "canary" * 3

    try:
        fail_with(canary)
    except RuntimeError:
        structlog.get_logger().exception("provider.unexpected", run=7)

    said = capsys.readouterr().out
    assert "provider.unexpected" in said and "refused after" in said and "fail_with" in said
    assert canary not in said


def test_in_production_a_line_is_one_json_object(capsys):
    logs.configure(as_json=True)

    structlog.get_logger().warning("jobs.push_failed", job="advance_run")

    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["job"]) == ("jobs.push_failed", "warning", "advance_run")
