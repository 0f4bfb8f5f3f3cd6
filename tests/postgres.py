"""A temporary PostgreSQL for tests: unix socket only, gone afterwards.

PostgreSQL refuses to run as root, so root steps down to the `postgres` account for it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl, the newest there is; None without a PostgreSQL server."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    places = [folder for pattern in PLACES for folder in Path("/").glob(pattern[1:]) if (folder / "initdb").exists()]
    return max(places, key=lambda folder: _version(folder), default=None)


def _version(folder: Path) -> float:
    digits = "".join(c for c in folder.parent.name if c.isdigit() or c == ".")
    return float(digits or 0)


@dataclass(frozen=True)
class Cluster:
    """A running server; its socket is in `folder`."""

    folder: Path
    tools: Path

    def stop(self) -> None:
        """Stop it and remove its files."""
        _run([self.tools / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop"])
        shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Cluster:
    """Make and start a cluster. Raises RuntimeError when there is no PostgreSQL server here."""
    tools = binaries()
    if tools is None:
        raise RuntimeError("There is no PostgreSQL server here: install it (apt install postgresql) and try again.")
    folder = Path(tempfile.mkdtemp(prefix="leenops-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    _run([tools / "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D", data])
    options = f"-c listen_addresses='' -k {folder} {FAST}"
    _run([tools / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"])
    return Cluster(folder, tools)


def create(folder: Path, name: str) -> str:
    """Make an empty database in the cluster whose socket is in `folder`; its URL."""
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as connection:
        wanted = sql.Identifier(name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(wanted))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(wanted))
    return f"postgresql:///{name}?host={folder}&user=postgres"


def _run(command: list[str | Path]) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stdout}{done.stderr}")


if __name__ == "__main__":  # `python -m tests.postgres`: is there a server to test on?
    with contextlib.suppress(RuntimeError):
        start().stop()
        sys.exit(0)
    sys.exit(1)
