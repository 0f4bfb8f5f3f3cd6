"""`flask doctor`: looks at everything LeenOps stands on and says what to do about what is wrong.

Each check answers with a `Finding`. None changes anything, and none prints a secret.
"""

import os
import shutil
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, current_app
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import smtp
from app.config import ROOT, Settings
from app.consent import services as consent
from app.db import begin_mode, db, now
from app.extensions import connect_redis
from app.jobs import QueuedJob
from app.keys.models import ModelKey
from app.keys.vault import master_of
from app.legal import importing

bp = Blueprint("doctor", __name__, cli_group=None)
DISK_FREE_BYTES = 500_000_000
CLOCK_SECONDS = 2.0
SECRET = frozenset({"secret_key", "master_keys", "demo_password"})


@dataclass(frozen=True)
class Finding:
    """What one check found. `advice` says what to do; empty when all is well."""

    name: str
    words: str
    advice: str = ""

    @property
    def is_good(self) -> bool:
        return not self.advice


@bp.cli.command("doctor")
@click.option("--settings", "show_settings", is_flag=True, help="List every setting first.")
def doctor(show_settings: bool) -> None:
    """Check configuration, database, Redis, storage, mail, keys, policies and clock; say what to do."""
    if show_settings:
        for name, value in listed(current_app.config["SETTINGS"]):
            click.echo(f"        {name:24}{value}")
    found = examine(current_app)
    for finding in found:
        click.echo(f"{'good' if finding.is_good else 'LOOK'}    {finding.name:12}{finding.words}")
        if finding.advice:
            click.echo(f"        {finding.advice}")
    if not all(finding.is_good for finding in found):
        raise SystemExit(1)


def examine(app: Flask) -> list[Finding]:
    """Every check, in the order in which trouble is best read. Needs an application context."""
    settings: Settings = app.config["SETTINGS"]
    begin_mode.set("DEFERRED")  # it only reads, and must keep nobody from writing
    return [_careful(name, check, settings) for name, check in CHECKS.items()]


def listed(settings: Settings) -> list[tuple[str, str]]:
    """Every setting with its value; secrets only say that they are set, addresses lose their passwords."""
    return [(field.name, _shown(field.name, getattr(settings, field.name))) for field in fields(settings)]


def _shown(name: str, value: Any) -> str:
    if name in SECRET:
        return "set" if value else "not set"
    if name.endswith("_url") and isinstance(value, str) and (password := urlsplit(value).password):
        return value.replace(f":{password}@", ":***@")
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _careful(name: str, check: Callable[[Settings], tuple[str, str]], settings: Settings) -> Finding:
    """A check that breaks is itself a finding: the doctor always reaches the end."""
    try:
        return Finding(name, *check(settings))
    except Exception as error:
        return Finding(name, f"could not be looked at ({type(error).__name__})", f"Look into this: {error}")
    finally:
        db.session.rollback()


def _python(settings: Settings) -> tuple[str, str]:
    words = f"Python {sys.version.split()[0]}, {settings.env}"
    return words, "" if sys.version_info >= (3, 11) else "Use Python 3.11 or newer."


def _proxies(settings: Settings) -> tuple[str, str]:
    """Production speaks plain HTTP at an https:// address, so something stands in front of it."""
    count = settings.trusted_proxies
    words = f"{count} trusted" if count else "none trusted, addresses are those of connections"
    advice = "Set LEENOPS_TRUSTED_PROXIES=1 when a proxy stands in front; without it everybody has the proxy's address."
    return words, advice if settings.is_production and not count else ""


def _data(settings: Settings) -> tuple[str, str]:
    settings.files.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=settings.files) as probe:
        probe.write(b"1")
    free = shutil.disk_usage(settings.data).free
    words = f"{settings.data}, {free / 1e9:.1f} GB free"
    if settings.data.stat().st_mode & 0o077:
        return words, f"Others on this machine can read it. Type: chmod 700 '{settings.data}'"
    return words, "" if free > DISK_FREE_BYTES else "Make room on this disk, or set LEENOPS_DATA to another."


def _database(settings: Settings) -> tuple[str, str]:
    where = db.engine.url.render_as_string(hide_password=True)
    try:
        began = time.monotonic()
        db.session.execute(text("SELECT 1"))
        took = (time.monotonic() - began) * 1000
    except SQLAlchemyError as error:
        return f"{where} does not answer", f"Start it, or correct DATABASE_URL: {error.__class__.__name__}"
    return f"{where} answers in {took:.0f} ms", ""


def _schema(settings: Settings) -> tuple[str, str]:
    heads = set(ScriptDirectory(str(ROOT / "app" / "migrations")).get_heads())
    if not inspect(db.engine).has_table("alembic_version"):
        return "the database is empty", "Type: bin/flask db upgrade (bin/run does it by itself)"
    current = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    return f"version {', '.join(sorted(current))}", "" if current == heads else "Type: bin/flask db upgrade"


def _redis(settings: Settings) -> tuple[str, str]:
    where = _shown("redis_url", settings.redis_url)
    try:
        info = connect_redis(settings.redis_url).info()
    except Exception as error:
        advice = "Start LeenOps with bin/run, which brings its own Redis, or set REDIS_URL to a server that is running."
        return f"{where} does not answer ({type(error).__name__})", advice
    words = f"{info['redis_version']} at {where}, {info['used_memory_human']} used"
    if info.get("maxmemory_policy") not in (None, "noeviction"):
        return words, "Set its maxmemory-policy to noeviction: it must not drop jobs that wait."
    return words, ""


def _mail(settings: Settings) -> tuple[str, str]:
    if settings.keeps_mail:
        return "kept and shown at /dev/mail", ""
    server = smtp.server(settings.smtp_url)
    try:
        smtp.connect(server, timeout_seconds=5).quit()
    except (OSError, smtplib.SMTPException) as error:
        return f"{server.host}:{server.port} did not accept us ({type(error).__name__})", "Correct SMTP_URL."
    return f"{server.host}:{server.port} accepts us", ""


def _keys(settings: Settings) -> tuple[str, str]:
    if not settings.master_keys:
        return "no master key", "Set LEENOPS_MASTER_KEYS to id:base64 of 32 random bytes."
    known = [name for name, _ in settings.master_keys]
    words = f"{known[0]} seals" + (f", {', '.join(known[1:])} opens" if known[1:] else "")
    lost = {master_of(sealed) for sealed in db.session.scalars(select(ModelKey.sealed))} - set(known)
    if lost:
        return words, f"Add the master key {', '.join(sorted(lost))} again: keys sealed with it cannot be opened."
    return words, ""


def _policies(settings: Settings) -> tuple[str, str]:
    """What people agreed to, and that they did, as it was written."""
    count, problem = consent.verify()
    if altered := importing.altered():
        return f"altered after it was published: {', '.join(altered)}", "Restore the text from a backup, or its file."
    if problem:
        return f"the ledger breaks: {problem}", f"Restore it from a backup. {count} entries before it are good."
    return f"published texts and {count} entries of the ledger as they were written", ""


def _clock(settings: Settings) -> tuple[str, str]:
    """This machine against the database server: only another machine's clock can differ."""
    if settings.is_sqlite:
        return f"{now():%Y-%m-%d %H:%M:%S} UTC", ""
    theirs = db.session.scalar(text("SELECT clock_timestamp()"))
    apart = abs((now() - theirs).total_seconds()) if theirs is not None else 0.0
    words = f"{now():%Y-%m-%d %H:%M:%S} UTC, {apart:.1f} s from the database's"
    return words, "" if apart < CLOCK_SECONDS else "Set both clocks by NTP: leases and deadlines count on them."


def _work(settings: Settings) -> tuple[str, str]:
    """Whether the processes of bin/run are alive, and whether work is piling up."""
    alive = [path.name for path in _workers(settings.data) if _is_alive(int(path.name))]
    failed = db.session.query(QueuedJob).filter(QueuedJob.failed_at.is_not(None)).count()
    words = f"{len(alive)} workers at work, {failed} jobs given up"
    return words, "Look at the rows of queued_jobs with failed_at: their error says why." if failed else ""


def _workers(data: Path) -> list[Path]:
    folder = data / "workers"
    return [path for path in folder.iterdir() if path.name.isdigit()] if folder.is_dir() else []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _packages(settings: Settings) -> tuple[str, str]:
    needed = ("pydantic_ai", "openai", "anthropic", "genai_prices", "psycopg", "gunicorn")
    missing = [name for name in needed if find_spec(name) is None]
    return "all there", f"Type: bin/run, which installs {', '.join(missing)}" if missing else ""


CHECKS: dict[str, Callable[[Settings], tuple[str, str]]] = {
    "Python": _python,
    "packages": _packages,
    "proxies": _proxies,
    "data folder": _data,
    "database": _database,
    "schema": _schema,
    "Redis": _redis,
    "mail": _mail,
    "keys": _keys,
    "policies": _policies,
    "clock": _clock,
    "work": _work,
}
