"""Whether the runs list and the inbox care how many runs have finished."""

import itertools
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tasks.bench.browser import WORKSPACE, Visitor, signed_in
from tasks.bench.figures import Figure, Results
from tasks.bench.stacks import Stack, ours

FEW, MANY = 1_000, 1_000_000
BATCH = 50_000
CARDS_EVERY = 10
"""One finished run in so many had a card."""
PAGES = {
    "runs list": f"{WORKSPACE}/runs",
    "inbox": f"{WORKSPACE}/approvals",
    "decided cards": f"{WORKSPACE}/approvals?tab=decided",
}


def fill(stack: Stack, upto: int) -> None:
    """Have `upto` finished runs in the demo workspace, copied in bulk from one that ended there."""
    with stack.connect() as writer:
        writer.execute("PRAGMA synchronous=OFF")
        model = writer.execute("SELECT id FROM runs WHERE state = 'succeeded' AND workspace_id = 1 LIMIT 1").fetchone()
        card = writer.execute("SELECT id FROM approvals WHERE workspace_id = 1 LIMIT 1").fetchone()
        have = writer.execute("SELECT count(*) FROM runs WHERE start_key LIKE 'fill-%'").fetchone()[0]
        for first in range(have, upto, BATCH):
            _copy(writer, model[0], card[0], first, min(BATCH, upto - first))
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(writer: sqlite3.Connection, model: int, card: int, first: int, count: int) -> None:
    base = writer.execute("SELECT max(id) FROM runs").fetchone()[0]
    number = writer.execute("SELECT max(number) FROM runs WHERE workspace_id = 1").fetchone()[0]
    unlike = {
        "id": f"{base} + n",
        "public_id": "lower(hex(randomblob(10)))",
        "number": f"{number} + n",
        "start_key": f"'fill-' || ({first} + n)",
    }
    writer.execute("BEGIN IMMEDIATE")
    copy_rows(writer, "runs", model, count, unlike, "")
    card_base = writer.execute("SELECT max(id) FROM approvals").fetchone()[0]
    unlike = {
        "id": f"{card_base} + n",
        "public_id": "lower(hex(randomblob(10)))",
        "run_id": f"{base} + n",
        "call_key": f"'fill-' || ({first} + n)",
        "state": "'done'",
    }
    copy_rows(writer, "approvals", card, count, unlike, f"WHERE n % {CARDS_EVERY} = 0")
    writer.execute(f"UPDATE workspaces SET next_run_number = {number + count + 1} WHERE id = 1")
    writer.execute("COMMIT")


def copy_rows(
    writer: sqlite3.Connection, table: str, model: int, count: int, unlike: dict[str, str], where: str = ""
) -> None:
    """Insert `count` copies of the row `model`; `unlike` are SQL expressions over n = 1, 2, 3…, by column."""
    columns = [row[1] for row in writer.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(unlike.get(column, f"m.{column}") for column in columns)
    writer.execute(
        f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {values} FROM c, (SELECT * FROM {table} WHERE id = {model}) m {where}"
    )


def page_ms(visitor: Visitor, path: str) -> float:
    """How long the page takes, once."""
    began = time.monotonic()
    answer = visitor.get(path)
    took = (time.monotonic() - began) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return took


def measure(data: Path, results: Results, *, rows: int, quick: bool) -> None:
    """Two systems side by side, one with few and one with many runs, asked in turns."""
    count = 20 if quick else 60
    with ours(data) as stack:
        fill(stack, FEW)
    shutil.copytree(data, data.with_name("many"), ignore=shutil.ignore_patterns("*.sock*", "*.lock", "redis.*"))
    with ours(data) as small, ours(data.with_name("many")) as large:
        fill(large, rows)
        visitors = {FEW: signed_in(small.port, "reviewer"), rows: signed_in(large.port, "reviewer")}
        times = {(name, size): [] for name in PAGES for size in visitors}  # type: dict[tuple[str, int], list[float]]
        for turn, (name, path) in itertools.product(range(-3, count), PAGES.items()):
            for size, visitor in visitors.items():
                took = page_ms(visitor, path)
                times[name, size] += [took] * (turn >= 0)
    results.add(_figures({n: times[n, FEW] for n in PAGES}, {n: times[n, rows] for n in PAGES}, rows))
    results.samples |= {f"{name} with {size}": values for (name, size), values in times.items()}


def _figures(few: dict[str, list[float]], many: dict[str, list[float]], rows: int) -> Iterator[Figure]:
    for name in PAGES:
        before, after = median(few[name]), median(many[name])
        compared = f"{after:.1f} ms; with {FEW:,} {before:.1f} ms"
        yield Figure(f"{name} with {rows:,} finished runs", after / before, "x", 1.2, compared=compared)
